import { expect, test } from 'vitest';
import { Stage, configurationOf } from './stage.ts';

test('Q9: who alone is a quorum hands over to somebody who is not, however far away that one is', () => {
  const stage = new Stage({ delayMs: () => 150 });
  stage.found(configurationOf({ a: 3, b: 1, w: 1 }));
  stage.runUntil(() => stage.agreed(['a', 'b', 'w']) === 'a', 5_000);
  stage.run(1_000);
  const term = stage.actor('a').core.hardState.term;

  stage.feed('a', { type: 'transfer', to: 'b' });
  expect(stage.leading()).toEqual([]);
  // Half a round trip until it knows, one for the votes, and one for a lease: the votes came too late to be one.
  stage.run(5 * 150 + 1);
  expect(stage.leading()).toEqual(['b']);
  expect(stage.actor('b').core.hardState.term).toBe(term + 1);
});

test('Q9: a leader waits for an heir that lacks an entry, also when that entry gets lost once', () => {
  let lost = 0;
  const stage = new Stage({ delayMs: (from, to) => (from === 'a' && to === 'b' && lost-- > 0 ? null : 5) });
  stage.found(configurationOf({ a: 1, b: 1, c: 1 }));
  stage.runUntil(() => stage.agreed(['a', 'b', 'c']) === 'a', 5_000);
  stage.run(500);

  lost = 1;
  stage.append('a', 'x');
  stage.feed('a', { type: 'transfer', to: 'b' });
  expect(lost).toBe(0);
  expect(stage.runUntil(() => stage.leading().includes('b'), 250)).toBe(true);
});

test('Q9: "now" is said again while the heir is silent, and no more once somebody campaigns', () => {
  let isLosing = false;
  const said: number[] = [];
  const stage = new Stage({
    delayMs: (from, to) => (isLosing && from === 'a' && to === 'b' ? null : 5),
    onEffect: (_, effect) => {
      if (effect.type === 'send' && (effect.message as { type: string }).type === 'timeout-now') said.push(stage.nowMs);
    },
  });
  stage.found(configurationOf({ a: 1, b: 1, c: 1 }));
  stage.runUntil(() => stage.agreed(['a', 'b', 'c']) === 'a', 5_000);
  stage.run(500);

  isLosing = true;
  stage.feed('a', { type: 'transfer', to: 'b' });
  stage.run(10);
  expect(said).toHaveLength(1);
  stage.run(5_000);
  expect(said.length).toBeGreaterThan(1);
  expect(said.length).toBeLessThanOrEqual(250 / 25);
  expect(said.at(-1)! - said[0]!).toBeLessThan(250);
  expect(stage.leading()).toHaveLength(1);
});
