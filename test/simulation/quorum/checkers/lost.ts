import { Violation } from '../../checker.ts';
import type { Checker, Concern, Step } from '../../checker.ts';
import type { QuorumLife } from '../life.ts';

/** Whoever was told of a leader is told when that is lost: a silent one counts as leader for no longer than the promise to it. */
export class Lost implements Checker<QuorumLife> {
  readonly promise = 'Q6: a leader that is lost is told of';
  readonly concern: Concern = { events: ['timer', 'message'] };

  observe({ life, effects }: Step<QuorumLife>): void {
    // It may have been a timer of something else.
    if (life.state !== 'running' || !effects.some(({ type }) => type === 'wake')) return;
    const { core } = life;
    const leader = core.leader();
    if (leader === null || leader.id === life.id || core.promise.to.leader !== leader.id) return;
    if (life.peek().slow >= core.promise.until)
      throw new Violation(
        this.promise,
        `${life.label} knows of ${leader.id}, to whom it has promised nothing any more`,
      );
  }
}
