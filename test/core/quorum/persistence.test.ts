// What must not be forgotten, and when it may be said: Raft §5, Ongaro §10.2.1; MIT 6.5840 3C.
import { describe, expect, test } from 'vitest';
import { configurationOf } from './stage.ts';
import { Witnessed, append, appendReply, five, heartbeat, playing, three, vote, voteReply } from './witnessed.ts';

const matches = (stage: Witnessed, to: string): readonly unknown[] =>
  stage.sent('a', 'append-reply', to).map(({ message }) => message['match']);

describe('who leads', () => {
  test('Q10: is told when its term is durable: after a crash nobody is led by an earlier one again', () => {
    const stage = new Witnessed(three);
    stage.runUntil(() => stage.core('b').leader() !== null, 1000);
    const before = stage.core('b').leader();
    expect(before).toEqual({ id: 'a', term: 1 });
    stage.isolate('b');
    stage.actor('b').writeMs = Infinity;
    stage.hear('b', 'c', heartbeat(2));
    expect(stage.core('b').hardState.term).toBe(2);
    expect(stage.core('b').leader()).toEqual(before);
    stage.write('b');
    expect(stage.core('b').leader()).toEqual({ id: 'c', term: 2 });
  });

  test('Q10: whoever was told of before stands no longer than what was promised to that one', () => {
    const stage = new Witnessed({ ...configurationOf(three), learners: ['f'] });
    stage.runUntil(() => stage.core('f').leader() !== null, 1000);
    stage.actor('f').writeMs = Infinity;
    stage.crash('a');
    stage.run(10_000);
    expect(stage.leading()).not.toEqual([]);
    expect(stage.core('f').leader()).toBeNull();
    stage.write('f');
    stage.run(2000);
    expect(stage.core('f').leader()?.id).toBe(stage.leading()[0]);
  });

  test('Q10: whoever led itself tells of nobody until then', () => {
    const stage = new Witnessed(three);
    stage.runUntil(() => stage.core('a').role === 'leader', 1000);
    stage.isolate('a');
    stage.actor('a').writeMs = Infinity;
    stage.hear('a', 'c', heartbeat(2));
    expect(stage.core('a').leader()).toBeNull();
    stage.write('a');
    expect(stage.core('a').leader()).toEqual({ id: 'c', term: 2 });
  });
});

describe('a vote', () => {
  test('Q3: is told only when it is durable, and is still there after a restart', () => {
    const stage = new Witnessed(three);
    stage.actor('b').writeMs = Infinity;
    stage.cut('a', 'c');
    stage.run(100);
    expect(stage.core('b').hardState).toMatchObject({ term: 1, vote: 'a' });
    expect(stage.sent('b', 'vote-reply')).toEqual([]);
    stage.write('b');
    expect(stage.sent('b', 'vote-reply').length).toBeGreaterThan(0);
    stage.crash('b');
    stage.restart('b');
    stage.isolate('b');
    stage.run(400);
    stage.hear('b', 'c', vote(1, { lastTerm: 0 }));
    expect(stage.sent('b', 'vote-reply').at(-1)).toEqual({ to: 'c', message: voteReply(1, false) });
  });

  test('Q3: of a candidate for itself counts only when it is durable', () => {
    const stage = new Witnessed(three);
    stage.actor('a').writeMs = Infinity;
    stage.run(100);
    expect(stage.core('a').role).toBe('candidate');
    expect(stage.sent('a', 'vote')).toEqual([]);
    for (const id of ['b', 'c']) stage.hear('a', id, voteReply(1));
    expect(stage.core('a').role).toBe('candidate');
    stage.write('a');
    expect(stage.core('a').role).toBe('leader');
  });

  test('Q1: of a candidate for itself that becomes durable after the election was lost elects nobody', () => {
    const stage = new Witnessed({ a: 1, b: 1, c: 1, d: 1 });
    stage.actor('a').writeMs = Infinity;
    stage.run(100);
    for (const id of ['b', 'c']) stage.hear('a', id, voteReply(1));
    stage.hear('a', 'd', heartbeat(1));
    stage.write('a');
    expect(stage.core('a').role).toBe('follower');
    expect(stage.core('a').leader()).toEqual({ id: 'd', term: 1 });
  });

  test('Q1: of a candidate for itself in an earlier term does not count in the next one', () => {
    const stage = new Witnessed(three, { isHeld: true });
    stage.actor('a').writeMs = Infinity;
    for (const id of ['b', 'c']) stage.crash(id);
    stage.hear('a', 'b', { type: 'pre-vote-reply', term: 1, attempt: 1, granted: true });
    stage.runUntil(() => stage.core('a').role === 'pre-candidate', 5000);
    const attempt = Number(stage.sent('a', 'pre-vote').at(-1)?.message['attempt']);
    stage.hear('a', 'b', { type: 'pre-vote-reply', term: 2, attempt, granted: true });
    stage.hear('a', 'b', voteReply(2));
    expect(stage.core('a').hardState).toMatchObject({ term: 2, vote: 'a' });
    stage.feed('a', { type: 'persisted', upTo: stage.actor('a').disk.writeOne() }); // the vote of term 1
    expect(stage.core('a').role).toBe('candidate');
    stage.write('a');
    expect(stage.core('a').role).toBe('leader');
  });
});

