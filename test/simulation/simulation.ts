import { lock } from '../../src/electors/lock.ts';
import { availableSubject } from './available/subject.ts';
import { lockSubject } from './lock/subject.ts';
import { drawLocklessSchedule } from './lock/lockless.ts';
import { drawLockSchedule } from './lock/swarm.ts';
import { withFarPlace } from './quorum/far.ts';
import { drawRoomSchedule } from './quorum/rooms.ts';
import { quorumSubject } from './quorum/subject.ts';
import { drawQuorumSchedule } from './quorum/swarm.ts';
import { run } from './run.ts';
import type { Outcome } from './run.ts';
import type { Schedule } from './schedule.ts';
import { drawSchedule } from './swarm.ts';
import type { Trace } from './trace.ts';
import { withJobs } from './web/jobs.ts';
import { webSubject } from './web/subject.ts';
import { drawWebSchedule } from './web/swarm.ts';

/** One elector's simulation: how a seed becomes a schedule, and a schedule an outcome. */
export interface Simulation {
  draw(seed: number): Schedule;
  /** The same schedule gives the same outcome, byte for byte. */
  run(schedule: Schedule, trace?: Trace | null): Outcome;
}

/** By the name of the elector. */
export const simulations: Readonly<Record<string, Simulation>> = {
  available: {
    draw: (seed) => drawSchedule('available', seed),
    run: (schedule, trace = null) => run(availableSubject(), schedule, trace),
  },
  lock: {
    draw: drawLockSchedule,
    run: (schedule, trace = null) => run(lockSubject(), schedule, trace),
  },
  /** `lock()` where there are no locks: it promises what `available()` does. */
  lockless: {
    draw: drawLocklessSchedule,
    run: (schedule, trace = null) => run(availableSubject(lock()), schedule, trace),
  },
  quorum: {
    draw: (seed) => withFarPlace(drawQuorumSchedule(seed)),
    run: (schedule, trace = null) => run(quorumSubject(), schedule, trace),
  },
  /** `quorum()` whose members come and go. */
  rooms: {
    draw: (seed) => withFarPlace(drawRoomSchedule(seed)),
    run: (schedule, trace = null) => run(quorumSubject(), schedule, trace),
  },
  /** The whole stack at the whole server. Only in a task of its own: see `web/jobs.ts`. */
  web: {
    draw: drawWebSchedule,
    run: (schedule, trace = null) => withJobs(() => run(webSubject(schedule), schedule, trace)),
  },
};

export function simulationOf(elector: string): Simulation {
  return simulations[elector]!;
}
