import { available } from '../../../src/electors/available.ts';
import { AfterPause } from '../available/checkers/after-pause.ts';
import { Conflicts } from '../available/checkers/conflicts.ts';
import { KnownLeader } from '../available/checkers/known-leader.ts';
import { OneLeadership } from '../available/checkers/one-leadership.ts';
import { Published } from '../available/checkers/published.ts';
import { Claims } from '../available/claims.ts';
import { awaitAgreement, failOver, splitAndMerge } from '../available/recovery.ts';
import { Pace } from '../checkers/pace.ts';
import { Reads } from '../checkers/reads.ts';
import { Silence } from '../checkers/silence.ts';
import { Terms } from '../checkers/terms.ts';
import type { Subject } from '../subject.ts';
import type { Tenant } from '../tenant.ts';
import type { World } from '../world.ts';
import { Sessions } from './checkers/sessions.ts';
import { Views } from './checkers/views.ts';
import { House } from './house.ts';
import { WebLife } from './life.ts';

/** The longest silence after which a member is given up. */
const detectionMs = 5_000;
/** Sockets that are dead without a word are noticed after 15 s, and the longest wait before the next one is 30 s. */
const bounds = { agreeMs: 90_000, steadyMs: 1.2 * detectionMs };
const pace = { timersPerSecond: 400, sendsPerSecond: 60, answersPerLate: 2, sendsPerEvent: 0 };

/** `available()` on the real stack, at the real server: A1, A2, D1, D2, T1 and T2. */
export function webSubject(): Subject<WebLife> {
  const claims = new Claims();
  const conflicts = new Conflicts(claims);
  const views = new Views();
  let house: House | null = null;
  const houseOf = (world: World<Tenant>): House => (house ??= new House(world, (said) => views.said(said, world)));
  return {
    meet: houseOf,
    bear: (world, seat, index) => new WebLife(world, seat, index, available(), houseOf(world)),
    checkers: [
      views,
      new Sessions(),
      new OneLeadership(claims),
      new KnownLeader(claims),
      new Terms(),
      new Reads(),
      new AfterPause(detectionMs),
      conflicts,
      new Published(),
      new Silence(),
      new Pace(pace),
    ],
    recover: (world) => {
      const { afterMs, agreed } = awaitAgreement(world, bounds);
      const took = [afterMs, ...failOver(world, conflicts, agreed, bounds)];
      return [...took, ...splitAndMerge(world, conflicts, bounds)];
    },
  };
}