describe('entries', () => {
  test('Q5: a follower has what is durable, and says so when it is', () => {
    const stage = playing('follower');
    stage.actor('a').writeMs = Infinity;
    stage.hear('a', 'b', append(5, [0, 0], [5, 5]));
    expect(matches(stage, 'b')).toEqual([]);
    stage.hear('a', 'b', append(5, [2, 5], [5]));
    stage.feed('a', { type: 'persisted', upTo: stage.actor('a').disk.writeOne() });
    expect(matches(stage, 'b')).toEqual([2]);
    stage.write('a');
    expect(matches(stage, 'b')).toEqual([2, 3]);
  });

  test('Q5: entries that took the place of others are durable when they are themselves, not when those were', () => {
    const stage = playing('follower', five);
    stage.actor('a').writeMs = Infinity;
    stage.hear('a', 'b', append(5, [0, 0], [5, 5, 5]));
    stage.hear('a', 'c', append(6, [1, 5], [6, 6]));
    stage.hear('a', 'b', append(7, [1, 5], [7, 7]));
    const { disk } = stage.actor('a');
    const done: unknown[] = [];
    while (disk.writes.length > 0) {
      const last = disk.writes.length === 1;
      stage.feed('a', { type: 'persisted', upTo: disk.writeOne() });
      if (!last) done.push(...stage.sent('a', 'append-reply', 'b').filter(({ message }) => message['term'] === 7));
    }
    expect(done).toEqual([]);
    expect(stage.sent('a', 'append-reply', 'b').at(-1)?.message).toEqual(appendReply(7, 3));
    expect(disk.load()?.log.entries.map(({ term }) => term)).toEqual([5, 7, 7]);
  });

  test('Q5: a leader’s own copy counts when it is durable, and not what became durable of what it had before', () => {
    const stage = playing('leader');
    stage.actor('a').writeMs = Infinity;
    stage.append('a', 'x');
    const own = stage.core('a').lastIndex;
    stage.hear('a', 'c', append(6, [0, 0], [6]));
    stage.hear('a', 'c', heartbeat(6));
    stage.hear('a', 'c', { type: 'timeout-now', term: 6, round: 1 });
    stage.write('a');
    stage.actor('a').writeMs = Infinity;
    stage.hear('a', 'c', voteReply(7));
    expect(stage.core('a').role).toBe('leader');
    const { lastIndex } = stage.core('a');
    stage.feed('a', { type: 'persisted', upTo: 1 });
    stage.hear('a', 'b', appendReply(7, lastIndex));
    expect(own).toBeGreaterThan(0);
    expect(stage.core('a').commitIndex).toBe(0);
    stage.write('a');
    expect(stage.core('a').commitIndex).toBe(lastIndex);
  });

  test('Q5: a leader commits by the disks of the others while its own is busy', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.actor('a').writeMs = Infinity;
    stage.append('a', 'x');
    stage.run(100);
    expect(stage.values('a')).toEqual(['x']);
    stage.actor('b').writeMs = Infinity;
    stage.append('a', 'y');
    stage.run(100);
    expect(stage.values('a')).toEqual(['x']);
  });
});

