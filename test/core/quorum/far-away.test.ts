// One voter that is farther away than the promises last that the others, who are near each other, make.
import { describe, expect, test } from 'vitest';
import { Stage, configurationOf } from './stage.ts';

const wayMs = 300;
const nearMs = 5;

/** a leads, b is near it, and the first in line; c is far away. */
function led(): Stage {
  const delayMs = (from: string, to: string): number => (from === 'c' || to === 'c' ? wayMs : nearMs);
  const stage = new Stage({ delayMs });
  stage.found(configurationOf({ a: 1, b: 1, c: 1 }));
  stage.runUntil(() => stage.agreed(['a', 'b', 'c']) !== null, 10_000);
  stage.run(5_000);
  if (stage.leading()[0] === 'c') throw new Error('the one that is far away leads');
  return stage;
}

/** Who led, one after the other. */
function leadersWithin(stage: Stage, forMs: number): string[] {
  const leaders: string[] = [];
  const endMs = stage.nowMs + forMs;
  for (; stage.nowMs < endMs; stage.run(1)) {
    const [leader] = stage.leading();
    if (leader !== undefined && leader !== leaders.at(-1)) leaders.push(leader);
  }
  return leaders;
}

describe('is handed the lead', () => {
  test('Q9: and all others wait for it, though they could elect one of their own meanwhile', () => {
    const stage = led();
    stage.feed(stage.leading()[0]!, { type: 'transfer', to: 'c' });
    // Half a round trip until it knows, one for the votes, and one for a lease: the votes came too late to be one.
    expect(leadersWithin(stage, 5 * wayMs + 10)).toEqual(['c']);
  });

  test('Q9: for its priority, and leads on', () => {
    const stage = led();
    const before = stage.leading()[0]!;
    stage.feed('c', { type: 'priority', priority: 1 });
    expect(leadersWithin(stage, 20_000)).toEqual([before, 'c']);
  });
});

test('Q6: is asked in time by the one that cannot do without it any more, when their leader is lost', () => {
  const stage = led();
  const leader = stage.leading()[0]!;
  stage.crash(leader);
  // The promise of the one far away ends a way later. Then two round trips, and one for a lease.
  const patientMs = 250 + wayMs + 6 * wayMs;
  expect(leadersWithin(stage, patientMs)).toEqual([leader === 'a' ? 'b' : 'a']);
});

test('Q6: lengthens no lease that is kept without it', () => {
  const stage = led();
  expect(stage.actor(stage.leading()[0]!).core.leaseMs).toBe(250);
});
