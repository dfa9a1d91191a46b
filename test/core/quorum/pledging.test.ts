// A pledge never to vote in this epoch again: what a group that lost its quorum is founded anew on.
import { describe, expect, test } from 'vitest';
import { termsPerEpoch } from '../../../src/core/quorum/limits.ts';
import { Witnessed, heartbeat, playing, three, vote } from './witnessed.ts';

const pledge = { type: 'pledge' } as const;

/** b, who has lost a and c. */
function lonely(): Witnessed {
  const stage = new Witnessed(three);
  stage.settle();
  stage.append('a', 'x');
  stage.run(300);
  for (const id of ['a', 'c']) stage.crash(id);
  stage.run(2000);
  stage.forget();
  return stage;
}

const now = (stage: Witnessed, id: string) => stage.clock(stage.actor(id));

describe('a pledge', () => {
  test('Q2: says how the log stands, and who decides by it', () => {
    const stage = lonely();
    const { lastIndex, configuration } = stage.core('b');
    const standing = { lastIndex, lastTerm: 1, configuration: configuration.halves, promisedMs: 0 };
    expect(stage.core('b').standing(now(stage, 'b'))).toEqual(standing);
    stage.feed('b', pledge);
    expect(stage.of('b', 'pledged')).toEqual([{ type: 'pledged', standing }]);
    expect(stage.core('b').state().log.entries).toHaveLength(lastIndex);
  });

  test('Q11: ends what is said to others, but not the reports of what makes no sense', () => {
    const stage = lonely();
    stage.feed('b', pledge);
    stage.feed('b', { type: 'message', from: 'a', message: { __proto__: null, type: 'beat' } });
    expect(stage.of('b', 'bad-message')).toMatchObject([{ from: 'a', code: 'malformed' }]);
  });

  test('Q2: is not given by a leader, nor by one that follows a leader', () => {
    const stage = new Witnessed(three);
    stage.settle();
    for (const id of ['a', 'b']) {
      expect(stage.core(id).standing(now(stage, id))).toBe(null);
      stage.feed(id, pledge);
      expect(stage.core(id).isPledged).toBe(false);
    }
    stage.run(500);
    expect(stage.agreed(['a', 'b', 'c'])).toBe('a');
    expect(stage.told.some(({ effect }) => effect.type === 'pledged')).toBe(false);
  });

  test('Q2: of one whose lease ran out unseen is given by one that leads no more, and says so first', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.pause('a');
    for (const id of ['b', 'c']) stage.crash(id);
    stage.run(3000);
    stage.forget();
    stage.actor('a').state = 'up'; // what its timers have to say comes later
    stage.feed('a', pledge);
    expect(
      stage.told.map(({ effect }) => effect.type).filter((type) => type === 'leader' || type === 'pledged'),
    ).toEqual(['leader', 'pledged']);
    expect(stage.core('a').leader()).toBeNull();
  });

  test('Q6: is given by one that campaigned in the moment in which its promise ended', () => {
    const stage = new Witnessed(three);
    stage.settle();
    for (const id of ['a', 'c']) stage.crash(id);
    stage.actor('b').wakeAt = Infinity;
    stage.nowMs += 6000;
    stage.feed('b', { type: 'campaign' });
    stage.run(100);
    expect(stage.core('b').standing(now(stage, 'b'))).not.toBe(null);
  });

  test('Q6: is not given by a candidate while it gets what it is missing, nor by the witness that has it', () => {
    const stage = new Witnessed({ a: 1, b: 1, w: 1 }, { limits: { maxBatchEntries: 1 }, delayMs: 20 });
    stage.settle();
    stage.isolate('b');
    stage.append('a', ...Array.from({ length: 200 }, (_, at) => `x${at}`));
    stage.run(2000);
    stage.crash('a');
    stage.healAll();
    expect(stage.runUntil(() => stage.sent('w', 'suffix').length > 20, 10_000)).toBe(true);
    for (const id of ['b', 'w']) {
      stage.feed(id, pledge);
      expect([id, stage.core(id).isPledged, stage.core(id).standing(now(stage, id))]).toEqual([id, false, null]);
    }
    stage.run(20_000);
    expect(stage.leading()).toEqual(['b']);
    expect(stage.core('b').commitIndex).toBeGreaterThan(200);
  });

  test('Q6: is given by a witness when whoever fetched from it was not heard of for the longest lease', () => {
    const stage = new Witnessed({ a: 1, b: 1, w: 1 }, { limits: { maxBatchEntries: 1 }, delayMs: 20 });
    stage.settle();
    stage.isolate('b');
    stage.append('a', ...Array.from({ length: 200 }, (_, at) => `x${at}`));
    stage.run(2000);
    stage.crash('a');
    stage.healAll();
    expect(stage.runUntil(() => stage.sent('w', 'suffix').length > 20, 10_000)).toBe(true);
    stage.crash('b');
    stage.run(4000);
    expect(stage.core('w').standing(now(stage, 'w'))).toBe(null);
    stage.run(2000);
    expect(stage.core('w').standing(now(stage, 'w'))).not.toBe(null);
  });

  test('Q2: is not given before the promise of a vote is over', () => {
    const stage = playing('pre-candidate');
    stage.hear('a', 'b', vote(6));
    expect(stage.core('a').hardState.vote).toBe('b');
    stage.feed('a', pledge);
    expect(stage.core('a').isPledged).toBe(false);
    expect(stage.core('a').standing(now(stage, 'a'))).toBe(null);
    stage.run(250);
    stage.feed('a', pledge);
    expect(stage.core('a').isPledged).toBe(true);
  });

  test('Q2: of a candidate ends its candidacy: votes that come later elect nobody', () => {
    const stage = playing('candidate');
    stage.feed('a', pledge);
    expect(stage.of('a', 'pledged')).toHaveLength(1);
    for (const id of ['b', 'c']) stage.hear('a', id, { type: 'vote-reply', term: 5, granted: true });
    expect(stage.core('a').isLeader(now(stage, 'a'))).toBe(false);
    expect(stage.core('a').role).toBe('follower');
  });

  test('Q2: is silence for good: no vote, no promise, no campaign', () => {
    const stage = lonely();
    stage.feed('b', pledge);
    stage.forget();
    stage.hear('b', 'c', { ...vote(9), lastIndex: 99 });
    stage.hear('b', 'c', { type: 'pre-vote', term: 9, lastIndex: 99, lastTerm: 8, attempt: 1 });
    stage.hear('b', 'c', heartbeat(9));
    for (const type of ['campaign', 'tick'] as const) stage.feed('b', { type });
    stage.run(10_000);
    expect(stage.told).toEqual([]);
    expect(stage.core('b').leader()).toBe(null);
  });

  test('Q5: leaves nothing that was appended unanswered, before it or after', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.append('b', 'x');
    stage.run(300);
    for (const id of ['a', 'c']) stage.crash(id);
    stage.append('b', 'sent'); // to a, which is no more
    stage.run(2000);
    stage.append('b', 'waits');
    stage.forget();
    stage.feed('b', pledge);
    stage.append('b', 'late');
    const failed = stage.of('b', 'append-failed').map(({ reason }) => reason);
    expect(failed).toEqual(['unknown', 'not-committed', 'not-committed']);
  });

  test('Q3: is told when it is durable, and not before', () => {
    const stage = lonely();
    stage.actor('b').writeMs = Infinity;
    stage.feed('b', pledge);
    expect(stage.core('b').isPledged).toBe(true);
    expect(stage.of('b', 'pledged')).toEqual([]);
    stage.write('b');
    expect(stage.of('b', 'pledged')).toHaveLength(1);
  });

  test('Q3: outlives a restart, which tells it again', () => {
    const stage = lonely();
    stage.feed('b', pledge);
    const [first] = stage.of('b', 'pledged');
    stage.crash('b');
    stage.forget();
    stage.restart('b');
    expect(stage.of('b', 'pledged')).toEqual([first]);
    expect(stage.core('b').hardState.term).toBe(termsPerEpoch);
    stage.hear('b', 'c', vote(9));
    stage.run(5000);
    expect(stage.told.filter(({ effect }) => effect.type === 'send' || effect.type === 'wake')).toEqual([]);
  });
});

describe('a goodbye', () => {
  test('Q2: stands as its member stood, with what is left of its promise', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.feed('b', { type: 'leave' });
    const { lastIndex, configuration } = stage.core('b');
    const standing = stage.core('b').standing(now(stage, 'b'));
    expect(standing).toMatchObject({ lastIndex, lastTerm: 1, configuration: configuration.halves });
    expect(standing!.promisedMs).toBeGreaterThan(100);
    stage.run(100);
    expect(stage.core('b').standing(now(stage, 'b'))!.promisedMs).toBeCloseTo(standing!.promisedMs - 100);
  });
});

test('a core that has not begun stands nowhere', () => {
  const stage = new Witnessed(three);
  stage.add('new', {});
  expect(stage.core('new').standing({ fast: 0, slow: 0 })).toBe(null);
});
