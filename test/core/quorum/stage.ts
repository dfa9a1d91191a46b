import type { Configuration } from '../../../src/core/quorum/configuration.ts';
import type { Entry } from '../../../src/core/quorum/entry.ts';
import type { RaftEffect, RaftEvent, RaftOptions } from '../../../src/core/quorum/events.ts';
import { Raft } from '../../../src/core/quorum/raft.ts';
import type { HardState, Snapshot, StateWrite, StoredState } from '../../../src/core/quorum/state.ts';
import type { Instant } from '../../../src/core/step.ts';
import { Mail } from '../mail.ts';
import type { Letter } from '../mail.ts';

/** What survives a crash: all writes that were done, none that was not. */
export class StageDisk {
  #hardState: HardState | null = null;
  #snapshot: Snapshot | null = null;
  #from = 1;
  #entries: Entry[] = [];
  /** Under way, in order. */
  writes: { readonly number: number; readonly state: StateWrite; readonly atMs: number }[] = [];

  /** With what was durable before the first life. */
  constructor(stored?: StoredState) {
    if (stored === undefined) return;
    this.#hardState = stored.hardState;
    this.#snapshot = stored.snapshot;
    this.#from = stored.log.from;
    this.#entries = [...stored.log.entries];
  }

  /** Carries out the first write under way; returns its number. */
  writeOne(): number {
    const write = this.writes.shift();
    if (write === undefined) throw new Error('nothing to write');
    const { hardState, snapshot, log } = write.state;
    this.#hardState = hardState ?? this.#hardState;
    this.#snapshot = snapshot ?? this.#snapshot;
    if (log !== null) {
      if (log.from < this.#from) [this.#from, this.#entries] = [log.from, []];
      if (log.from > this.#from + this.#entries.length) [this.#from, this.#entries] = [log.from, []];
      this.#entries.splice(log.from - this.#from, Infinity, ...log.entries);
    }
    const covered = (this.#snapshot?.index ?? 0) - this.#from + 1;
    if (covered > 0) [this.#from, this.#entries] = [this.#from + covered, this.#entries.slice(covered)];
    return write.number;
  }

  /** `undefined`: nothing was ever written. */
  load(): StoredState | undefined {
    if (this.#hardState === null) return undefined;
    const log = { from: this.#from, entries: [...this.#entries] };
    return copy({ hardState: this.#hardState, snapshot: this.#snapshot, log });
  }
}

export interface Actor {
  readonly id: string;
  options: RaftOptions;
  core: Raft;
  lives: number;
  /** On its own fast clock. */
  wakeAt: number;
  /** Down: crashed, and may be restarted. Paused: runs nothing, and what arrives waits. */
  state: 'up' | 'paused' | 'down';
  inbox: Letter[];
  disk: StageDisk;
  /** How long a write takes; Infinity: none is carried out but by hand. */
  writeMs: number;
  /** True milliseconds to those of its clocks, since it started. */
  rates: Instant;
  startedAtMs: number;
  nextTicket: number;
}

export interface StageOptions {
  readonly onEffect?: (actor: Actor, effect: RaftEffect) => void;
  /** After every step. */
  readonly onStep?: (actor: Actor, event: RaftEvent) => void;
  /** How long a message takes; `null`: it is lost. Default 5. */
  readonly delayMs?: (from: string, to: string) => number | null;
  readonly limits?: RaftOptions['limits'];
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** One half in which each id has that weight. `w*`: a witness. */
export function configurationOf(weights: Readonly<Record<string, number>>): Configuration {
  const voters = Object.entries(weights).map(([id, weight]) => ({ id, weight, witness: id.startsWith('w') }));
  return { halves: [voters], learners: [] };
}

/** Cores in virtual time, wired to each other, with disks that take their time. Time passes only in `run`. */
export class Stage extends Mail {
  readonly actors = new Map<string, Actor>();
  nowMs = 0;
  readonly #options: StageOptions;

  constructor(options: StageOptions = {}) {
    super();
    this.#options = options;
  }

  /** Members that know each other from the start. */
  found(founding: Configuration, options: Partial<RaftOptions> = {}): void {
    const ids = new Set([...founding.halves.flat().map(({ id }) => id), ...founding.learners]);
    for (const id of ids) this.add(id, { founding, ...options });
    this.start();
  }

  /** All at once. */
  start(): void {
    for (const id of this.actors.keys()) this.feed(id, { type: 'tick' });
  }

  add(id: string, options: Partial<RaftOptions>): Actor {
    const limits = this.#options.limits === undefined ? {} : { limits: this.#options.limits };
    const witness = id.startsWith('w');
    const full: RaftOptions = { id, seed: 1 + this.actors.size, witness, ...limits, ...options };
    const actor: Actor = {
      ...{ id, options: full, core: new Raft(full), lives: 1, wakeAt: Infinity, state: 'up', inbox: [] },
      ...{
        disk: new StageDisk(full.stored),
        writeMs: 0,
        rates: { fast: 1, slow: 1 },
        startedAtMs: this.nowMs,
        nextTicket: 1,
      },
    };
    this.actors.set(id, actor);
    return actor;
  }

  /** One that knows nobody yet, and waits until it is taken in. */
  join(id: string): void {
    this.add(id, {});
    this.feed(id, { type: 'tick' });
  }

  /** Everyone is told who is there: `w*` are witnesses, `id@host` shares that host. */
  tellMembers(...names: readonly string[]): void {
    const peers = names.map((name) => {
      const [id = '', host = id] = name.split('@');
      return { id, host, witness: id.startsWith('w') };
    });
    for (const id of this.actors.keys()) this.feed(id, { type: 'members', peers });
  }

  actor(id: string): Actor {
    const actor = this.actors.get(id);
    if (actor === undefined) throw new Error(`there is no ${id}`);
    return actor;
  }

  /** What that member's clocks say now. */
  clock({ rates, startedAtMs }: Actor): Instant {
    const lifeMs = this.nowMs - startedAtMs;
    return { fast: lifeMs * rates.fast, slow: lifeMs * rates.slow };
  }

  feed(id: string, event: RaftEvent): void {
    const actor = this.actor(id);
    if (actor.state !== 'up') return;
    for (const effect of actor.core.step({ ...event, at: this.clock(actor) })) {
      if (effect.type === 'wake') actor.wakeAt = effect.at;
      if (effect.type === 'persist') {
        const atMs = this.nowMs + actor.writeMs;
        actor.disk.writes.push({ number: effect.number, state: copy(effect.state), atMs });
      }
      if (effect.type === 'send') this.#post(id, effect.to, effect.message);
      this.#options.onEffect?.(actor, effect);
    }
    this.#options.onStep?.(actor, event);
    if (actor.writeMs === 0 && actor.disk.writes.length > 0) this.write(id);
  }

  /** Carries out all writes under way there. */
  write(id: string): void {
    const { disk } = this.actor(id);
    while (disk.writes.length > 0) this.#writeOne(this.actor(id));
  }

  #writeOne(actor: Actor): void {
    const upTo = actor.disk.writeOne();
    this.feed(actor.id, { type: 'persisted', upTo });
  }

  #post(from: string, to: string, message: unknown): void {
    const delayMs = this.#options.delayMs === undefined ? 5 : this.#options.delayMs(from, to);
    if (!this.actors.has(to) || this.isCut(from, to) || delayMs === null) return;
    const letter = { from, to, message: copy(message), atMs: this.nowMs + delayMs };
    const at = this.letters.findLastIndex((other) => other.atMs <= letter.atMs) + 1;
    this.letters.splice(at, 0, letter);
  }

  deliver(letter: Letter): void {
    const { from, to, message } = letter;
    const actor = this.actor(to);
    if (this.isCut(from, to)) return;
    if (actor.state === 'paused') actor.inbox.push(letter);
    else this.feed(to, { type: 'message', from, message: copy(message) });
  }

  /** Both directions, to and from all. */
  isolate(id: string): void {
    for (const other of this.actors.keys()) {
      this.cut(id, other);
      this.cut(other, id);
    }
  }

  /** Gone without a word, with all that was not durable. */
  crash(id: string): void {
    const actor = this.actor(id);
    actor.state = 'down';
    actor.inbox = [];
    actor.disk.writes = [];
    actor.wakeAt = Infinity;
  }

  /** A new life under the old id, from what was durable. */
  restart(id: string): void {
    const actor = this.actor(id);
    const stored = actor.disk.load();
    actor.lives++;
    const options = { ...actor.options, seed: actor.options.seed + 1000 * actor.lives };
    actor.core = new Raft(stored === undefined ? options : { ...options, stored });
    [actor.state, actor.startedAtMs, actor.wakeAt] = ['up', this.nowMs, Infinity];
    this.feed(id, { type: 'tick' });
  }

  /** A core of a later epoch, in the same page, goes on with all that this one had. */
  goOn(id: string, options: Partial<RaftOptions>): void {
    const actor = this.actor(id);
    const { founding: _, ...kept } = actor.options;
    actor.lives++;
    const stored = copy(actor.core.state());
    actor.options = { ...kept, seed: kept.seed + 1000 * actor.lives, ...options };
    actor.core = new Raft({ ...actor.options, stored, applied: actor.core.commitIndex });
    actor.wakeAt = Infinity;
    this.feed(id, { type: 'tick' });
  }

  pause(id: string): void {
    if (this.actor(id).state === 'up') this.actor(id).state = 'paused';
  }

  /** What came meanwhile is stepped first, as in a browser whose messages wait before its timers. */
  resume(id: string): void {
    const actor = this.actor(id);
    if (actor.state !== 'paused') return;
    actor.state = 'up';
    for (const letter of actor.inbox.splice(0)) this.deliver(letter);
  }

  append(id: string, ...values: readonly string[]): number {
    const actor = this.actor(id);
    const first = actor.nextTicket;
    actor.nextTicket += values.length;
    this.feed(id, { type: 'append', first, values });
    return first;
  }

  run(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const next = this.#next();
      if (next.atMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.act();
    }
    this.nowMs = untilMs;
  }

  #next(): { readonly atMs: number; act(): void } {
    const letter = this.isHolding ? undefined : this.letters[0];
    let atMs = letter?.atMs ?? Infinity;
    let act = (): void => {
      this.letters.shift();
      this.deliver(letter as Letter);
    };
    for (const actor of this.actors.values()) {
      if (actor.state !== 'up') continue;
      const wakeAtMs = actor.startedAtMs + actor.wakeAt / actor.rates.fast;
      const writeAtMs = actor.disk.writes[0]?.atMs ?? Infinity;
      if (writeAtMs < atMs) [atMs, act] = [writeAtMs, (): void => this.#writeOne(actor)];
      if (wakeAtMs < atMs) [atMs, act] = [wakeAtMs, (): void => this.#wake(actor)];
    }
    return { atMs, act };
  }

  #wake(actor: Actor): void {
    while (this.clock(actor).fast < actor.wakeAt) this.nowMs += 1e-6; // what was lost in rounding
    actor.wakeAt = Infinity;
    this.feed(actor.id, { type: 'tick' });
  }

  /** Lets time pass until the condition holds; false if it does not within `withinMs`. */
  runUntil(condition: () => boolean, withinMs: number): boolean {
    const untilMs = this.nowMs + withinMs;
    while (!condition()) {
      if (this.nowMs >= untilMs) return false;
      this.run(Math.min(5, untilMs - this.nowMs));
    }
    return true;
  }

  /** Whose `isLeader` is true at this moment, paused ones included. */
  leading(): readonly string[] {
    return [...this.actors.values()]
      .filter((actor) => actor.state !== 'down' && actor.core.isLeader(this.clock(actor)))
      .map(({ id }) => id);
  }

  /** The leader that all of these agree on, or null. */
  agreed(ids: readonly string[]): string | null {
    const leaders = new Set(ids.map((id) => JSON.stringify(this.actor(id).core.leader())));
    const leader = this.leading().find((id) => ids.includes(id));
    return leaders.size === 1 && leader !== undefined ? leader : null;
  }
}

const ids = (half: Configuration['halves'][number] | undefined): string => (half ?? []).map(({ id }) => id).join(' ');

/** `a b → a b c | d`: as that member has it. */
export function configurationAt(stage: Stage, id: string): string {
  const { halves, learners } = stage.actor(id).core.configuration;
  const voters = halves.map(ids).join(' → ');
  return learners.length === 0 ? voters : `${voters} | ${learners.join(' ')}`;
}
