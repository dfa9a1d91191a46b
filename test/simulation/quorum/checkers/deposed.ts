import { Violation } from '../../checker.ts';
import type { Checker, Concern, Step } from '../../checker.ts';
import type { QuorumLife } from '../life.ts';

/** Runs after `Leaders`. A leader that a quorum still follows stops leading by its own will or by time, and never by what it hears. */
export class Deposed implements Checker<QuorumLife> {
  readonly promise = 'Q7: no message deposes a healthy leader';
  readonly concern: Concern = { events: ['message'] };

  observe({ life, event, effects }: Step<QuorumLife>): void {
    if (event.type !== 'message' || !life.ledBefore || life.leads) return;
    for (const effect of effects) if (effect.type === 'send' && effect.message.type === 'timeout-now') return;
    throw new Violation(this.promise, `${life.label} led, and does no more, for ${JSON.stringify(event.message)}`);
  }
}
