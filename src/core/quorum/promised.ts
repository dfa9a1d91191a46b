import type { Round } from './messages.ts';

/** To nobody whose name is known: given in an earlier life of this member. */
const somebody = '';

/**
 * What this member promised: until some moment on its slow clock, a vote for nobody but that leader. The same leader
 * only ever extends it; a leader of a higher term replaces it.
 */
export class Promised {
  #to: Round = { leader: somebody, term: 0, round: 0 };
  #until = -Infinity;
  #lengthMs = 0;

  /** Whatever was promised before this life began lasts no longer than that. */
  rest(lengthMs: number, slow: number): void {
    this.#until = slow + lengthMs;
  }

  /** Rounds may arrive in any order. */
  give(to: Round, lengthMs: number, slow: number): void {
    const isExtended = this.#to.leader === to.leader || this.#to.leader === somebody;
    const until = slow + lengthMs;
    this.#until = isExtended ? Math.max(this.#until, until) : until;
    this.#lengthMs = lengthMs;
    this.#to = isLater(to, this.#to) ? to : this.#to;
  }

  get to(): Round {
    return this.#to;
  }

  /** On the slow clock. */
  get until(): number {
    return this.#until;
  }

  /** The length of the last one, 0 if there was none. */
  get lengthMs(): number {
    return this.#lengthMs;
  }

  /** A later round of that leader was heard before. */
  isLate(round: Round): boolean {
    return this.#to.leader === round.leader && isLater(this.#to, round);
  }

  remainingMs(slow: number): number {
    return Math.max(0, this.#until - slow);
  }

  isOver(slow: number): boolean {
    return slow >= this.#until;
  }

  /** True if a vote for `candidate` breaks nothing, given what a leader that handed over has released. */
  allows(candidate: string, released: Round | null, slow: number): boolean {
    if (this.isOver(slow) || this.#to.leader === candidate) return true;
    return released !== null && released.leader === this.#to.leader && !isLater(this.#to, released);
  }
}

function isLater(a: Round, b: Round): boolean {
  return a.term > b.term || (a.term === b.term && a.round > b.round);
}
