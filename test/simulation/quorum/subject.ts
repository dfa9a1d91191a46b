import { Garbage } from '../checkers/garbage.ts';
import { Heralded } from '../checkers/heralded.ts';
import { Pace } from '../checkers/pace.ts';
import { Signal } from '../checkers/signal.ts';
import { Terms } from '../checkers/terms.ts';
import { SimulatedDiscovery } from '../discovery.ts';
import type { Subject } from '../subject.ts';
import { Answers } from './checkers/answers.ts';
import { Committed } from './checkers/committed.ts';
import { Configurations } from './checkers/configurations.ts';
import { Deposed } from './checkers/deposed.ts';
import { FarTerms } from './checkers/far-terms.ts';
import { Heirs } from './checkers/heirs.ts';
import { Leaders } from './checkers/leaders.ts';
import { Leases } from './checkers/leases.ts';
import { Logs } from './checkers/logs.ts';
import { Lost } from './checkers/lost.ts';
import { Places } from './checkers/places.ts';
import { PreVotes } from './checkers/pre-votes.ts';
import { Promises } from './checkers/promises.ts';
import { Proofs } from './checkers/proofs.ts';
import { Ready } from './checkers/ready.ts';
import { Votes } from './checkers/votes.ts';
import { Witnesses } from './checkers/witnesses.ts';
import { Ledger } from './ledger.ts';
import { Memories, QuorumLife } from './life.ts';
import { Recovery } from './recovery.ts';
import { House } from './server/house.ts';

const pace = { timersPerSecond: 400, sendsPerSecond: 1_000, answersPerLate: 0, sendsPerEvent: 4 };

/** `quorum()`: the promises Q1 to Q7, Q9 to Q11 and F1. */
export function quorumSubject(): Subject<QuorumLife> {
  const ledger = new Ledger();
  const memories = new Memories();
  return {
    bear: (world, seat, index) => new QuorumLife(world, seat, index, memories, ledger),
    meet: (world) => {
      const { room } = world.schedule.group!;
      return room?.server === undefined ? new SimulatedDiscovery(world) : new House(world, ledger, memories);
    },
    checkers: [
      new Leaders(),
      new Votes(),
      new PreVotes(),
      new FarTerms(),
      new Lost(),
      new Promises(),
      new Leases(),
      new Heirs(),
      new Logs(ledger),
      new Configurations(),
      new Places(),
      new Committed(ledger),
      new Answers(ledger),
      new Witnesses(ledger),
      new Proofs(),
      new Ready(),
      new Signal(),
      new Deposed(),
      new Terms(),
      new Heralded('ready'),
      new Garbage(),
      new Pace(pace),
    ],
    recover: (world) => new Recovery(world, ledger).run(),
    history: () => ledger.operations,
  };
}
