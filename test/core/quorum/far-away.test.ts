// One voter that is farther away than the promises last that the others, who are near each other, make.
import { describe, expect, test } from 'vitest';
import { Stage, configurationOf } from './stage.ts';

const wayMs = 300;
const nearMs = 5;

const delaysTo =
  (far: string) =>
  (from: string, to: string): number =>
    from === far || to === far ? wayMs : nearMs;

/** a leads, b is near it, and the first in line; c is far away. */
function led(): Stage {
  const stage = new Stage({ delayMs: delaysTo('c') });
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

  test('Q9: also by one whose lease is long, for its timers are late: what others promise by their votes is short all the same', () => {
    const stage = new Stage({ delayMs: delaysTo('c') });
    const ids = ['a', 'b', 'c', 'd', 'e'];
    stage.found(configurationOf({ a: 1, b: 1, c: 1, d: 1, e: 1 }));
    stage.letters = [];
    for (const id of ids) stage.pause(id);
    stage.run(1_500);
    for (const id of ids) stage.resume(id); // so late are their first timers
    stage.run(5_000);
    const leader = stage.leading()[0]!;
    expect(stage.actor(leader).core.leaseMs).toBeGreaterThan(4 * 2 * wayMs);
    stage.feed(leader, { type: 'transfer', to: 'c' });
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

test('Q6: comes after all who are near in the line of succession, if nothing else is between them', () => {
  const stage = new Stage({ delayMs: delaysTo('b') });
  stage.found(configurationOf({ a: 1, b: 1, c: 1, d: 1, e: 1 }));
  stage.runUntil(() => stage.agreed(['a', 'b', 'c', 'd', 'e']) === 'a', 10_000);
  stage.run(5_000);
  stage.crash('a');
  // Its promises last no longer than that, and then two round trips among those who are near.
  expect(leadersWithin(stage, 250 + 6 * nearMs)).toEqual(['c']);
});

test('Q6: lengthens no lease that is kept without it', () => {
  const stage = led();
  expect(stage.actor(stage.leading()[0]!).core.leaseMs).toBe(250);
});

test('Q11: a heartbeat that is overtaken by a later one changes nothing that this one said', () => {
  const stage = new Stage({ delayMs: () => nearMs });
  stage.found(configurationOf({ a: 1, b: 1, c: 1 }));
  stage.runUntil(() => stage.agreed(['a', 'b', 'c']) === 'a', 10_000);
  stage.crash('a');
  const heartbeat = { type: 'heartbeat', term: 1, leaseMs: 250, rttMs: 10, commit: 0 };
  for (const id of ['b', 'c']) {
    stage.feed(id, { type: 'message', from: 'a', message: { ...heartbeat, round: 1_001, order: ['c', 'b'] } });
    stage.feed(id, { type: 'message', from: 'a', message: { ...heartbeat, round: 1_000, order: ['b', 'c'] } });
  }
  expect(leadersWithin(stage, 1_000)).toEqual(['c']);
});
