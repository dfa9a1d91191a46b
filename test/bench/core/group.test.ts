import { expect, it } from 'vitest';
import { electedGroup } from './group.ts';
import { liferaftAppends } from './liferaft.ts';

it.each([1, 3, 5])('a group of %i that is measured elects, commits in order, and keeps its leader', (size) => {
  const clock = { nowMs: 0 };
  const appended: (number | null)[] = [];
  const group = electedGroup(size, clock, ({ index }) => appended.push(index));
  const { leader } = group;
  if (!leader) throw new Error('there is no leader');
  group.post(leader, { type: 'append', first: 1, values: Array.from({ length: 100 }, String) });
  group.settle();
  expect(appended).toHaveLength(100);
  expect(appended).toEqual(appended.toSorted((one, other) => Number(one) - Number(other)));
  for (let beats = 0; beats < 100; beats++) {
    clock.nowMs = group.wakesAt;
    group.tick();
    group.settle();
  }
  expect(group.leader).toBe(leader);
  expect(group.seats.map(({ core }) => core.commitIndex)).toEqual(group.seats.map(() => appended.at(-1)));
});

it('what stands beside it commits one entry after the other', async () => {
  const told: number[] = [];
  const textOf = (count: number): string => {
    if (told.at(-1) !== count) told.push(count);
    return `entry ${count}`;
  };
  const { perSecond } = await liferaftAppends(3, textOf);
  expect(perSecond).toBeGreaterThan(0);
  expect(told).toEqual(told.map((_, at) => at));
});
