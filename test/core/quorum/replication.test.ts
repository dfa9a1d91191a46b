// How the followers' logs become the leader's: Raft §5.3.
import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/core/random.ts';
import { configurationOf, StageDisk } from './stage.ts';
import { Witnessed, append, appendReply, heartbeat, playing, three } from './witnessed.ts';

type Numbers = readonly number[];
type Place = readonly [index: number, term: number];

describe('a follower', () => {
  test.each<[Numbers, Place, Numbers, Numbers]>([
    [[], [0, 0], [], []],
    [[], [0, 0], [1, 2], [1, 2]],
    [[1, 2], [2, 2], [3], [1, 2, 3]],
    [
      [1, 2],
      [1, 1],
      [3, 4],
      [1, 3, 4],
    ],
    [[1, 2], [0, 0], [1], [1, 2]],
    [
      [1, 2],
      [0, 0],
      [1, 2, 3],
      [1, 2, 3],
    ],
    [[1, 2], [0, 0], [3], [3]],
    [[1, 1, 1, 2, 2], [3, 1], [3], [1, 1, 1, 3]],
    [[1, 2], [2, 2], [], [1, 2]],
  ])('Q4: that has %j, and is sent what comes after %j: %j, then has %j', (log, prev, entries, after) => {
    const stage = playing('follower', three, log);
    stage.hear('a', 'b', append(5, prev, entries));
    expect(stage.log('a')).toEqual(after);
    expect(stage.sent('a', 'append-reply')).toEqual([{ to: 'b', message: appendReply(5, prev[0] + entries.length) }]);
    stage.crash('a');
    stage.restart('a');
    expect(stage.log('a')).toEqual(after);
  });

  test.each<[Numbers, Place, Place]>([
    [[], [1, 1], [0, 0]],
    [
      [1, 2],
      [3, 3],
      [2, 2],
    ],
    [
      [1, 2],
      [2, 4],
      [2, 2],
    ],
    [
      [1, 3],
      [2, 2],
      [1, 1],
    ],
    [
      [1, 3, 3, 3],
      [4, 2],
      [1, 1],
    ],
    [
      [1, 1, 4, 4],
      [9, 5],
      [4, 4],
    ],
  ])(
    'Q4: that has %j refuses what comes after %j, and says that they may agree at %j',
    (log, [prevIndex, prevTerm], [hintIndex, hintTerm]) => {
      const stage = playing('follower', three, log);
      stage.hear('a', 'b', append(5, [prevIndex, prevTerm], [5]));
      expect(stage.log('a')).toEqual(log);
      const message = { type: 'append-rejected', term: 5, prevIndex, hintIndex, hintTerm };
      expect(stage.sent('a', 'append-rejected')).toEqual([{ to: 'b', message }]);
    },
  );

  test.each<[Numbers, Place, Numbers, number, number]>([
    [[1, 2], [0, 0], [], 2, 0],
    [[1, 2], [1, 1], [], 2, 1],
    [[1, 2], [2, 2], [], 9, 2],
    [[1, 2], [1, 1], [3], 9, 2],
    [[1, 2], [2, 2], [3, 3], 3, 3],
    [[1, 2], [9, 5], [], 2, 0],
  ])(
    'Q4: that has %j, is sent what comes after %j: %j, and hears that %i is committed, commits %i',
    (log, prev, entries, commit, after) => {
      const stage = playing('follower', three, log);
      stage.hear('a', 'b', append(5, prev, entries, commit));
      expect(stage.core('a').commitIndex).toBe(after);
    },
  );

  test('Q4: commits by a heartbeat no further than what it knows to be the leader’s, and never goes back', () => {
    const stage = playing('follower', three, [1, 2, 3]);
    const commitAfter = (commit: number, round: number): number => {
      stage.hear('a', 'b', heartbeat(5, { round, commit }));
      return stage.core('a').commitIndex;
    };
    expect(commitAfter(3, 2)).toBe(0);
    stage.hear('a', 'b', append(5, [2, 2]));
    expect(commitAfter(1, 3)).toBe(1);
    expect(commitAfter(3, 4)).toBe(2);
    expect(commitAfter(0, 5)).toBe(2);
    expect(commitAfter(1, 6)).toBe(2);
  });

  test('Q4: that missed the news of a commit hears of it with the next heartbeat', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.append('a', 'first');
    stage.run(100);
    stage.isHolding = true;
    stage.append('a', 'x');
    for (const id of ['b', 'c']) for (const letter of stage.take('a', id)) stage.deliver(letter);
    for (const id of ['b', 'c']) for (const letter of stage.take(id, 'a')) stage.deliver(letter);
    expect(stage.values('a')).toEqual(['first', 'x']);
    stage.letters = []; // the news
    stage.isHolding = false;
    expect(stage.values('b')).toEqual(['first']);
    stage.run(140);
    expect(stage.values('b')).toEqual(['first', 'x']);
  });

  test('Q4: what is committed is never replaced, whoever says so', () => {
    const stage = playing('follower', three, [1, 2]);
    stage.hear('a', 'b', append(5, [2, 2], [5], 3));
    expect(stage.core('a').commitIndex).toBe(3);
    stage.hear('a', 'b', append(5, [1, 1], [4], 0));
    stage.hear('a', 'c', append(6, [0, 0], [6], 0));
    expect(stage.log('a')).toEqual([1, 2, 5]);
    expect(stage.of('a', 'bad-message').map(({ code }) => code)).toEqual(['impossible', 'impossible']);
  });

  test('Q11: entries that come late, of a leader that is no more, change nothing, and it is told', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.isHolding = true;
    stage.append('a', 'x');
    const late = stage.take('a', 'c');
    expect(late.length).toBeGreaterThan(0);
    stage.isHolding = false;
    stage.isolate('a');
    stage.run(1000);
    stage.append('b', 'y');
    stage.run(300);
    const before = stage.state('c');
    stage.healAll();
    stage.forget();
    for (const letter of late) stage.deliver(letter);
    expect(stage.state('c')).toEqual(before);
    expect(stage.sent('c', 'stale', 'a').map(({ message }) => message['term'])).toContain(stage.term('b'));
  });
});

