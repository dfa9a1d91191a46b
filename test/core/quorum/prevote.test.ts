// PreVote, and what a higher term does to a leader that is well: Ongaro §9.6 and §6.2.
import { describe, expect, test } from 'vitest';
import { configurationOf } from './stage.ts';
import { Witnessed, five, playedRoles, playing, preVote, three, vote } from './witnessed.ts';

const answered = (stage: Witnessed, id: string): unknown[] =>
  stage.sent(id, 'pre-vote-reply').map(({ to, message }) => `${to} ${String(message['granted'])}`);

describe('a pre-vote', () => {
  test.each(playedRoles)('Q7: changes no term, no vote and no log of a %s', (role) => {
    const stage = playing(role);
    const before = stage.state('a');
    for (const term of [6, 9, 100]) stage.hear('a', 'c', preVote(term));
    expect(stage.state('a')).toEqual(before);
  });

  test.each(['pre-candidate', 'candidate'] as const)(
    'Q7: is answered by a %s, which promised nobody anything',
    (role) => {
      const stage = playing(role);
      stage.hear('a', 'c', preVote(6, { attempt: 3 }));
      const answer = { type: 'pre-vote-reply', term: 6, attempt: 3, granted: true };
      expect(stage.sent('a', 'pre-vote-reply')).toEqual([{ to: 'c', message: answer }]);
    },
  );

  test('Q7: for a term that has begun is answered by the term, and disturbs nobody', () => {
    const stage = playing('follower');
    stage.hear('a', 'c', preVote(5, { lastTerm: 4 }));
    expect(stage.sent('a', 'stale')).toEqual([{ to: 'c', message: { type: 'stale', term: 5 } }]);
  });

  test('Q7: of the leader itself is answered at once by those whose promises are to it, of another it is kept, which it hears', () => {
    const stage = playing('follower');
    stage.hear('a', 'c', preVote(6));
    expect(answered(stage, 'a')).toEqual(['c null']);
    stage.hear('a', 'b', preVote(6));
    expect(answered(stage, 'a')).toEqual(['c null', 'b true']);
  });

  test('Q6: that came under a promise is kept, the newest only, and answered when the promise is over', () => {
    const stage = new Witnessed(three);
    stage.settle();
    const term = stage.term('b');
    stage.isolate('a');
    stage.hear('b', 'c', preVote(term + 1, { attempt: 6 }));
    stage.hear('b', 'c', preVote(term + 1, { attempt: 7 }));
    const answersTo = (to: string): unknown[] => stage.sent('b', 'pre-vote-reply', to).map(({ message }) => message);
    expect(answersTo('c')).toMatchObject([
      { attempt: 6, granted: null },
      { attempt: 7, granted: null },
    ]);
    stage.run(300);
    expect(answersTo('c')[2]).toEqual({ type: 'pre-vote-reply', term: term + 1, attempt: 7, granted: true });
  });

  test('Q6: of one that is behind is refused when the promise is over, and a leader with the whole log is elected', () => {
    const stage = new Witnessed({ a: 1, c: 1, b: 1 });
    stage.settle();
    stage.cut('a', 'c');
    stage.append('a', 'x');
    stage.run(200);
    stage.isolate('a');
    stage.run(3000);
    expect(stage.leading()).toEqual(['b']);
    expect(stage.values('c')).toEqual(['x']);
  });
});

describe('a member that was cut off', () => {
  test('Q7: asks in vain, raises no term, and follows as soon as it is back', () => {
    const stage = new Witnessed(five);
    stage.settle();
    stage.isolate('e');
    stage.run(60_000);
    expect(stage.sent('e', 'pre-vote').length).toBeGreaterThan(100);
    stage.healAll();
    stage.run(3000);
    expect([...stage.actors.keys()].map((id) => stage.term(id))).toEqual([1, 1, 1, 1, 1]);
    expect(stage.agreed([...stage.actors.keys()])).toBe('a');
    expect(stage.of('a', 'leader')).toHaveLength(1);
  });

  test('Q7: with a higher term makes the leader go above it, which leads at every moment of that', () => {
    const stage = new Witnessed(three, { stored: { c: { term: 9 } } });
    stage.isolate('c');
    stage.settle();
    stage.healAll();
    for (let step = 0; step < 500; step++) {
      stage.run(1);
      expect(stage.leading()).toEqual(['a']);
    }
    expect(stage.agreed(['a', 'b', 'c'])).toBe('a');
    expect(stage.term('a')).toBe(10);
    expect(stage.of('a', 'leader').map(({ leader }) => leader)).toEqual([
      { id: 'a', term: 1 },
      { id: 'a', term: 10 },
    ]);
  });

  test('Q7: and asks for votes in a higher term, is refused by all, and the leader goes above that', () => {
    const stage = new Witnessed(three);
    stage.settle();
    for (const id of ['a', 'b']) stage.hear(id, 'c', vote(7));
    expect(stage.term('b')).toBe(1);
    for (let step = 0; step < 100; step++) {
      stage.run(1);
      expect(stage.leading()).toEqual(['a']);
    }
    expect(stage.agreed(['a', 'b', 'c'])).toBe('a');
    expect(stage.term('a')).toBe(8);
  });

  test('Q7: and is only a learner, with a higher term, unsettles nobody', () => {
    const founding = { ...configurationOf(three), learners: ['l'] };
    const stage = new Witnessed(founding, { stored: { l: { term: 50 } } });
    stage.isolate('l');
    stage.settle();
    stage.healAll();
    for (let step = 0; step < 500; step++) {
      stage.run(1);
      expect(stage.leading()).toEqual(['a']);
    }
    expect(stage.agreed(['a', 'b', 'c', 'l'])).toBe('a');
    expect(stage.term('l')).toBe(51);
  });

  test('Q7: a leader whose lease is over is deposed by a higher term, as ever', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.isolate('a');
    stage.run(400);
    expect(stage.leading()).not.toContain('a');
    stage.healAll();
    stage.hear('a', 'c', { type: 'stale', term: 12 });
    stage.run(2000);
    expect(stage.leading()).toHaveLength(1);
    expect(stage.agreed(['a', 'b', 'c'])).not.toBeNull();
  });

  test('Q6: whose term is lower than that of the others helps to elect one of them', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.isolate('c');
    stage.feed('a', { type: 'transfer', to: 'b' });
    stage.run(300);
    stage.append('b', 'x');
    stage.run(100);
    expect([stage.term('b'), stage.term('c')]).toEqual([2, 1]);
    stage.crash('a');
    stage.healAll();
    stage.isolate('a');
    stage.run(2000);
    expect(stage.leading()).toEqual(['b']);
    expect(stage.agreed(['b', 'c'])).toBe('b');
    expect(stage.values('c')).toEqual(['x']);
  });

  test('Q7: with PreVote and CheckQuorum together, the rest elect one when the leader is cut off, once', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.isolate('a');
    stage.run(5000);
    const [leader = ''] = stage.leading();
    const term = stage.term(leader);
    expect(term).toBe(2);
    stage.healAll();
    stage.run(5000);
    expect(stage.agreed(['a', 'b', 'c'])).toBe(leader);
    expect(stage.term(leader)).toBe(term);
  });
});
