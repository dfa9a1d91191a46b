import { expect, test } from 'vitest';
import { simulationOf } from './simulation.ts';

/** Each found a leader that lost its lease again and again: it forgot too soon how late its timers can be. */
test.each([16, 42, 45])('Q6: whoever leads goes on, though timers are late now more and now less (seed %i)', (seed) => {
  const { draw, run } = simulationOf('quorum');
  const schedule = draw(seed);
  const conditions = { ...schedule.conditions, timersLateMs: 250 };
  expect(run({ ...schedule, conditions }).broken).toBeNull();
});
