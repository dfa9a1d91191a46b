import { Available } from '../../../src/core/available/available.ts';
import type { AvailableEffect, AvailableEvent, AvailableOptions } from '../../../src/core/available/events.ts';

interface Seat {
  readonly core: Available;
  wakeAt: number;
  isUp: boolean;
  readonly effects: AvailableEffect[];
}

/** Cores wired to each other in virtual time: every message takes `delayMs`, unless the link is cut. */
export class TestGroup {
  readonly seats = new Map<string, Seat>();
  readonly delayMs = 2;
  isCut: (from: string, to: string) => boolean = () => false;
  copies = 1;
  now = 0;
  readonly #mail: { readonly at: number; readonly to: string; readonly event: AvailableEvent }[] = [];

  add(id: string, options: Partial<AvailableOptions> = {}): Available {
    const core = new Available({ id, seed: 1, priority: 0, minMembers: 1, ...options });
    this.seats.set(id, { core, wakeAt: Infinity, isUp: true, effects: [] });
    for (const member of this.seats.keys()) this.feed(member, { type: 'members', peers: [...this.seats.keys()] });
    return core;
  }

  feed(id: string, event: AvailableEvent): void {
    const seat = this.seats.get(id);
    if (!seat?.isUp) return;
    for (const effect of seat.core.step({ ...event, at: { fast: this.now, slow: this.now } })) {
      seat.effects.push(effect);
      if (effect.type === 'wake') seat.wakeAt = effect.at;
      if (effect.type === 'send' && !this.isCut(id, effect.to)) this.#post(id, effect.to, effect.message);
    }
  }

  #post(from: string, to: string, message: unknown): void {
    const event: AvailableEvent = { type: 'message', from, message: JSON.parse(JSON.stringify(message)) as unknown };
    for (let copy = 0; copy < this.copies; copy++) this.#mail.push({ at: this.now + this.delayMs, to, event });
  }

  run(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const [first] = this.#mail;
      let at = first?.at ?? Infinity;
      let waking: string | null = null;
      for (const [id, seat] of this.seats) if (seat.isUp && seat.wakeAt < at) [at, waking] = [seat.wakeAt, id];
      if (at > until) break;
      this.now = at;
      if (waking !== null) this.feed(waking, { type: 'tick' });
      else if (first !== undefined) {
        this.#mail.shift();
        this.feed(first.to, first.event);
      }
    }
    this.now = until;
  }

  crash(id: string): void {
    this.seats.get(id)!.isUp = false;
  }

  /** What each living member says: leader and term. */
  leaders(): string[] {
    const up = [...this.seats.values()].filter((seat) => seat.isUp);
    return up.map(({ core }) => {
      const leader = core.leader();
      return leader === null ? 'none' : `${leader.id} in ${leader.term}`;
    });
  }

  told(id: string, type: AvailableEffect['type']): AvailableEffect[] {
    return this.seats.get(id)!.effects.filter((effect) => effect.type === type);
  }
}
