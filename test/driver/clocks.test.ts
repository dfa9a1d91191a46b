import { expect, test } from 'vitest';
import { Clocks } from '../../src/driver/clocks.ts';

function machine(): { monotonic: number; wall: number; clocks: Clocks } {
  const state = { monotonic: 500, wall: 1_000_000 };
  const clocks = new Clocks({ monotonicMs: () => state.monotonic, wallMs: () => state.wall });
  return Object.assign(state, { clocks });
}

test('both clocks advance with sources that agree', () => {
  const at = machine();
  at.monotonic += 100;
  at.wall += 100;
  expect(at.clocks.now()).toEqual({ fast: 100, slow: 100 });
});

test('F1: sleep that stops the monotonic clock counts on fast, not on slow', () => {
  const at = machine();
  at.wall += 60_000;
  expect(at.clocks.now()).toEqual({ fast: 60_000, slow: 0 });
  at.monotonic += 10;
  at.wall += 10;
  expect(at.clocks.now()).toEqual({ fast: 60_010, slow: 10 });
});

test('a wall clock set back stops neither clock for longer than one reading', () => {
  const at = machine();
  at.monotonic += 10;
  at.wall -= 3_600_000;
  expect(at.clocks.now()).toEqual({ fast: 10, slow: 0 });
  at.monotonic += 10;
  at.wall += 10;
  expect(at.clocks.now()).toEqual({ fast: 20, slow: 10 });
});

test('within the drift bound true time stays between the two', () => {
  const at = machine();
  for (let second = 0; second < 100; second++) {
    at.monotonic += 1005;
    at.wall += 995;
    at.clocks.now();
  }
  const { fast, slow } = at.clocks.now();
  expect(slow).toBeLessThanOrEqual(100_000);
  expect(fast).toBeGreaterThanOrEqual(100_000);
});

test('a peek says what a reading would, and changes nothing', () => {
  const [peeked, left] = [machine(), machine()];
  for (const at of [peeked, left]) at.monotonic += 10;
  expect(peeked.clocks.peek()).toEqual({ fast: 10, slow: 0 });
  for (const at of [peeked, left]) Object.assign(at, { monotonic: at.monotonic + 5_000, wall: at.wall + 5_010 });
  expect(peeked.clocks.peek()).toEqual(left.clocks.now());
  expect(peeked.clocks.now()).toEqual({ fast: 5_010, slow: 5_010 });
});

test('Q2: what a clock was ahead by before it stopped does not hide that it stopped', () => {
  const at = machine();
  for (let second = 0; second < 9; second++) {
    Object.assign(at, { monotonic: at.monotonic + 1_010, wall: at.wall + 990 });
    at.clocks.now();
  }
  const before = at.clocks.now();
  at.wall += 200; // asleep
  expect(at.clocks.now().fast - before.fast).toBeGreaterThanOrEqual(197.5);
});

test('rounding of the wall clock does not make the fast one faster', () => {
  const at = machine();
  for (let reading = 1; reading <= 10_000; reading++) {
    Object.assign(at, { monotonic: 500 + reading * 0.3, wall: 1_000_000 + Math.round(reading * 0.3) });
    at.clocks.now();
  }
  const { fast, slow } = at.clocks.now();
  expect(fast - slow).toBeLessThan(2);
});
