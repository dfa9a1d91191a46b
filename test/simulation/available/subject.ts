import { available } from '../../../src/electors/available.ts';
import type { AnyElector } from '../../../src/electors/elector.ts';
import { electing } from '../life.ts';
import type { Subject } from '../subject.ts';
import { Pace } from '../checkers/pace.ts';
import { Reads } from '../checkers/reads.ts';
import { Silence } from '../checkers/silence.ts';
import { Terms } from '../checkers/terms.ts';
import { AfterPause } from './checkers/after-pause.ts';
import { Conflicts } from './checkers/conflicts.ts';
import { KnownLeader } from './checkers/known-leader.ts';
import { MinMembers } from './checkers/min-members.ts';
import { OneLeadership } from './checkers/one-leadership.ts';
import { Published } from './checkers/published.ts';
import { Claims } from './claims.ts';
import { freezeAndWake } from './freezing.ts';
import { awaitAgreement, failOver, splitAndMerge } from './recovery.ts';

/** The longest silence after which a member is given up. */
const detectionMs = 5_000;
/** Nobody can be silent for longer than a detection and not be noticed: what lasts longer, lasts. */
const bounds = { agreeMs: 10 * detectionMs, steadyMs: 1.2 * detectionMs };
const pace = { timersPerSecond: 200, sendsPerSecond: 60, answersPerLate: 2, sendsPerEvent: 0 };

/** `available()`: the promises A1 and A2, and what every reader of its events may rely on. */
export function availableSubject(elector: AnyElector = available()): Subject {
  const claims = new Claims();
  const conflicts = new Conflicts(claims);
  return {
    bear: electing(elector),
    checkers: [
      new OneLeadership(claims),
      new KnownLeader(claims),
      new Terms(),
      new Reads(),
      new AfterPause(detectionMs),
      conflicts,
      new Published(),
      new MinMembers(detectionMs),
      new Silence(),
      new Pace(pace),
    ],
    recover: (world) => {
      const { afterMs, agreed: first } = awaitAgreement(world, bounds);
      const { tookMs, agreed } = freezeAndWake(world, conflicts, first, bounds);
      const took = [afterMs, ...tookMs, ...failOver(world, conflicts, agreed, bounds)];
      return [...took, ...splitAndMerge(world, conflicts, bounds)];
    },
  };
}
