import { quorumValue } from './configuration.ts';
import { maxTermJump, termBeliefMs } from './limits.ts';
import type { Member } from './member.ts';

/**
 * How far ahead of its own this member believes terms to be. Believing one is never unsafe, but the terms of an epoch can
 * be used up: so no member alone makes another believe in one that is far ahead, while one that was cut off for long must
 * get there.
 */
export class Terms {
  readonly #member: Member;
  /** Terms are this, or not much higher. */
  #believed = 0;
  #risesAt = -Infinity;
  /** Somebody spoke of a higher one since it last rose. */
  #isDoubted = false;
  /** Of the voters that spoke of higher ones: the highest. */
  readonly #said = new Map<string, number>();
  readonly #saidBy = (id: string): number => this.#said.get(id) ?? 0;

  constructor(member: Member) {
    this.#member = member;
  }

  /** True if somebody can be in that term, as `from` says. */
  believes(from: string, term: number): boolean {
    if (term <= this.#member.term || term <= this.#limit()) return true;
    const { configuration } = this.#member;
    this.#isDoubted = true;
    if (this.#member.roleOf(from) !== undefined) this.#said.set(from, Math.max(term, this.#saidBy(from)));
    this.#believed = Math.max(this.#believed, quorumValue(configuration, this.#saidBy));
    return term <= this.#believed + maxTermJump;
  }

  /** Rises with time as long as somebody insists: there may be no quorum but with this member. */
  #limit(): number {
    const { term, now } = this.#member;
    if (now.fast >= this.#risesAt) {
      this.#believed = Math.max(term, this.#isDoubted ? this.#believed + maxTermJump : term);
      this.#risesAt = now.fast + termBeliefMs;
      if (!this.#isDoubted) this.#said.clear();
      this.#isDoubted = false;
    }
    return this.#believed + maxTermJump;
  }
}
