import type { Instant } from '../step.ts';
import type { Fetching } from './fetching.ts';
import { termsPerEpoch } from './limits.ts';
import type { Member } from './member.ts';
import type { Standing } from './state.ts';

/**
 * A member's part in founding the next epoch: it says how it stands, and pledges never to vote in this one again. That is a
 * vote in whatever epoch comes next: its term is beyond all of this one, and it is durable before anyone hears of it.
 */
export class Pledging {
  readonly #member: Member;
  readonly #fetching: Fetching;
  #isTold = false;

  constructor(member: Member, fetching: Fetching) {
    this.#member = member;
    this.#fetching = fetching;
  }

  /** Nobody leads here, nobody was promised anything any more, and no candidate is getting what it is missing. */
  isFree({ fast, slow }: Instant): boolean {
    const { leader, promised } = this.#member;
    return leader === null && promised.isOver(slow) && !this.#fetching.isUnderWay(fast);
  }

  standing(slow: number): Standing {
    const { log, configuration, promised } = this.#member;
    const { lastIndex, lastTerm } = log;
    return { lastIndex, lastTerm, configuration: configuration.halves, promisedMs: promised.remainingMs(slow) };
  }

  get #beyond(): number {
    return this.#member.foundingTerm + termsPerEpoch;
  }

  /** Also if an earlier life of this member did. */
  get isDone(): boolean {
    return this.#member.term >= this.#beyond;
  }

  pledge(): void {
    this.#member.disk.hardState = { term: this.#beyond, vote: null, promisedMs: 0 };
  }

  /** Once: the log that it speaks of is on the disk, like the pledge. */
  tell(): void {
    const { disk, effects, now } = this.#member;
    if (this.#isTold || !disk.isSettled) return;
    this.#isTold = true;
    effects.push({ type: 'pledged', standing: this.standing(now.slow) });
  }
}
