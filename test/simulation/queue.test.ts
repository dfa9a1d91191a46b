import { expect, test } from 'vitest';
import { Queue } from './queue.ts';
import type { Happening } from './queue.ts';
import { Random } from './random.ts';

test('things happen in the order of their instants, and of their queueing where those are the same', () => {
  const random = new Random(1, 'queue');
  const queue = new Queue();
  const items = Array.from({ length: 500 }, () => ({ atMs: random.whole(0, 40), happen: () => {} }));
  for (const item of items) queue.push(item);
  const popped: Happening[] = [];
  for (let item = queue.pop(); item !== undefined; item = queue.pop()) popped.push(item);
  const sorted = items.toSorted((a, b) => a.atMs - b.atMs);
  expect(popped.map((item) => items.indexOf(item))).toEqual(sorted.map((item) => items.indexOf(item)));
  expect(queue.length).toBe(0);
});

test('pushing between pops keeps the order', () => {
  const queue = new Queue();
  const at = (atMs: number): Happening => ({ atMs, happen: () => {} });
  for (const atMs of [5, 1, 3]) queue.push(at(atMs));
  expect(queue.pop()?.atMs).toBe(1);
  queue.push(at(2));
  queue.push(at(9));
  expect([queue.pop(), queue.pop(), queue.pop(), queue.pop()].map((item) => item?.atMs)).toEqual([2, 3, 5, 9]);
});
