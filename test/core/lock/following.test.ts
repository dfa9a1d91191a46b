import { expect, test } from 'vitest';
import type { LockEffect } from '../../../src/core/lock/events.ts';
import { beatMs, helloMs, retryMs } from '../../../src/core/lock/pace.ts';
import { heirOfB, other, Page } from './page.ts';
import { Stage } from './stage.ts';

/** Of b to a. */
const beat = { type: 'beat', term: other.term, version: 1, line: ['a'], edition: null, ask: false };

test('what a leader said of its line before it said something newer changes nothing, however late it comes', () => {
  const page = heirOfB();
  const reachable: unknown[] = [];
  const hear = (version: number, line: readonly string[]): void => {
    const effects = page.feed({ type: 'message', from: 'b', message: { ...beat, version, line } });
    for (const effect of effects) if (effect.type === 'reachable') reachable.push(effect.peers);
  };
  hear(4, ['c', 'a']);
  expect(reachable).toEqual([['a', 'b', 'c']]);
  for (const late of [3, 2, 3]) hear(late, ['a']);
  expect(reachable).toHaveLength(1);
  expect(page.own).toBeNull(); // c is the heir, and this one makes no claim
  hear(5, ['a']);
  expect(reachable).toEqual([
    ['a', 'b', 'c'],
    ['a', 'b'],
  ]);
});

test('a room that waits for its members has a leader as soon as they have met, and not a round of words later', () => {
  const stage = new Stage();
  for (const ids of [['a'], ['b', 'c']]) {
    stage.join(ids, { minMembers: 3 });
    stage.run(retryMs(0) / 2);
  }
  expect(stage.page('a').election.isLeader()).toBe(true);
});

/** What they have published at last, as each of them sees it. */
const published = (stage: Stage): readonly unknown[] =>
  [...stage.pages.values()].filter(({ state }) => state !== 'gone').map(({ election }) => election.published());

/** a leads, and then come b and c in line. */
function threeOnStage(onDeed?: ConstructorParameters<typeof Stage>[0]): Stage {
  const stage = new Stage(onDeed);
  for (const id of ['a', 'b', 'c']) {
    stage.join([id]);
    stage.run(100);
  }
  return stage;
}

test('whoever missed what was published has it as soon as it hears from the leader what is the newest', () => {
  const stage = threeOnStage();
  stage.cut('a', 'c');
  stage.do('a', ({ election }) => election.feed({ type: 'publish', value: 'news' }));
  stage.run(100);
  expect(published(stage)).toEqual(['news', 'news', undefined]);
  stage.heal('a', 'c');
  stage.do('b', ({ election }) => election.feed({ type: 'priority', priority: -1 }));
  stage.run(100);
  expect(published(stage)).toEqual(['news', 'news', 'news']);
});

test('a leader that missed what was published before has it as soon as somebody who has it hears from it', () => {
  const stage = threeOnStage();
  stage.cut('a', 'b');
  stage.do('a', ({ election }) => election.feed({ type: 'publish', value: 'news' }));
  stage.run(100);
  stage.cut('c', 'b');
  stage.crash('a');
  stage.run(100);
  expect(stage.page('b').election.isLeader()).toBe(true);
  expect(published(stage)).toEqual([undefined, 'news']);
  stage.heal('c', 'b');
  stage.join(['d']);
  stage.run(100);
  expect(published(stage)).toEqual(['news', 'news', 'news']);
});

test('a leader whose claim says that it leads no more is lost, unless its word may have been ahead of its claim', () => {
  const page = heirOfB();
  const soon = 2 * beatMs;
  for (let count = 1; page.core.leader() !== null; count++) {
    if (page.nowMs > 10_000) throw new Error('it follows nobody that leads');
    page.tick();
    page.others = [{ ...other, beat: count, term: 0 }];
    page.look();
    if (page.nowMs < soon) expect(page.core.leader()).toEqual({ id: 'b', term: other.term });
  }
  expect(page.nowMs).toBeGreaterThanOrEqual(soon);
  expect(page.nowMs).toBeLessThan(soon + 2 * beatMs);
});

const hellos = (effects: readonly LockEffect[]): readonly string[] =>
  effects.flatMap((effect) =>
    effect.type === 'send' && (effect.message as { type: string }).type === 'hello' ? [effect.to] : [],
  );

test('whoever learns by its claim who leads says at once that it is there', () => {
  const page = new Page();
  page.others = [other];
  expect(hellos(page.feed({ type: 'members', peers: ['a', 'b'] }))).toEqual([]);
  expect(hellos(page.look())).toEqual(['b']);
});

test.each([
  ['knows that it is', [['b', 'a']]],
  [
    'takes itself to be in line still',
    [
      ['a', 'b'],
      ['b', 'a'],
    ],
  ],
] as const)('whoever fell out of line, and %s, is in line again once it can be heard', (_, links) => {
  let reachable: readonly string[] = [];
  const stage = new Stage((id, deed) => {
    if (id === 'a' && deed.type === 'reachable') reachable = deed.peers;
  });
  for (const id of ['a', 'b']) {
    stage.join([id]);
    stage.run(100);
  }
  expect(reachable).toEqual(['a', 'b']);
  for (const [from, to] of links) stage.cut(from, to);
  stage.run(60_000);
  expect(reachable).toEqual(['a']);
  stage.healAll();
  stage.run(helloMs + 100);
  expect(reachable).toEqual(['a', 'b']);
});
