import { expect, test } from 'vitest';
import { Lateness } from '../../../src/core/lock/lateness.ts';

function latenessOf(...noted: readonly number[]): number {
  const lateness = new Lateness();
  for (const byMs of noted) lateness.note(byMs);
  return lateness.ms;
}

const inTime = Array.from({ length: 10 }, () => 1);

test('once late was a pause: the next one is awaited as if it had not been', () => {
  expect(latenessOf(...inTime, 4_000)).toBe(1);
  expect(latenessOf(4_000, ...inTime)).toBe(1);
});

test('late twice is how it goes here, also where what comes in between is in time: as for a page that runs in bursts', () => {
  expect(latenessOf(...inTime, 800, 1, 2, 1, 900)).toBe(800);
  expect(latenessOf(800, 900, 1, 1, 1, 1, 1)).toBe(800);
});

test('what was late is forgotten once nothing was for some seconds', () => {
  expect(latenessOf(800, 900, ...inTime)).toBe(1);
});

test('sleep is no lateness, and neither is a clock that went back', () => {
  expect(latenessOf(80_000, 90_000, -5, Number.NaN)).toBe(0);
});
