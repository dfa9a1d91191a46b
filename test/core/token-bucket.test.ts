import { expect, test } from 'vitest';
import { TokenBucket } from '../../src/core/token-bucket.ts';

test('a burst passes at once, then the rate, and what was not used adds up to a burst at most', () => {
  const bucket = new TokenBucket(10, 20);
  for (let i = 0; i < 20; i++) expect(bucket.take(1, 0)).toBe(true);
  expect(bucket.take(1, 0)).toBe(false);
  expect(bucket.take(1, 99)).toBe(false);
  expect(bucket.take(1, 100)).toBe(true);
  expect(bucket.level(60_000)).toBe(20);
});

test('what is charged beyond the level is a debt, paid off before anything else passes, up to its bound', () => {
  const free = new TokenBucket(10, 20);
  const bounded = new TokenBucket(10, 20, 20);
  for (const bucket of [free, bounded]) bucket.charge(1_000, 0);
  expect([free.level(0), bounded.level(0)]).toEqual([-980, -20]);
  expect([free.take(1, 2_100), bounded.take(1, 2_100)]).toEqual([false, true]);
  expect(free.take(1, 98_100)).toBe(true);
});

test('says when an amount is there, and never later than it is full', () => {
  const bucket = new TokenBucket(10, 20);
  expect(bucket.readyAt(20)).toBeLessThanOrEqual(0);
  bucket.charge(25, 0);
  expect(bucket.readyAt(0)).toBe(500);
  expect(bucket.readyAt(20)).toBe(2_500);
  expect(bucket.readyAt(1_000)).toBe(2_500);
});

test('a clock that is read out of order neither takes nor gives twice', () => {
  const bucket = new TokenBucket(10, 20);
  bucket.charge(20, 1_000);
  expect(bucket.take(1, 500)).toBe(false);
  expect(bucket.level(2_000)).toBe(10);
  expect(bucket.level(1_000)).toBe(0);
  expect(bucket.level(2_000)).toBe(10);
});
