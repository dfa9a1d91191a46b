import type { Platform, Undo } from '../platform/platform.ts';

/** Runs at once after a while of rest, and else when the while is over: however often it is asked, once in `everyMs`. */
export class Throttle {
  readonly #platform: Platform;
  readonly #everyMs: number;
  readonly #run: () => void;
  #lastMs = -Infinity;
  #waiting: Undo | null = null;

  constructor(platform: Platform, everyMs: number, run: () => void) {
    this.#platform = platform;
    this.#everyMs = everyMs;
    this.#run = run;
  }

  ask(): void {
    if (this.#waiting) return;
    const restMs = this.#lastMs + this.#everyMs - this.#platform.clock.monotonicMs();
    if (restMs <= 0) this.now();
    else this.#waiting = this.#platform.timers.after(restMs, () => this.now());
  }

  now(): void {
    this.cancel();
    this.#lastMs = this.#platform.clock.monotonicMs();
    this.#run();
  }

  cancel(): void {
    this.#waiting?.();
    this.#waiting = null;
  }
}
