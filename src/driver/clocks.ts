import type { Instant } from '../core/step.ts';
import type { Clock } from '../platform/platform.ts';

/**
 * Readings are rounded, and are not taken in the same moment: sources that are not further apart agree. Over any interval
 * `fast` and `slow` are off by no more than this, and the cores allow for it.
 */
const granularityMs = 2.5;

interface Anchor {
  readonly monotonicMs: number;
  readonly wallMs: number;
  readonly fast: number;
  readonly slow: number;
}

/**
 * Makes of the monotonic and the wall clock the two clocks that the cores run on. Since an anchor, `fast` has advanced
 * by the larger and `slow` by the smaller of the two differences: as long as one of the two sources is right, true time
 * lies between them. The monotonic clock stops while a machine sleeps, the wall clock jumps when somebody sets it, and
 * both drift. As soon as they disagree the anchor is set anew: so a jump counts once, and what one of them was ahead
 * before never hides that it has stopped since.
 */
export class Clocks {
  readonly #clock: Clock;
  #anchor: Anchor;
  #last: Instant;
  /** What the clock said then. */
  #monotonicMs: number;
  #wallMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#last = { fast: 0, slow: 0 };
    this.#monotonicMs = clock.monotonicMs();
    this.#wallMs = clock.wallMs();
    this.#anchor = { monotonicMs: this.#monotonicMs, wallMs: this.#wallMs, ...this.#last };
  }

  /** Both start at 0, never go back, and `fast` is never behind `slow`. */
  now(): Instant {
    const monotonicMs = this.#clock.monotonicMs();
    const wallMs = this.#clock.wallMs();
    const now = this.#at(monotonicMs, wallMs);
    if (now === this.#last) return now;
    this.#last = now;
    this.#monotonicMs = monotonicMs;
    this.#wallMs = wallMs;
    const { monotonicMs: monotonicBefore, wallMs: wallBefore } = this.#anchor;
    const apartMs = monotonicMs - monotonicBefore - (wallMs - wallBefore);
    if (Math.abs(apartMs) > granularityMs) this.#anchor = { monotonicMs, wallMs, ...this.#last };
    return this.#last;
  }

  /** What `now` would return, for those who only watch: nothing later depends on it. */
  peek(): Instant {
    return this.#at(this.#clock.monotonicMs(), this.#clock.wallMs());
  }

  #at(monotonicMs: number, wallMs: number): Instant {
    if (monotonicMs === this.#monotonicMs && wallMs === this.#wallMs) return this.#last;
    const anchor = this.#anchor;
    const byMonotonic = monotonicMs - anchor.monotonicMs;
    const byWall = wallMs - anchor.wallMs;
    return {
      fast: Math.max(this.#last.fast, anchor.fast + Math.max(0, byMonotonic, byWall)),
      slow: Math.max(this.#last.slow, anchor.slow + Math.max(0, Math.min(byMonotonic, byWall))),
    };
  }
}
