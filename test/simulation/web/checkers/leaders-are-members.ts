import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { WebLife } from '../life.ts';

/** An application can look up in `members` whoever it is told leads. */
export class LeadersAreMembers implements Checker<WebLife> {
  readonly promise = 'whoever leads is one of the members';

  observe({ life }: Step<WebLife>): void {
    const { cluster } = life;
    const leader = cluster?.leader ?? null;
    if (cluster !== null && leader !== null && !cluster.members.has(leader.id))
      throw new Violation(this.promise, `${life.label} follows ${leader.id}, which is no member`);
  }
}
