import type { Clock } from '../../src/platform/platform.ts';

/** The clocks of one machine, as functions of true time: each drifts by its own rate. */
export class MachineClock implements Clock {
  readonly #trueMs: () => number;
  readonly #monotonicRate: number;
  readonly #wallRate: number;
  #sleptMs = 0;
  #asleepSince: number | null = null;
  #wallOffsetMs: number;
  /** The wall clock jumped and nobody has looked since. */
  #jumpUnseen = false;
  /** The machine slept and nobody has looked since. */
  #sleepUnseen = false;

  constructor(
    trueMs: () => number,
    rates: { readonly monotonic: number; readonly wall: number },
    wallOffsetMs: number,
  ) {
    this.#trueMs = trueMs;
    this.#monotonicRate = rates.monotonic;
    this.#wallRate = rates.wall;
    this.#wallOffsetMs = wallOffsetMs;
  }

  monotonicMs(): number {
    return ((this.#asleepSince ?? this.#trueMs()) - this.#sleptMs) * this.#monotonicRate;
  }

  wallMs(): number {
    this.#jumpUnseen = false;
    this.#sleepUnseen = false;
    return this.peekWallMs();
  }

  /** As `wallMs`, for those who only watch: it is no look at the clock. */
  peekWallMs(): number {
    return Math.floor(this.#trueMs() * this.#wallRate + this.#wallOffsetMs); // as `Date.now()` does
  }

  /** How long in true time until the monotonic clock has advanced by `durationMs`. */
  trueDurationMs(durationMs: number): number {
    return durationMs / this.#monotonicRate;
  }

  /**
   * The wall clock jumps. Not in an interval that also holds a sleep: one of the two sources is right over every
   * interval between two looks, as the design assumes.
   */
  jump(byMs: number): void {
    if (this.#asleepSince !== null || this.#sleepUnseen) return;
    this.#wallOffsetMs += byMs;
    this.#jumpUnseen = true;
  }

  /** The machine sleeps: the monotonic clock stops, unless a jump of the other one is still unseen. */
  sleep(): void {
    if (!this.#jumpUnseen) this.#asleepSince ??= this.#trueMs();
  }

  wake(): void {
    if (this.#asleepSince === null) return;
    this.#sleptMs += this.#trueMs() - this.#asleepSince;
    this.#asleepSince = null;
    this.#sleepUnseen = true;
  }
}
