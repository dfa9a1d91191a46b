/**
 * A small seeded generator (mulberry32, by Tommy Ettinger, public domain): the only source of chance in a core, so that
 * the same seed and the same events give the same effects. Not for secrets.
 */
export class Random {
  #state: number;

  /** `seed`: any safe integer; both halves of its bits count. */
  constructor(seed: number) {
    this.#state = (seed ^ Math.trunc(seed / 2 ** 32)) >>> 0;
  }

  /** A number from 0 up to, and without, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A number from `from` up to, and without, `to`. */
  between(from: number, to: number): number {
    return from + (to - from) * this.next();
  }
}
