import { expect, test } from 'vitest';
import { inOrder, ringLayout, type Point, type Size } from '../../demo/ring-layout.ts';

const stages: [string, Size][] = [
  ['a wide screen', { width: 640, height: 560 }],
  ['a phone', { width: 440, height: 420 }],
  ['a frame of the grid', { width: 400, height: 340 }],
];
const flock = (size: number): string[] => Array.from({ length: size }, (_, n) => `m${n}`);

test.each(stages)('on %s all of 1 to 12 members sit inside, and apart from each other', (_, stage) => {
  for (let size = 1; size <= 12; size += 1) {
    const { seats, scale } = ringLayout(stage, [flock(size)]);
    expect(seats.size).toBe(size);
    for (const seat of seats.values()) expectInside(seat, stage);
    expect(closest([...seats.values()])).toBeGreaterThan(60 * scale);
  }
});

test.each(stages)('on %s two groups keep to their own sides of the tear', (_, stage) => {
  const [left, right] = [flock(3), ['x', 'y']];
  const { seats, tear } = ringLayout(stage, [left, right]);
  expect(tear).not.toBeNull();
  for (const id of left) expect(seats.get(id)?.x).toBeLessThan(stage.width / 2);
  for (const id of right) expect(seats.get(id)?.x).toBeGreaterThan(stage.width / 2);
});

test('on a high stage the groups are above each other', () => {
  const { seats } = ringLayout({ width: 300, height: 600 }, [['a'], ['b']]);
  expect(seats.get('a')?.y).toBeLessThan(300);
  expect(seats.get('b')?.y).toBeGreaterThan(300);
});

test('a group of its own, and an empty one beside, are not torn', () => {
  const stage = { width: 640, height: 560 };
  expect(ringLayout(stage, [['a', 'b'], []])).toEqual(ringLayout(stage, [['a', 'b']]));
  expect(ringLayout(stage, [['a', 'b'], []]).tear).toBeNull();
  expect(ringLayout(stage, []).seats.size).toBe(0);
});

test('every page draws the same groups in the same order', () => {
  const asSeenByOne = inOrder([
    ['c', 'a'],
    ['d', 'b'],
  ]);
  const asSeenByTheOther = inOrder([
    ['b', 'd'],
    ['a', 'c'],
  ]);
  expect(asSeenByOne).toEqual([
    ['a', 'c'],
    ['b', 'd'],
  ]);
  expect(asSeenByTheOther).toEqual(asSeenByOne);
});

function expectInside({ x, y }: Point, { width, height }: Size): void {
  expect(x).toBeGreaterThan(40);
  expect(x).toBeLessThan(width - 40);
  expect(y).toBeGreaterThan(40);
  expect(y).toBeLessThan(height - 60);
}

function closest(points: readonly Point[]): number {
  let least = Infinity;
  for (const [index, a] of points.entries()) {
    for (const b of points.slice(index + 1)) least = Math.min(least, Math.hypot(a.x - b.x, a.y - b.y));
  }
  return least;
}
