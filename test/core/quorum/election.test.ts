// How leaders are elected: Raft §5.2.
import { describe, expect, test } from 'vitest';
import { Stage, configurationOf } from './stage.ts';
import {
  Witnessed,
  append,
  five,
  heartbeat,
  playedRoles,
  playing,
  preVote,
  three,
  vote,
  voteReply,
} from './witnessed.ts';

describe('who starts', () => {
  test('Q1: every member starts as a follower of nobody, and the first in line asks before any of them enters a term', () => {
    const stage = new Witnessed(three, { isHeld: true });
    for (const id of ['a', 'b', 'c']) expect(stage.core(id).hardState).toMatchObject({ term: 0, vote: null });
    expect(['a', 'b', 'c'].map((id) => stage.core(id).role)).toEqual(['pre-candidate', 'follower', 'follower']);
    expect(stage.told.filter(({ effect }) => effect.type === 'leader')).toEqual([]);
  });

  test('Q1: a restarted member is a follower in the term that it had', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.crash('a');
    stage.restart('a');
    expect(stage.core('a').role).toBe('follower');
    expect(stage.core('a').hardState).toMatchObject({ term: 1, vote: 'a' });
  });

  test('Q1: a single voter leads in the step in which it starts, and what it appends is committed in the next', () => {
    const stage = new Witnessed({ a: 1 });
    expect(stage.leading()).toEqual(['a']);
    stage.append('a', 'x');
    expect(stage.values('a')).toEqual(['x']);
  });

  test('three voters of which four must agree never start; four of four do', () => {
    const four = configurationOf({ a: 1, b: 1, c: 1, d: 1 });
    const stage = new Stage();
    stage.found(four, { minMembers: 4 });
    stage.crash('d');
    stage.run(10_000);
    expect(stage.leading()).toEqual([]);
    stage.restart('d');
    stage.run(5000);
    expect(stage.leading()).toHaveLength(1);
  });

  test('Q1: a learner, a witness and one outside the configuration never campaign, whatever they are told', () => {
    const founding = { ...configurationOf({ a: 1, b: 1, w: 1 }), learners: ['l'] };
    const stage = new Witnessed(founding);
    stage.add('x', { founding });
    stage.settle();
    stage.append('a', 'x');
    stage.run(100);
    stage.forget();
    for (const id of ['a', 'b']) stage.crash(id);
    const { term } = stage.core('w').hardState;
    for (const id of ['w', 'l', 'x']) {
      stage.hear(id, 'a', { type: 'timeout-now', term, round: 99 });
      stage.run(20_000);
      stage.feed(id, { type: 'campaign' });
      expect(stage.core(id).role).toBe('follower');
      expect([...stage.sent(id, 'pre-vote'), ...stage.sent(id, 'vote')]).toEqual([]);
    }
  });
});

