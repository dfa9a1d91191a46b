import type { Claim } from '../../../src/core/lock/claim.ts';
import type { LockEffect, LockEvent } from '../../../src/core/lock/events.ts';
import { Lock } from '../../../src/core/lock/lock.ts';

/** One core and the keeper of its locks, whose answers the test gives by hand. */
export class Page {
  /** Believed at first. */
  static readonly maxTerm = 1_000;
  readonly core = new Lock({
    id: 'a',
    chance: 0.5,
    priority: 0,
    minMembers: 1,
    preferVisible: true,
    maxTerm: Page.maxTerm,
  });
  nowMs = 0;
  /** Of others. */
  others: readonly Claim[] = [];
  /** Claims of another version stand. */
  hasStrange = false;
  wakeAt = Infinity;
  own: Claim | null = null;
  #looks: number[] = [];
  #raise = 0;
  #request = 0;

  feed(event: LockEvent): readonly LockEffect[] {
    const effects = this.core.step({ ...event, at: { fast: this.nowMs, slow: this.nowMs } });
    for (const effect of effects) {
      if (effect.type === 'wake') this.wakeAt = effect.at;
      else if (effect.type === 'claim') this.own = effect.claim;
      else if (effect.type === 'look') this.#looks.push(effect.look);
      else if (effect.type === 'raise') this.#raise = effect.raise;
      else if (effect.type === 'request') this.#request = effect.request;
    }
    return effects;
  }

  grant(): readonly LockEffect[] {
    return this.feed({ type: 'granted', request: this.#request });
  }

  /** Answers every look that was asked for. */
  look(): readonly LockEffect[] {
    const claims = [...this.others, ...(this.own ? [this.own] : [])];
    return this.#looks
      .splice(0)
      .flatMap((look) => this.feed({ type: 'looked', look, claims, hasStrange: this.hasStrange }));
  }

  raise(term: number): readonly LockEffect[] {
    return this.feed({ type: 'raised', raise: this.#raise, term });
  }

  /** Its timer fires, so much too late. */
  tick(lateMs: number = 0): void {
    this.nowMs = this.wakeAt + lateMs;
    this.feed({ type: 'tick' });
  }

  /** As a leader in that term, with a claim that is confirmed. */
  lead(term: number = 1): void {
    this.feed({ type: 'tick' });
    this.grant();
    this.look();
    this.raise(term);
    this.look();
  }

  get leads(): boolean {
    return this.core.isLeader({ fast: this.nowMs, slow: this.nowMs });
  }
}

/** Of b, which leads. */
export const other: Claim = { id: 'b', ticket: 3, beat: 0, freshMs: 1_600, term: 2, after: 0 };

/** It follows b, and is the first in line behind it. */
export function heirOfB(): Page {
  const page = new Page();
  page.others = [other];
  page.feed({ type: 'members', peers: ['a', 'b'] });
  page.look();
  page.feed({
    type: 'message',
    from: 'b',
    message: { type: 'beat', term: other.term, version: 1, line: ['a'], edition: null, ask: false },
  });
  return page;
}
