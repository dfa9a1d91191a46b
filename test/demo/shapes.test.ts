import { expect, test } from 'vitest';
import { along, box, circle, crosses, inside, touch } from '../../demo/shapes.ts';

const square = box({ x: 50, y: 50 }, { width: 20, height: 20 });

test.each([
  ['a box beside it', box({ x: 75, y: 50 }, { width: 20, height: 20 }), 5, false],
  ['a box too near beside it', box({ x: 74, y: 50 }, { width: 20, height: 20 }), 5, true],
  ['a box over it', box({ x: 55, y: 55 }, { width: 4, height: 4 }), 1, true],
  ['a circle off its corner', circle({ x: 68, y: 68 }, 10), 1, false],
  ['a circle at its side', circle({ x: 68, y: 50 }, 10), 1, true],
])('a box and %s', (_, other, gap, expected) => {
  expect(touch(square, other, gap)).toBe(expected);
  expect(touch(other, square, gap)).toBe(expected);
});

test('a circle is inside with all of its rim', () => {
  const frame = box({ x: 50, y: 50 }, { width: 100, height: 100 });
  expect(inside(circle({ x: 30, y: 50 }, 30), frame)).toBe(true);
  expect(inside(circle({ x: 29, y: 50 }, 30), frame)).toBe(false);
});

test.each([
  ['through the middle', { x: 0, y: 50 }, { x: 100, y: 50 }, true],
  ['across a corner', { x: 30, y: 50 }, { x: 50, y: 30 }, true],
  ['past a corner', { x: 20, y: 50 }, { x: 50, y: 20 }, false],
  ['that ends before it', { x: 0, y: 50 }, { x: 39, y: 50 }, false],
  ['upright, beside it', { x: 39, y: 0 }, { x: 39, y: 100 }, false],
  ['within it', { x: 45, y: 50 }, { x: 55, y: 50 }, true],
])('a line %s', (_, a, b, expected) => {
  expect(crosses(a, b, square)).toBe(expected);
  expect(crosses(b, a, square)).toBe(expected);
});

test('a part of the way', () => {
  expect(along({ x: 0, y: 10 }, { x: 100, y: 30 }, 0.25)).toEqual({ x: 25, y: 15 });
});
