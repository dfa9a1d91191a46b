import type { Happening } from './queue.ts';
import type { Seat, Tenant } from './tenant.ts';

/** Timers are later by this, so that rounding never makes one early. */
const roundingMs = 1e-6;

/** A timer of a member: never early by the member's own clock, and late as its runtime is. Also the event of its firing. */
export class Timer implements Happening {
  readonly type = 'timer';
  cancelled = false;
  atMs = 0;
  readonly #life: Tenant;
  readonly #dueMs: number;
  readonly #number: number;
  readonly #run: () => void;

  /** `number`: its place among all timers of that life. */
  constructor(life: Tenant, delayMs: number, run: () => void, number: number) {
    this.#life = life;
    this.#number = number;
    this.#dueMs = life.seat.clock.monotonicMs() + Math.max(delayMs, 1); // as `setTimeout` does
    this.#run = run;
    this.#queue();
  }

  happen(): void {
    if (!this.cancelled) this.#life.take(this);
  }

  /** As an event of its member. */
  run(): void {
    if (this.cancelled) return;
    // Its clock stopped in sleep: it is not due yet.
    if (this.#life.seat.clock.monotonicMs() < this.#dueMs) this.#queue();
    else this.#run();
  }

  #queue(): void {
    const { world, seat } = this.#life;
    const leftMs = seat.clock.trueDurationMs(this.#dueMs - seat.clock.monotonicMs());
    const lateMs = world.lateness(this.#life, this.#number);
    const atMs = world.nowMs + Math.max(leftMs, 0) + lateMs + roundingMs;
    this.atMs =
      seat.timersEveryMs === 0 ? atMs : Math.max(atMs, Math.min(throttledMs(atMs, seat), seat.timersFreeAtMs));
    world.queue.push(this);
  }
}

/** The first instant from `atMs` on at which timers of that seat run. */
function throttledMs(atMs: number, { timersEveryMs }: Seat): number {
  return Math.ceil(atMs / timersEveryMs) * timersEveryMs;
}