describe('the votes', () => {
  test.each([
    [{ a: 1 }, []],
    [{ a: 1, b: 1 }, []],
    [{ a: 1, b: 1, c: 1 }, ['c']],
    [{ a: 1, b: 1, c: 1, d: 1 }, ['d']],
    [{ a: 1, b: 1, c: 1, d: 1, e: 1 }, ['d', 'e']],
    [{ a: 1, b: 1, c: 1, w: 2 }, ['b', 'c']],
  ])('Q1: %o elect one round trip of questions and one of votes after they start, without %o', (weights, down) => {
    const stage = new Witnessed(weights as Record<string, number>, { delayMs: 10 });
    for (const id of down) stage.crash(id);
    stage.run(41);
    expect(stage.leading()).toEqual(['a']);
  });

  test.each([
    [{ a: 1, b: 1 }, ['b']],
    [{ a: 1, b: 1, c: 1 }, ['b', 'c']],
    [{ a: 1, b: 1, c: 1, d: 1 }, ['c', 'd']],
    [{ a: 1, b: 1, c: 1, w: 2 }, ['w', 'c']],
  ])('Q1: %o elect nobody without %o', (weights, down) => {
    const stage = new Witnessed(weights as Record<string, number>);
    for (const id of down) stage.crash(id);
    stage.run(5000);
    expect(stage.leading()).toEqual([]);
    expect(stage.told.filter(({ effect }) => effect.type === 'leader')).toEqual([]);
  });

  test('Q6: an election is lost as soon as those who answer have refused: nobody waits for the vote of who is not there', () => {
    const stage = playing('pre-candidate');
    stage.hear('a', 'b', { type: 'pre-vote-reply', term: 6, attempt: 1, granted: true });
    expect(stage.core('a').role).toBe('candidate');
    stage.hear('a', 'b', voteReply(6, false));
    expect(stage.core('a').role).toBe('follower');
  });

  test('Q6: it is not lost while one who answers has not said', () => {
    const stage = playing('pre-candidate');
    for (const from of ['b', 'c'])
      stage.hear('a', from, { type: 'pre-vote-reply', term: 6, attempt: 1, granted: true });
    stage.hear('a', 'b', voteReply(6, false));
    expect(stage.core('a').role).toBe('candidate');
    stage.hear('a', 'c', voteReply(6));
    expect(stage.core('a').role).toBe('leader');
  });

  test('Q6: who is far away, as only its answers show, is given the time to answer before the next try', () => {
    const stage = playing('pre-candidate');
    stage.run(300);
    for (const from of ['b', 'c'])
      stage.hear('a', from, { type: 'pre-vote-reply', term: 6, attempt: 1, granted: false });
    expect(stage.core('a').role).toBe('follower');
    stage.forget();
    stage.run(2 * 300);
    expect(stage.sent('a', 'pre-vote')).toEqual([]);
  });

  test.each([
    ['a b', '', '', 'candidate'],
    ['a b', 'b', '', 'leader'],
    ['a b c', 'b', '', 'leader'],
    ['a b c', '', 'b', 'candidate'],
    ['a b c', '', 'b c', 'follower'],
    ['a b c', 'c', 'b', 'leader'],
    ['a b c d', 'b', '', 'candidate'],
    ['a b c d', 'b', 'c d', 'follower'],
    ['a b c d', 'b d', 'c', 'leader'],
    ['a b c d e', 'b', 'c d', 'candidate'],
    ['a b c d e', 'b c', 'd e', 'leader'],
    ['a b c d e', 'b', 'c d e', 'follower'],
    ['a b c d e', '', '', 'candidate'],
    ['a=3 b=2 c=2', '', 'b', 'candidate'],
    ['a=3 b=2 c=2', 'c', 'b', 'leader'],
    ['a b w=2', 'b', '', 'candidate'],
    ['a b w=2', 'w', 'b', 'leader'],
  ])('Q1: of the voters %s, the votes of "%s" and refusals of "%s" make candidate a a %s', (voters, yes, no, role) => {
    const weights = Object.fromEntries(voters.split(' ').map((word) => [word[0], Number(word.split('=')[1] ?? 1)]));
    const stage = playing('candidate', weights);
    for (const id of no.split(' ').filter(Boolean)) stage.hear('a', id, voteReply(5, false));
    for (const id of yes.split(' ').filter(Boolean)) stage.hear('a', id, voteReply(5));
    expect(stage.core('a').role).toBe(role);
  });

  test('Q1: a vote that is delivered twice counts once', () => {
    const stage = playing('candidate', five);
    for (let times = 0; times < 5; times++) stage.hear('a', 'b', voteReply(5));
    expect(stage.core('a').role).toBe('candidate');
    stage.hear('a', 'c', voteReply(5));
    expect(stage.core('a').role).toBe('leader');
  });

  test('Q1: votes of an earlier term, and answers to an earlier question, count for nothing', () => {
    const candidate = playing('candidate');
    candidate.hear('a', 'b', voteReply(4));
    expect(candidate.core('a').role).toBe('candidate');
    const asking = playing('pre-candidate');
    asking.hear('a', 'b', { type: 'pre-vote-reply', term: 6, attempt: 2, granted: true });
    asking.hear('a', 'b', { type: 'pre-vote-reply', term: 5, attempt: 1, granted: true });
    expect(asking.core('a').role).toBe('pre-candidate');
  });

  test('Q1: two candidates that do not hear each other share a voter: one is elected, and the other follows it', () => {
    const stage = new Witnessed({ a: 1, b: 1, c: 1 });
    stage.cut('a', 'c');
    stage.cut('c', 'a');
    stage.feed('c', { type: 'campaign' });
    stage.run(5000);
    const [leader = ''] = stage.leading();
    const loser = leader === 'a' ? 'c' : 'a';
    expect(['a', 'c']).toContain(leader);
    expect(stage.core(loser).role).not.toBe('leader');
    const term = stage.term(leader);
    stage.healAll();
    stage.run(1000);
    expect(stage.agreed(['a', 'b', 'c'])).toBe(leader);
    expect(stage.term(leader)).toBe(term);
  });
});

