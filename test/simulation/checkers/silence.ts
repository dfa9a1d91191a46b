import { Violation } from '../checker.ts';
import type { Checker, Step } from '../checker.ts';

/** Who has left says and does nothing any more, but the sends made while leaving. */
export class Silence implements Checker {
  readonly promise = 'nothing follows leave()';

  observe({ life, event, effects }: Step): void {
    if (life.state !== 'left') return;
    for (const effect of effects)
      if (event.type !== 'leave' || effect.type !== 'send')
        throw new Violation(this.promise, `${life.label} did "${effect.type}" after it had left, at "${event.type}"`);
    if (life.election!.isLeader()) throw new Violation(this.promise, `${life.label} has left and says that it leads`);
  }
}
