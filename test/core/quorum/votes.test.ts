// Who gets a vote: Raft §5.2 and §5.4.1.
import { describe, expect, test } from 'vitest';
import { configurationOf } from './stage.ts';
import { Witnessed, append, heartbeat, heartbeatReply, playing, preVote, three, vote, voteReply } from './witnessed.ts';
import type { Past } from './witnessed.ts';

/** a, who waits for its turn behind b and c, which the test speaks for. */
function voter(past: Past): Witnessed {
  const stage = new Witnessed({ b: 1, c: 1, a: 1 }, { stored: { a: past }, isHeld: true });
  for (const id of ['b', 'c']) stage.crash(id);
  stage.forget();
  return stage;
}

const answers = (stage: Witnessed): readonly unknown[] =>
  [...stage.sent('a', 'vote-reply'), ...stage.sent('a', 'pre-vote-reply')].map(({ message }) => message['granted']);

describe('one vote a term', () => {
  test.each([
    [undefined, 'b', true],
    [undefined, 'c', true],
    ['b', 'b', true],
    ['b', 'c', false],
    ['c', 'b', false],
    ['a', 'b', false],
  ])('Q3: who has voted for %s, asked by %s in the same term, says %s', (before, candidate, granted) => {
    const stage = voter(before === undefined ? { term: 6 } : { term: 6, vote: before });
    stage.hear('a', candidate, vote(6));
    expect(answers(stage)).toEqual([granted]);
    expect(stage.core('a').hardState.vote).toBe(before ?? candidate);
  });

  test('Q3: first come, first served: whoever asks later is refused, however often', () => {
    const stage = voter({ term: 6 });
    for (const from of ['b', 'c', 'b', 'c']) stage.hear('a', from, vote(7));
    expect(answers(stage)).toEqual([true, false, true, false]);
    expect(stage.core('a').hardState).toMatchObject({ term: 7, vote: 'b' });
  });

  test('Q2: who granted a vote is not asked away from that candidate before the shortest lease is over', () => {
    const stage = voter({ term: 6 });
    stage.hear('a', 'b', vote(7));
    stage.hear('a', 'c', vote(8));
    expect(stage.core('a').hardState).toMatchObject({ term: 7, vote: 'b' });
    stage.run(249);
    stage.hear('a', 'c', vote(8));
    expect(stage.term('a')).toBe(7);
    stage.run(2);
    stage.hear('a', 'c', vote(8));
    expect(stage.core('a').hardState).toMatchObject({ term: 8, vote: 'c' });
  });
});

describe('for a log that is not behind', () => {
  const table = [
    [[1], 1, 1, true],
    [[1], 2, 1, true],
    [[1, 1], 1, 1, false],
    [[1], 1, 2, true],
    [[1], 2, 2, true],
    [[1, 1], 1, 2, true],
    [[2], 1, 1, false],
    [[2], 2, 1, false],
    [[2, 2], 1, 1, false],
    [[1, 2], 9, 1, false],
    [[], 0, 0, true],
    [[1], 0, 0, false],
  ] as const;

  test.each(table)(
    'Q4: a voter with entries of the terms %j, asked by one whose log ends at %i in %i, says %s',
    (log, lastIndex, lastTerm, granted) => {
      const stage = voter({ term: 5, log });
      stage.hear('a', 'b', vote(6, { lastIndex, lastTerm }));
      expect(answers(stage)).toEqual([granted]);
      expect(stage.core('a').hardState).toMatchObject({ term: 6, vote: granted ? 'b' : null });
    },
  );

  test.each(table)(
    'Q7: asked before (PreVote) with entries of %j by one whose log ends at %i in %i, it says %s',
    (log, lastIndex, lastTerm, granted) => {
      const stage = voter({ term: 5, log });
      stage.hear('a', 'b', preVote(6, { lastIndex, lastTerm }));
      expect(answers(stage)).toEqual([granted]);
      expect(stage.core('a').hardState).toMatchObject({ term: 5, vote: null });
    },
  );
});

describe('from everyone', () => {
  const settings: Readonly<Record<string, () => Witnessed>> = {
    'a follower whose promise is over': () => {
      const stage = voter({ term: 5 });
      stage.hear('a', 'b', heartbeat(5));
      stage.run(251);
      return stage;
    },
    'a pre-candidate': () => playing('pre-candidate'),
    'a candidate': () => playing('candidate'),
    'a leader that has no lease yet': () => {
      const stage = playing('candidate');
      stage.run(300); // the votes come so late that what they promised is over
      stage.hear('a', 'b', voteReply(5));
      if (stage.core('a').role !== 'leader' || stage.leading().length > 0) throw new Error('not such a leader');
      return stage;
    },
    'a leader that has just handed over': () => {
      const stage = playing('leader');
      stage.hear('a', 'b', append(5, [0, 0]));
      stage.hear('a', 'b', heartbeatReply(5, 1, 1));
      stage.hear('a', 'b', { type: 'append-reply', term: 5, match: 1 });
      stage.feed('a', { type: 'transfer', to: 'b' });
      if (stage.sent('a', 'timeout-now').length === 0) throw new Error('nothing was handed over');
      return stage;
    },
  };

  test.each(Object.keys(settings))('Q1: %s votes in a later term, and is a follower there', (who) => {
    const stage = (settings[who] as () => Witnessed)();
    stage.forget();
    stage.hear('a', 'c', vote(8, { lastIndex: 99, lastTerm: 7 }));
    expect(answers(stage)).toEqual([true]);
    expect(stage.core('a').hardState).toMatchObject({ term: 8, vote: 'c' });
    expect(stage.core('a').role).toBe('follower');
    expect(stage.leading()).toEqual([]);
  });

  test.each(Object.keys(settings))('Q1: %s that may not give its vote enters the later term all the same', (who) => {
    const stage = (settings[who] as () => Witnessed)();
    stage.hear('a', 'b', append(9, [0, 0], [3, 9]));
    stage.run(600);
    stage.forget();
    stage.hear('a', 'c', vote(20, { lastIndex: 1, lastTerm: 3 }));
    expect(answers(stage)).toEqual([false]);
    expect(stage.core('a').hardState).toMatchObject({ term: 20, vote: null });
    expect(['candidate', 'leader']).not.toContain(stage.core('a').role);
  });

  test('Q3: a learner that is asked votes, for it may have become a voter without knowing it yet', () => {
    const founding = { ...configurationOf(three), learners: ['l'] };
    const stage = new Witnessed(founding, { isHeld: true });
    stage.hear('l', 'b', vote(3));
    expect(stage.sent('l', 'vote-reply', 'b').map(({ message }) => message['granted'])).toEqual([true]);
    expect(stage.core('l').hardState).toMatchObject({ term: 3, vote: 'b' });
  });

  test('Q1: the vote of a learner, or of a stranger, elects nobody', () => {
    const founding = { ...configurationOf(three), learners: ['l'] };
    const stage = new Witnessed(founding, { stored: { a: { term: 4 } }, isHeld: true });
    for (const id of ['b', 'c']) stage.crash(id);
    for (const from of ['l', 'x'])
      stage.hear('a', from, { type: 'pre-vote-reply', term: 5, attempt: 1, granted: true });
    expect(stage.core('a').role).toBe('pre-candidate');
    stage.hear('a', 'b', { type: 'pre-vote-reply', term: 5, attempt: 1, granted: true });
    for (const from of ['l', 'x']) stage.hear('a', from, voteReply(5));
    expect(stage.core('a').role).toBe('candidate');
  });
});
