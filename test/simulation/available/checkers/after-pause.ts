import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';

/** After a pause in which the others gave it up, a member does not lead, from the first read on. */
export class AfterPause implements Checker {
  readonly promise = 'F1: after a pause isLeader is false at the first read';
  readonly #leaseMs: number;

  /** `leaseMs`: how long a pause may be that leadership survives. */
  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  observe({ life, event }: Step): void {
    if (event.type !== 'resumed' || event.pausedMs <= this.#leaseMs) return;
    if (life.election!.isLeader())
      throw new Violation(this.promise, `${life.label} says that it leads after a pause of ${event.pausedMs} ms`);
  }
}
