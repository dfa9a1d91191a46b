import { expect, test } from 'vitest';
import { shrink } from './shrink.ts';
import { simulationOf } from './simulation.ts';
import type { Schedule } from './schedule.ts';

/** The first of them in which a server founds the room and runs its witness, of which nothing but one member is left. */
function quietRoom(): Schedule {
  const { draw } = simulationOf('rooms');
  for (let seed = 1; seed < 1_000; seed++) {
    const schedule = draw(seed);
    if (schedule.group?.room?.server === undefined || !schedule.group.voters.some(({ witness }) => witness)) continue;
    const faults = [{ atMs: 1, type: 'join', seat: 0, priority: 0 }] as const;
    return { ...schedule, faults, faultsMs: 2, split: null };
  }
  throw new Error('no room with a witness is ever drawn');
}

test('a schedule is never made so small that the witness has no seat', () => {
  const schedule = quietRoom();
  const witnessSeat = schedule.group!.voters.findIndex(({ witness }) => witness);
  const smaller = shrink({ ...schedule, seats: schedule.seats + 2 }, { maxRuns: 30, maxCpuSeconds: 30 });
  expect(smaller.schedule.seats).toBeGreaterThan(witnessSeat);
  expect(smaller.schedule.seats).toBeLessThan(schedule.seats + 2);
  expect(smaller.runs).toBeGreaterThan(3);
});
