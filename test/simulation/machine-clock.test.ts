import { expect, test } from 'vitest';
import { MachineClock } from './machine-clock.ts';

function clockAt() {
  const time = { ms: 0 };
  const clock = new MachineClock(() => time.ms, { monotonic: 1.001, wall: 0.999 }, 1_000);
  return { time, clock };
}

test('each clock runs at its own rate', () => {
  const { time, clock } = clockAt();
  time.ms = 10_000;
  expect(clock.monotonicMs()).toBeCloseTo(10_010);
  expect(clock.wallMs()).toBeCloseTo(10_990);
});

test('in sleep the monotonic clock stops and the wall clock goes on', () => {
  const { time, clock } = clockAt();
  clock.sleep();
  time.ms = 5_000;
  expect(clock.monotonicMs()).toBe(0);
  clock.wake();
  time.ms = 6_000;
  expect(clock.monotonicMs()).toBeCloseTo(1_001);
  expect(clock.wallMs()).toBeCloseTo(1_000 + 5_994);
});

test('one of the two sources is right over every interval between two looks', () => {
  const { time, clock } = clockAt();
  clock.jump(60_000);
  clock.sleep();
  time.ms = 1_000;
  clock.wake();
  expect(clock.monotonicMs(), 'after an unseen jump it does not stop').toBeCloseTo(1_001);
  clock.wallMs();
  clock.sleep();
  time.ms = 2_000;
  clock.wake();
  clock.jump(60_000);
  expect(clock.wallMs(), 'after an unseen sleep it does not jump').toBeCloseTo(1_000 + 1_998 + 60_000);
});
