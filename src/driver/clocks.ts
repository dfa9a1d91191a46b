import type { Instant } from '../core/step.ts';
import type { Clock } from '../platform/platform.ts';

/** How far a clock may run from true time: 1 %. */
export const driftBound = 0.01;

/** Readings are rounded, and are not taken in the same moment. */
const granularityMs = 5;

/** Two sources that agree are taken as a new anchor so often, so that an old anchor never hides a small jump. */
const anchorMs = 10_000;

interface Anchor {
  readonly monotonicMs: number;
  readonly wallMs: number;
  readonly fast: number;
  readonly slow: number;
}

/**
 * Makes of the monotonic and the wall clock the two clocks that the cores run on. Since an anchor, `fast` has advanced
 * by the larger and `slow` by the smaller of the two differences: as long as one of the two sources is right, true time
 * lies between them. The monotonic clock stops while a machine sleeps, the wall clock jumps when somebody sets it; when
 * they disagree, the anchor is set anew, so that one jump counts once.
 */
export class Clocks {
  readonly #clock: Clock;
  #anchor: Anchor;
  #last: Instant;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#last = { fast: 0, slow: 0 };
    this.#anchor = { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs(), ...this.#last };
  }

  /** Both start at 0, never go back, and `fast` is never behind `slow`. */
  now(): Instant {
    const monotonicMs = this.#clock.monotonicMs();
    const wallMs = this.#clock.wallMs();
    this.#last = this.#at(monotonicMs, wallMs);
    const byMonotonic = monotonicMs - this.#anchor.monotonicMs;
    const byWall = wallMs - this.#anchor.wallMs;
    const longer = Math.max(0, byMonotonic, byWall);
    const disagree = Math.abs(byMonotonic - byWall) > driftBound * longer + granularityMs;
    if (disagree || longer > anchorMs) this.#anchor = { monotonicMs, wallMs, ...this.#last };
    return this.#last;
  }

  /** What `now` would return, for those who only watch: nothing later depends on it. */
  peek(): Instant {
    return this.#at(this.#clock.monotonicMs(), this.#clock.wallMs());
  }

  #at(monotonicMs: number, wallMs: number): Instant {
    const anchor = this.#anchor;
    const byMonotonic = monotonicMs - anchor.monotonicMs;
    const byWall = wallMs - anchor.wallMs;
    return {
      fast: Math.max(this.#last.fast, anchor.fast + Math.max(0, byMonotonic, byWall)),
      slow: Math.max(this.#last.slow, anchor.slow + Math.max(0, Math.min(byMonotonic, byWall))),
    };
  }
}