describe('the leader', () => {
  test('Q4: sends what is appended to all at once, behind what they have, and what is committed with it', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.append('a', 'first');
    stage.run(300);
    const { lastIndex, commitIndex } = stage.core('a');
    stage.forget();
    stage.append('a', 'x');
    for (const to of ['b', 'c']) {
      const [message, ...more] = stage.sent('a', 'append', to).map((sent) => sent.message);
      expect(more).toEqual([]);
      expect(message).toMatchObject({ term: 1, prevIndex: lastIndex, prevTerm: 1, commit: commitIndex });
      expect(message?.['entries']).toMatchObject([{ type: 'value', term: 1, value: 'x' }]);
    }
  });

  test('Q4: brings learners up to date like voters', () => {
    const stage = new Witnessed({ ...configurationOf(three), learners: ['l'] });
    stage.settle();
    stage.append('b', 'x');
    stage.run(300);
    expect(stage.values('l')).toEqual(['x']);
    expect(stage.log('l')).toEqual(stage.log('a'));
  });

  test('Q4: that was elected over newer entries of a minority writes over them', () => {
    // c had 4 to itself; a and b do not know of it, and a is elected by b and d in 5.
    const stage = new Witnessed(
      { a: 1, b: 1, c: 1, d: 1, e: 1 },
      {
        stored: {
          a: { term: 4, log: [1, 3] },
          b: { term: 4, log: [1, 3] },
          c: { term: 4, log: [1, 4] },
          d: { term: 4, log: [1] },
          e: { term: 4, log: [1] },
        },
      },
    );
    stage.isolate('c');
    stage.settle();
    stage.healAll();
    stage.run(500);
    expect(stage.agreed(['a', 'b', 'c', 'd', 'e'])).toBe('a');
    for (const id of ['a', 'b', 'c', 'd', 'e']) expect([id, stage.log(id)]).toEqual([id, [1, 3, 5]]);
  });

  test('Q4: finds where logs agree a term at a time, not an entry at a time', () => {
    const random = new Random(7);
    const grow = (from: number, count: number, terms: Numbers): number[] => {
      let at = 0;
      return Array.from({ length: count }, () => {
        if (random.next() < 0.15 && at < terms.length - 1) at++;
        return terms[at] ?? from;
      });
    };
    for (let round = 0; round < 60; round++) {
      const shared = Array.from({ length: Math.floor(random.between(0, 20)) }, () => 1);
      const leaders = [...shared, ...grow(1, Math.floor(random.between(1, 60)), [2, 4, 6, 8, 10])];
      const others = [...shared, ...grow(1, Math.floor(random.between(0, 60)), [3, 5, 7, 9])];
      const stage = new Witnessed(
        { a: 2, b: 1 },
        { stored: { a: { term: 10, log: leaders }, b: { term: 9, log: others } } },
      );
      stage.settle();
      expect(stage.log('b')).toEqual(stage.log('a'));
      const terms = new Set([...leaders, ...others]).size;
      expect(stage.sent('b', 'append-rejected').length).toBeLessThanOrEqual(terms);
    }
  });

  test('Q11: comes to the same logs, however its messages and the answers are shuffled, doubled and delayed', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = new Random(seed);
      const stored = {
        a: { term: 4, log: [1, 2, 2, 4, 4] },
        b: { term: 3, log: [1, 3, 3, 3] },
        c: { term: 1, log: [1] },
      };
      const stage = new Witnessed({ a: 3, b: 1, c: 1 }, { stored, limits: { maxBatchEntries: 1 } });
      stage.run(1);
      stage.isHolding = true;
      for (let round = 0; round < 30; round++) {
        stage.append('a', `${round}`);
        const letters = stage.letters.splice(0);
        for (let count = letters.length; count > 0; count--) {
          const letter = letters[Math.floor(random.next() * letters.length)];
          if (letter !== undefined) stage.deliver(letter);
        }
        stage.run(3);
      }
      stage.isHolding = false;
      stage.run(3000);
      expect(stage.told.filter(({ effect }) => effect.type === 'bad-message')).toEqual([]);
      for (const id of ['b', 'c']) expect([seed, stage.log(id)]).toEqual([seed, stage.log('a')]);
      expect(stage.values('b')).toEqual(Array.from({ length: 30 }, (_, at) => `${at}`));
    }
  });
});

