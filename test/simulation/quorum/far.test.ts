import { expect, test } from 'vitest';
import { farthestTripMs, nearTripMs } from '../distance.ts';
import type { Schedule } from '../schedule.ts';
import { simulationOf } from '../simulation.ts';
import { withFarPlace } from './far.ts';

const seeds = Array.from({ length: 1_000 }, (_, at) => at + 1);

test.each(['quorum', 'rooms'])('of %s, in a fifth of the runs somebody is far from the others', (elector) => {
  const drawn = seeds.map((seed) => simulationOf(elector).draw(seed)).filter(({ seats }) => seats > 1);
  const apart = drawn.filter(({ conditions }) => conditions.far !== undefined);
  expect(apart.length / drawn.length).toBeGreaterThan(0.15);
  expect(apart.length / drawn.length).toBeLessThan(0.25);
  for (const { seats, conditions } of apart) {
    const { far } = conditions;
    expect(far!.seats.length).toBeLessThan(seats);
    expect(farthestTripMs(conditions)).toBe(nearTripMs(conditions) + 2 * far!.delayMs);
  }
  // Most of the time no answer comes from there within the lease that the near ones hold.
  const beyond = apart.filter(({ conditions, group }) => 2 * conditions.far!.delayMs > group!.limits.minLeaseMs!);
  expect(beyond.length / apart.length).toBeGreaterThan(0.6);
});

test('what happens is the same, whether somebody is far away or not', () => {
  const apart = seeds.map((seed) => simulationOf('quorum').draw(seed)).find(({ conditions }) => conditions.far)!;
  const { far: _, ...conditions } = apart.conditions;
  const near: Schedule = { ...apart, conditions };
  expect(withFarPlace(near).faults).toEqual(apart.faults);
  expect(withFarPlace(near).conditions.far).toEqual(apart.conditions.far);
});
