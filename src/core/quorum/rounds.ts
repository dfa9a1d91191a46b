import { reliableMs } from './pace.ts';

/** Rounds remembered: an answer to an older one extends nothing. */
const remembered = 64;

/** When the last heartbeat rounds of a leadership were sent, and what they asked for. */
export class Rounds {
  readonly #sentAt = new Float64Array(remembered);
  readonly #coversUntil = new Float64Array(remembered);
  #last: number;

  /** Goes on after `last`; what it was is not remembered. */
  constructor(last: number) {
    this.#last = last;
    this.#sentAt.fill(-Infinity);
    this.#coversUntil.fill(-Infinity);
  }

  get last(): number {
    return this.#last;
  }

  begin(now: number, leaseMs: number): number {
    const round = ++this.#last;
    this.#sentAt[round % remembered] = now;
    this.#coversUntil[round % remembered] = now + reliableMs(leaseMs);
    return round;
  }

  /** -Infinity: too long ago. */
  sentAt(round: number): number {
    return this.#at(this.#sentAt, round);
  }

  /** Until when a promise given in that round may be relied on: from when it was asked for, not from the answer. */
  coversUntil(round: number): number {
    return this.#at(this.#coversUntil, round);
  }

  #at(values: Float64Array, round: number): number {
    return round > this.#last - remembered && round <= this.#last ? (values[round % remembered] as number) : -Infinity;
  }
}