describe('asking', () => {
  test('Q1: a follower whose promise ends asks all voters at once, and enters the next term when a quorum would vote for it', () => {
    const stage = playing('follower', three, [1, 4]);
    stage.run(249);
    expect(stage.sent('a', 'pre-vote')).toEqual([]);
    stage.run(200);
    const attempt = Number(stage.sent('a', 'pre-vote')[0]?.message['attempt']);
    const question = preVote(6, { lastIndex: 2, lastTerm: 4, attempt });
    expect(stage.sent('a', 'pre-vote').slice(0, 2)).toEqual(['b', 'c'].map((to) => ({ to, message: question })));
    expect(stage.core('a').hardState).toMatchObject({ term: 5, vote: null });
    stage.hear('a', 'c', { type: 'pre-vote-reply', term: 6, attempt, granted: true });
    expect(stage.core('a').hardState).toMatchObject({ term: 6, vote: 'a' });
    const request = vote(6, { lastIndex: 2, lastTerm: 4 });
    expect(stage.sent('a', 'vote')).toEqual(['b', 'c'].map((to) => ({ to, message: request })));
  });

  test('Q6: a candidate that nobody answers asks again in its term, gives up, and tries the next term', () => {
    const stage = playing('candidate');
    stage.run(300);
    expect(stage.sent('a', 'vote').map(({ message }) => message['term'])).toEqual([5, 5, 5, 5]);
    stage.run(700);
    expect(stage.core('a').role).toBe('pre-candidate');
    expect(stage.term('a')).toBe(5);
    const attempt = Number(stage.sent('a', 'pre-vote').at(-1)?.message['attempt']);
    stage.hear('a', 'b', { type: 'pre-vote-reply', term: 6, attempt, granted: true });
    expect(stage.core('a').hardState).toMatchObject({ term: 6, vote: 'a' });
    expect(stage.core('a').role).toBe('candidate');
  });

  test('Q6: who failed waits for a time of its own: between once and twice the same, and two are seldom close', () => {
    const waits: number[] = [];
    let close = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const own = Object.keys(five).map((id, at) => waitAfterFailure(id, seed * 100 + at));
      waits.push(...own);
      const [first = 0, second = 0] = own.toSorted((one, other) => one - other);
      if (second - first < 5) close++;
    }
    const [least, most] = [Math.min(...waits), Math.max(...waits)];
    expect(most - least).toBeGreaterThan(0.9 * 160);
    expect(most - least).toBeLessThanOrEqual(160);
    expect(new Set(waits.map((wait) => Math.floor((wait - least) / 20))).size).toBe(8);
    expect(close / 60).toBeLessThan(0.3);
  });

  /** From its last unanswered question to the first of the next try. */
  function waitAfterFailure(id: string, seed: number): number {
    const stage = new Witnessed(five, { options: { seed } });
    for (const other of stage.actors.keys()) if (other !== id) stage.crash(other);
    stage.run(2000);
    const asked = (attempt: number): readonly number[] =>
      stage.told.flatMap(({ id: by, atMs, effect }) => {
        const question = effect.type === 'send' ? (effect.message as { type: string; attempt?: number }) : null;
        return by === id && question?.type === 'pre-vote' && question.attempt === attempt ? [atMs] : [];
      });
    return (asked(2)[0] ?? 0) - (asked(1)[0] ?? 0);
  }

  test('Q1: being told to campaign changes nothing for a leader, nor for one whose leader is there', () => {
    const stage = new Witnessed(three);
    stage.settle();
    const before = ['a', 'b'].map((id) => stage.state(id));
    stage.forget();
    for (const id of ['a', 'b']) stage.feed(id, { type: 'campaign' });
    expect(['a', 'b'].map((id) => stage.state(id))).toEqual(before);
    expect(stage.told.filter(({ effect }) => effect.type === 'send')).toEqual([]);
  });
});

describe('hearing a leader', () => {
  const messages = { heartbeat: heartbeat(7), append: append(7, [0, 0]) };
  const cases = playedRoles.flatMap((role) => (['heartbeat', 'append'] as const).map((type) => [role, type] as const));

  test.each(cases)(
    'Q1: a %s that hears by %s of the leader of a later term enters that term, and follows',
    (role, type) => {
      const stage = playing(role);
      stage.hear('a', 'c', messages[type]);
      stage.hear('a', 'c', heartbeat(7));
      expect(stage.core('a').hardState).toMatchObject({ term: 7, vote: null });
      expect(stage.core('a').role).toBe('follower');
      expect(stage.core('a').leader()).toEqual({ id: 'c', term: 7 });
    },
  );

  test.each(['heartbeat', 'append'] as const)(
    'Q1: a candidate that hears by %s of the leader of its own term is one no more, and follows',
    (type) => {
      const stage = playing('candidate');
      stage.hear('a', 'c', { ...messages[type], term: 5 });
      stage.hear('a', 'b', voteReply(5));
      expect(stage.core('a').role).not.toMatch(/^(candidate|leader)$/);
      stage.hear('a', 'c', heartbeat(5));
      expect(stage.core('a').role).toBe('follower');
      expect(stage.core('a').hardState).toMatchObject({ term: 5, vote: 'a' });
    },
  );

  test('Q4: a candidate that concedes takes over the log of the leader', () => {
    const stage = new Witnessed({ b: 1, a: 1, c: 1 });
    stage.isolate('a');
    stage.run(3000);
    expect(stage.leading()).toEqual(['b']);
    expect(stage.core('a').role).toBe('pre-candidate');
    stage.append('b', 'x');
    stage.run(100);
    stage.healAll();
    stage.run(200);
    expect(stage.core('a').role).toBe('follower');
    expect(stage.core('a').leader()).toEqual(stage.core('b').leader());
    expect(stage.values('a')).toEqual(['x']);
    expect(stage.state('a')).toMatchObject({ log: stage.log('b'), commit: stage.core('b').commitIndex });
  });
});
