import { Available } from '../../../src/core/available/available.ts';
import type { AvailableEffect, AvailableEvent, AvailableOptions } from '../../../src/core/available/events.ts';
import { Mail } from '../mail.ts';
import type { Letter } from '../mail.ts';

export interface Actor {
  readonly id: string;
  readonly core: Available;
  wakeAtMs: number;
  /** Paused: runs nothing, and what arrives waits. Gone: crashed or left, for ever. */
  state: 'up' | 'paused' | 'gone';
  readonly inbox: Letter[];
}

export interface StageOptions {
  /** Told every effect, in order. */
  readonly onEffect?: (id: string, effect: AvailableEffect) => void;
  /** How long a message takes. Default 2. */
  readonly delayMs?: number;
}

/**
 * Cores in virtual time, wired to each other. Messages flow by themselves, or are held and delivered, dropped or
 * repeated one by one. Time passes only in `run`.
 */
export class Stage extends Mail {
  readonly actors = new Map<string, Actor>();
  nowMs = 0;
  readonly #onEffect: (id: string, effect: AvailableEffect) => void;
  readonly #delayMs: number;

  constructor({ onEffect = () => {}, delayMs = 2 }: StageOptions = {}) {
    super();
    this.#onEffect = onEffect;
    this.#delayMs = delayMs;
  }

  /** A new member, that knows nobody until it is told a view. */
  add(id: string, options: Partial<AvailableOptions> = {}): Actor {
    if (this.actors.has(id)) throw new Error(`there was a ${id} already: ids are never used again`);
    const core = new Available({ id, seed: 1, priority: 0, minMembers: 1, ...options });
    const actor: Actor = { id, core, wakeAtMs: Infinity, state: 'up', inbox: [] };
    this.actors.set(id, actor);
    return actor;
  }

  /** New members, and a view of all that are there, told to all. */
  join(ids: readonly string[], options: Partial<AvailableOptions> = {}): void {
    for (const id of ids) this.add(id, options);
    this.tellView();
  }

  tellView(): void {
    const peers = [...this.actors.values()].filter(({ state }) => state !== 'gone').map(({ id }) => id);
    for (const id of peers) this.feed(id, { type: 'members', peers });
  }

  actor(id: string): Actor {
    const actor = this.actors.get(id);
    if (actor === undefined) throw new Error(`there is no ${id}`);
    return actor;
  }

  feed(id: string, event: AvailableEvent): void {
    const actor = this.actor(id);
    if (actor.state !== 'up') return;
    for (const effect of actor.core.step({ ...event, at: { fast: this.nowMs, slow: this.nowMs } })) {
      if (effect.type === 'wake') actor.wakeAtMs = effect.at;
      if (effect.type === 'send') this.#post(id, effect.to, effect.message);
      this.#onEffect(id, effect);
    }
  }

  #post(from: string, to: string, message: unknown): void {
    if (!this.actors.has(to) || this.isCut(from, to)) return;
    this.letters.push({ from, to, message, atMs: this.nowMs + this.#delayMs });
  }

  /** Hands a letter over as it would come from the wire: a copy, if the link works and the receiver lives. */
  deliver(letter: Letter): void {
    const { from, to, message } = letter;
    const actor = this.actor(to);
    if (this.isCut(from, to)) return;
    if (actor.state === 'paused') actor.inbox.push(letter);
    else this.feed(to, { type: 'message', from, message: JSON.parse(JSON.stringify(message)) as unknown });
  }

  /** Gone without a word. What it sent before still arrives. */
  crash(id: string): void {
    this.actor(id).state = 'gone';
  }

  leave(id: string): void {
    this.feed(id, { type: 'leave' });
    this.crash(id);
  }

  pause(id: string): void {
    this.actor(id).state = 'paused';
  }

  /** What came meanwhile is stepped first, as in a browser whose messages wait before its timers. */
  resume(id: string): void {
    const actor = this.actor(id);
    actor.state = 'up';
    for (const letter of actor.inbox.splice(0)) this.deliver(letter);
  }

  run(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const letter = this.isHolding ? undefined : this.letters[0];
      let atMs = letter?.atMs ?? Infinity;
      let waking: Actor | null = null;
      for (const actor of this.actors.values()) {
        if (actor.state === 'up' && actor.wakeAtMs < atMs) [atMs, waking] = [actor.wakeAtMs, actor];
      }
      if (atMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, atMs);
      if (waking !== null) this.#wake(waking);
      else if (letter !== undefined) {
        this.letters.shift();
        this.deliver(letter);
      }
    }
    this.nowMs = untilMs;
  }

  #wake(actor: Actor): void {
    actor.wakeAtMs = Infinity;
    this.feed(actor.id, { type: 'tick' });
  }

  /** Lets time pass until the condition holds; false if it does not within `withinMs`. */
  runUntil(condition: () => boolean, withinMs: number): boolean {
    const untilMs = this.nowMs + withinMs;
    while (!condition()) {
      if (this.nowMs >= untilMs) return false;
      this.run(Math.min(20, untilMs - this.nowMs));
    }
    return true;
  }

  /** The leader of each member that is up, as it says: `b in 2`. */
  leaders(): Readonly<Record<string, string>> {
    const leaders: Record<string, string> = {};
    for (const { id, core, state } of this.actors.values()) {
      const leader = core.leader();
      if (state === 'up') leaders[id] = leader === null ? 'none' : `${leader.id} in ${leader.term}`;
    }
    return leaders;
  }

  /** Those that are up and say that they lead, at this moment. */
  leading(): readonly string[] {
    const at = { fast: this.nowMs, slow: this.nowMs };
    return [...this.actors.values()]
      .filter(({ core, state }) => state === 'up' && core.isLeader(at))
      .map(({ id }) => id);
  }

  /** True if exactly one of these members leads, all of them say so, and each reaches all of them and no one else. */
  agree(ids: readonly string[]): boolean {
    const leaders = this.leaders();
    const group = [...ids].toSorted().join(' ');
    const [first] = ids;
    if (first === undefined || leaders[first] === 'none') return false;
    if (this.leading().filter((id) => ids.includes(id)).length !== 1) return false;
    return ids.every((id) => leaders[id] === leaders[first] && this.actor(id).core.reachable().join(' ') === group);
  }
}
