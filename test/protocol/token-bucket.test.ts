import { expect, test } from 'vitest';
import { TokenBucket } from '../../src/protocol/token-bucket.ts';

test('a burst passes at once, then the rate, and what was not used adds up to a burst at most', () => {
  const bucket = new TokenBucket(10, 20, 0);
  for (let i = 0; i < 20; i++) expect(bucket.take(1, 0)).toBe(true);
  expect(bucket.take(1, 0)).toBe(false);
  expect(bucket.take(1, 99)).toBe(false);
  expect(bucket.take(1, 100)).toBe(true);
  expect(bucket.level(60_000)).toBe(20);
});

test('what is charged beyond the level is a debt, paid off before anything else passes, up to its bound', () => {
  const free = new TokenBucket(10, 20, 0);
  const bounded = new TokenBucket(10, 20, 0, 20);
  for (const bucket of [free, bounded]) bucket.charge(1_000, 0);
  expect([free.level(0), bounded.level(0)]).toEqual([-980, -20]);
  expect([free.take(1, 2_100), bounded.take(1, 2_100)]).toEqual([false, true]);
  expect(free.take(1, 98_100)).toBe(true);
});

test('says how long until an amount is there, and never longer than until it is full', () => {
  const bucket = new TokenBucket(10, 20, 0);
  expect(bucket.msUntil(20, 0)).toBe(0);
  bucket.charge(25, 0);
  expect(bucket.msUntil(0, 0)).toBe(500);
  expect(bucket.msUntil(1_000, 0)).toBe(2_500);
  expect(bucket.msUntil(1_000, 2_500)).toBe(0);
});

test('a clock that is read out of order neither takes nor gives twice', () => {
  const bucket = new TokenBucket(10, 20, 1_000);
  bucket.charge(20, 1_000);
  expect(bucket.level(500)).toBe(0);
  expect(bucket.level(2_000)).toBe(10);
  expect(bucket.level(1_000)).toBe(10);
  expect(bucket.level(2_000)).toBe(10);
});
