import { available } from '../../../src/electors/available.ts';
import { quorum } from '../../../src/electors/quorum.ts';
import { AfterPause } from '../available/checkers/after-pause.ts';
import { Conflicts } from '../available/checkers/conflicts.ts';
import { KnownLeader } from '../available/checkers/known-leader.ts';
import { OneLeadership } from '../available/checkers/one-leadership.ts';
import { Published } from '../available/checkers/published.ts';
import { Claims } from '../available/claims.ts';
import { awaitAgreement, failOver, splitAndMerge } from '../available/recovery.ts';
import { Heralded } from '../checkers/heralded.ts';
import { OneAtOnce } from '../checkers/one-at-once.ts';
import { Pace } from '../checkers/pace.ts';
import { Reads } from '../checkers/reads.ts';
import { Signal } from '../checkers/signal.ts';
import { Silence } from '../checkers/silence.ts';
import { Terms } from '../checkers/terms.ts';
import type { Checker } from '../checker.ts';
import type { Schedule, WebRoom } from '../schedule.ts';
import type { Subject } from '../subject.ts';
import type { Tenant } from '../tenant.ts';
import type { World } from '../world.ts';
import { BoundedVoters } from './checkers/bounded-voters.ts';
import { Journals } from './checkers/journals.ts';
import { LeadersAreMembers } from './checkers/leaders-are-members.ts';
import { Near } from './checkers/near.ts';
import { NobodyLeadsOn } from './checkers/nobody-leads-on.ts';
import { OneATerm } from './checkers/one-a-term.ts';
import { Places } from './checkers/places.ts';
import { Reachable } from './checkers/reachable.ts';
import { HeldUp } from './checkers/held-up.ts';
import { Sessions } from './checkers/sessions.ts';
import { Views } from './checkers/views.ts';
import { awaitDirect, isDirect } from './direct.ts';
import { Epochs } from './epochs.ts';
import { House } from './house.ts';
import { WebLife } from './life.ts';
import { RoomRecovery } from './recovery.ts';

/** The longest silence after which a member is given up. */
const detectionMs = 5_000;
/** Sockets that are dead without a word are noticed after 15 s, and the longest wait before the next one is 30 s. */
const bounds = { agreeMs: 90_000, steadyMs: 1.2 * detectionMs };
const pace = { timersPerSecond: 400, sendsPerSecond: 60, answersPerLate: 2, sendsPerEvent: 0 };
const pacePerEvent = { timersPerSecond: 400, sendsPerSecond: 1_000, answersPerLate: 0, sendsPerEvent: 4 };

/** What electors differ in. */
type Part = Pick<Subject<WebLife>, 'checkers' | 'recover'>;

/** The real stack at the real server, and one of the electors that it carries: D1, D2, T1, T2, and what that promises. */
export function webSubject({ web }: Schedule): Subject<WebLife> {
  const epochs = new Epochs();
  const views = new Views(epochs);
  let house: House | null = null;
  const houseOf = (world: World<Tenant>): House =>
    (house ??= new House(world, epochs, (said) => views.said(said, world)));
  const { room } = web!;
  const part = room === undefined ? ofAvailable() : ofQuorum(room, epochs);
  const elector = room === undefined ? available() : quorumOf(room);
  const near = web!.tabsOf ? [new Near((life) => house!.channels.wantedBy(life))] : [];
  const shared: Checker<WebLife>[] = [
    views,
    new Sessions(),
    ...near,
    new Terms(),
    new Silence(),
    new LeadersAreMembers(),
  ];
  return {
    meet: houseOf,
    bear: (world, seat, index) => new WebLife(world, seat, index, elector, houseOf(world)),
    checkers: [...shared, ...part.checkers],
    recover: part.recover,
  };
}

/** `available()`: A1 and A2. */
function ofAvailable(): Part {
  const claims = new Claims();
  const conflicts = new Conflicts(claims);
  const heldUp = new HeldUp();
  return {
    checkers: [
      new Reads(),
      new OneLeadership(claims),
      new KnownLeader(claims),
      new AfterPause(detectionMs),
      conflicts,
      new Published(),
      new Pace<WebLife>(pace, (step, world, lateMs) => heldUp.count(step, world, lateMs)),
    ],
    recover: (world) => {
      const { afterMs } = awaitAgreement(world, bounds);
      // Who reaches the others over the leader only, as its own line is dead, is cut off from them when that one crashes.
      awaitDirect(world);
      const { agreed } = awaitAgreement(world, bounds);
      const direct = agreed.filter(({ members }) => isDirect(members));
      const took = [afterMs, ...failOver(world, conflicts, direct, bounds)];
      return [...took, ...splitAndMerge(world, conflicts, bounds)];
    },
  };
}

/** `quorum()` in a room whose members come and go: Q1, Q2, Q4 to Q6, Q8 to Q10 and F1. */
function ofQuorum({ maxVoters, charterMs }: WebRoom, epochs: Epochs): Part {
  const journals = new Journals(epochs);
  return {
    checkers: [
      // A leader reads what it publishes before that is committed.
      new Reads((life) => !life.isLeader()),
      new OneATerm(epochs),
      new NobodyLeadsOn(),
      new OneAtOnce('Q2: at most one isLeader at any instant of true time'),
      new Signal(),
      new Heralded('leader'),
      journals,
      new BoundedVoters(maxVoters),
      new Places(),
      new Reachable(charterMs),
      new Pace(pacePerEvent),
    ],
    recover: (world) => new RoomRecovery(world, journals).run(),
  };
}

function quorumOf({ witness, maxVoters, minLeaseMs, maxLeaseMs, charterMs }: WebRoom) {
  return quorum({ witness, maxVoters, minLeaseMs, maxLeaseMs, charterMs });
}