describe('a restart', () => {
  test('Q3: a promise longer than any before is durable before it is given', () => {
    const stage = playing('follower');
    stage.actor('a').writeMs = Infinity;
    stage.hear('a', 'b', heartbeat(5, { round: 50, leaseMs: 3000 }));
    const rounds = (): unknown[] => stage.sent('a', 'heartbeat-reply').map(({ message }) => message['round']);
    expect(rounds()).not.toContain(50);
    stage.write('a');
    expect(rounds()).toContain(50);
    expect(stage.core('a').hardState.promisedMs).toBeGreaterThanOrEqual(3000);
  });

  test('Q3: a restarted member neither votes nor campaigns as long as it may have promised', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.crash('b');
    stage.restart('b');
    const { term, promisedMs } = stage.core('b').hardState;
    stage.isolate('b');
    stage.run(promisedMs - 1);
    stage.hear('b', 'c', vote(term + 1));
    expect(stage.term('b')).toBe(term);
    expect(stage.core('b').role).toBe('follower');
    stage.run(2);
    stage.hear('b', 'c', vote(term + 1));
    expect(stage.core('b').hardState).toMatchObject({ term: term + 1, vote: 'c' });
  });

  test('Q6: a restarted follower finds its leader, and no election takes place', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.append('a', 'x');
    stage.run(100);
    for (let times = 0; times < 3; times++) {
      stage.crash('c');
      stage.run(700);
      stage.restart('c');
      stage.run(300);
    }
    expect(stage.agreed(['a', 'b', 'c'])).toBe('a');
    expect(stage.term('a')).toBe(1);
    expect(stage.sent('c', 'pre-vote')).toEqual([]);
  });

  test('Q5: it learns what is committed, and is answered when it reads, though nothing is appended any more', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.append('a', 'x');
    stage.run(100);
    stage.crash('c');
    stage.restart('c');
    stage.feed('c', { type: 'read', ticket: 1 });
    stage.run(500);
    expect(stage.values('c')).toEqual(['x', 'x']); // once in each life
    expect(stage.of('c', 'read')).toEqual([{ type: 'read', ticket: 1 }]);
  });
});

describe('crashes of all', () => {
  test('Q5: what was committed is there after one, a few and all have crashed', () => {
    const stage = new Witnessed(three);
    const write = (value: string): void => {
      expect(stage.runUntil(() => stage.leading().length === 1, 5000)).toBe(true);
      stage.append(stage.leading()[0] ?? 'a', value);
      stage.run(300);
    };
    write('1');
    for (const down of [['a', 'b', 'c'], ['a'], ['b'], ['b', 'c'], ['a', 'c']]) {
      for (const id of down) stage.crash(id);
      stage.run(600);
      for (const id of down) stage.restart(id);
      write(`${stage.values('a').length}`);
    }
    stage.run(2000);
    const logs = ['a', 'b', 'c'].map((id) => stage.committed(id));
    expect(logs[0]).toHaveLength(6);
    expect(logs[1]).toEqual(logs[0]);
    expect(logs[2]).toEqual(logs[0]);
  });

  test('Q5: appends go on while members crash and come back in turn, two at most at a time of five', () => {
    const stage = new Witnessed(five);
    const ids = ['a', 'b', 'c', 'd', 'e'];
    let count = 0;
    for (let round = 0; round < 5; round++) {
      for (const [at, id] of ids.entries()) {
        expect(stage.runUntil(() => stage.leading().length === 1, 10_000)).toBe(true);
        stage.append(stage.leading()[0] ?? id, `${count++}`);
        stage.run(200);
        stage.crash(id);
        const back = ids[(at + 3) % 5] as string;
        if (stage.actor(back).state === 'down') stage.restart(back);
      }
    }
    for (const id of ids) if (stage.actor(id).state === 'down') stage.restart(id);
    expect(stage.runUntil(() => stage.agreed(ids) !== null, 10_000)).toBe(true);
    stage.run(3000);
    const expected = stage.committed('a');
    expect(new Set(expected).size).toBe(expected.length);
    for (const id of ids) expect(stage.committed(id)).toEqual(expected);
    for (const { id, effect } of stage.told) {
      if (effect.type === 'commit')
        for (const { value } of effect.entries) expect([id, expected.includes(value)]).toEqual([id, true]);
    }
  });

  test('Q5: of a leader cut off with one follower, both of which crash and come back alone, nothing is lost', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.append('a', '101');
    stage.run(100);
    stage.isolate('c');
    stage.append('a', '102');
    stage.run(100);
    for (const id of ['a', 'b']) stage.crash(id);
    stage.healAll();
    stage.restart('a');
    stage.run(5000);
    expect(stage.agreed(['a', 'c'])).toBe('a'); // c does not have 102
    stage.append('a', '103');
    stage.run(300);
    stage.restart('b');
    stage.run(1000);
    for (const id of ['a', 'b', 'c']) expect(stage.committed(id)).toEqual(['101', '102', '103']);
  });
});
