import { expect, test } from 'vitest';
import { inOrder, ringLayout, textSize, type Guest, type RingLayout } from '../../demo/ring-layout.ts';
import { box, inside, touch, type Size } from '../../demo/shapes.ts';

const stages: [string, Size][] = [
  ['a large screen', { width: 690, height: 620 }],
  ['a wide screen', { width: 494, height: 430 }],
  ['a phone', { width: 336, height: 330 }],
  ['a frame of four', { width: 370, height: 330 }],
  ['a frame of nine', { width: 250, height: 230 }],
];

/** Names as they are: short ones, long ones, and now and then a naive host; the second one leads. */
function flock(count: number, first = 0): Guest[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `m${String(first + n).padStart(2, '0')}`,
    nameWidth: [105, 38, 74, 52, 92][n % 5] ?? 60,
    lines: n === 0 ? 2 : 1,
    leads: n === Math.min(1, count - 1),
  }));
}

const groupings: [string, Guest[][]][] = [
  ...[1, 2, 3, 4, 5, 6, 8, 9, 12].map((count): [string, Guest[][]] => [`${count} together`, [flock(count)]]),
  ...[
    [1, 1],
    [1, 2],
    [2, 3],
    [1, 4],
    [4, 4],
    [1, 8],
    [5, 4],
    [6, 6],
    [1, 11],
  ].map(([one = 0, other = 0]): [string, Guest[][]] => [`${one} cut from ${other}`, [flock(one), flock(other, one)]]),
];

test.each(stages)('on %s every member of any flock has a seat inside, and covers no other', (_, stage) => {
  const frame = box({ x: stage.width / 2, y: stage.height / 2 }, stage);
  for (const [grouping, groups] of groupings) {
    const layout = ringLayout(stage, groups);
    expect(layout.seats.size, grouping).toBe(groups.flat().length);
    for (const shape of layout.taken) expect(inside(shape, frame), `${grouping}: inside`).toBe(true);
    expect(overlaps(layout), `${grouping}: overlaps`).toBe(0);
  }
});

test.each(stages.slice(0, 2))(
  'on %s up to eight names are there in full, and of twelve the most of each, cut or not',
  (_, stage) => {
    for (const [grouping, groups] of groupings) {
      const { maxNameWidth } = ringLayout(stage, groups);
      expect(maxNameWidth, grouping).toBeGreaterThanOrEqual(groups.flat().length > 8 ? 60 : 105);
    }
  },
);

test.each(stages.slice(0, 4))('on %s five members have their names in full, cut or not', (_, stage) => {
  for (const groups of [[flock(5)], [flock(2), flock(3, 2)]]) {
    expect(ringLayout(stage, groups).maxNameWidth).toBeGreaterThanOrEqual(105);
  }
});

test('two groups keep to their own sides of the tear', () => {
  for (const [, stage] of stages) {
    const [one, other] = [flock(3), flock(2, 3)];
    const { seats, tear } = ringLayout(stage, [one, other]);
    const [from, to] = tear ?? [];
    const vertical = from?.x === to?.x;
    const past = ({ id }: Guest): boolean => {
      const seat = seats.get(id);
      return vertical ? (seat?.x ?? 0) > (from?.x ?? 0) : (seat?.y ?? 0) > (from?.y ?? 0);
    };
    expect(one.map(past)).toEqual([false, false, false]);
    expect(other.map(past)).toEqual([true, true]);
  }
});

test('on a high stage the groups are above each other', () => {
  const { seats } = ringLayout({ width: 300, height: 600 }, [flock(1), flock(1, 1)]);
  expect(seats.get('m00')?.y).toBeLessThan(300);
  expect(seats.get('m01')?.y).toBeGreaterThan(300);
});

test('a group of its own, and an empty one beside, are not torn', () => {
  const stage = { width: 640, height: 560 };
  expect(ringLayout(stage, [flock(2), []])).toEqual(ringLayout(stage, [flock(2)]));
  expect(ringLayout(stage, [flock(2), []]).tear).toBeNull();
  expect(ringLayout(stage, []).seats.size).toBe(0);
});

test('names stand outside the ring: above those at the top, below those at the bottom', () => {
  const { seats } = ringLayout({ width: 640, height: 560 }, [flock(4)]);
  expect(['m00', 'm02'].map((id) => seats.get(id)?.nameAbove)).toEqual([true, false]);
});

test('text is never smaller than 12 pixels', () => {
  for (const [, stage] of stages) expect(textSize(stage)).toBeGreaterThanOrEqual(12);
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

/** How many pairs of members touch. Each covers one shape, or two with its name. */
function overlaps({ taken, maxNameWidth }: RingLayout): number {
  const each = maxNameWidth > 0 ? 2 : 1;
  let count = 0;
  for (const [at, one] of taken.entries()) {
    for (const [later, other] of taken.entries()) {
      if (Math.floor(at / each) < Math.floor(later / each) && touch(one, other, 1)) count += 1;
    }
  }
  return count;
}