describe('a disk that lost what was durable', () => {
  function fiveAppended(): Witnessed {
    const stage = new Witnessed(three);
    stage.settle();
    for (let n = 0; n < 5; n++) stage.append('a', `${n}`);
    stage.run(500);
    stage.forget();
    return stage;
  }

  test('Q11: is found by the leader, which says so once, and sends all of the log again', () => {
    const stage = fiveAppended();
    const { hardState } = stage.core('b');
    stage.crash('b');
    stage.actor('b').disk = new StageDisk({ hardState, snapshot: null, log: { from: 1, entries: [] } });
    stage.restart('b');
    stage.run(3000);
    expect(stage.leading()).toEqual(['a']);
    expect(stage.log('b')).toEqual(stage.log('a'));
    expect(stage.values('b')).toEqual(['0', '1', '2', '3', '4']);
    expect(stage.of('a', 'bad-message').map(({ from, code, reason }) => [from, code, reason])).toEqual([
      ['b', 'impossible', 'has lost entries that it had acknowledged: its storage is damaged'],
    ]);
  });

  test('Q11: is not suspected for answers that come late, while others show that all is there', () => {
    const stage = fiveAppended();
    for (let n = 0; n < 20; n++) {
      const prevIndex = stage.core('a').lastIndex;
      const term = stage.term('a');
      stage.hear('a', 'b', { type: 'append-rejected', term, prevIndex, hintIndex: 1, hintTerm: term });
      stage.append('a', `more ${n}`);
      stage.run(200);
    }
    expect(stage.of('a', 'bad-message')).toEqual([]);
  });
});
