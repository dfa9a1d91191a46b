// Handing leadership over: Ongaro §3.10.
import { describe, expect, test } from 'vitest';
import { configurationOf } from './stage.ts';
import { Witnessed, appendReply, heartbeatReply, playing, three, vote } from './witnessed.ts';

const seven: Readonly<Record<string, number>> = { a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1 };

describe('to a member that is up to date', () => {
  test.each(['b', 'c'])(
    'Q9: takes one and a half round trips, and nobody leads before the leader has stopped, to %s',
    (heir) => {
      const stage = new Witnessed(three);
      stage.settle();
      stage.forget();
      stage.feed('a', { type: 'transfer', to: heir });
      expect(stage.leading()).toEqual([]);
      stage.run(16);
      expect(stage.leading()).toEqual([heir]);
      expect(stage.term(heir)).toBe(2);
      const told = stage.told
        .filter(({ effect }) => effect.type === 'leader')
        .map(({ id, effect }) => ({ id, effect }));
      expect(told[0]).toEqual({ id: 'a', effect: { type: 'leader', leader: null } });
      stage.run(100);
      expect(stage.agreed(['a', 'b', 'c'])).toBe(heir);
    },
  );

  test('Q9: and back again, as often as one likes', () => {
    const stage = new Witnessed(three);
    stage.settle();
    for (const [from, to] of [
      ['a', 'b'],
      ['b', 'a'],
      ['a', 'c'],
      ['c', 'b'],
      ['b', 'a'],
    ] as const) {
      stage.feed(from, { type: 'transfer', to });
      stage.run(300);
      expect(stage.agreed(['a', 'b', 'c'])).toBe(to);
    }
    expect(stage.term('a')).toBe(6);
  });

  test('Q9: of seven, chosen or not', () => {
    const stage = new Witnessed(seven);
    stage.settle();
    stage.feed('a', { type: 'transfer', to: 'g' });
    stage.run(300);
    expect(stage.agreed(Object.keys(seven))).toBe('g');
    stage.feed('g', { type: 'transfer' });
    stage.run(300);
    expect(stage.leading()).toHaveLength(1);
    expect(stage.leading()).not.toEqual(['g']);
  });

  test('Q5: while everybody appends, nothing is lost or doubled', () => {
    const stage = new Witnessed(seven);
    stage.settle();
    let count = 0;
    const ids = Object.keys(seven);
    for (let round = 0; round < 20; round++) {
      for (const id of ids) stage.append(id, `${count++}`);
      const [leader] = stage.leading();
      if (round % 4 === 3 && leader !== undefined) stage.feed(leader, { type: 'transfer' });
      stage.run(10);
    }
    stage.run(3000);
    for (const id of ids) {
      expect(stage.values(id)).toEqual(stage.values('a'));
      expect(stage.of(id, 'append-failed')).toEqual([]);
    }
    expect(new Set(stage.values('a')).size).toBe(count);
    expect(stage.values('a')).toHaveLength(count);
  });
});

describe('to one that is not', () => {
  test('Q9: waits until the heir has the whole log', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.actor('c').writeMs = 60;
    stage.append('a', 'x');
    stage.feed('a', { type: 'transfer', to: 'c' });
    expect(stage.leading()).toEqual(['a']);
    stage.run(400);
    expect(stage.leading()).toEqual(['c']);
    expect(stage.values('c')).toEqual(['x']);
  });

  test('Q9: to one a thousand entries behind, it gets them first', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.isolate('c');
    stage.append('a', ...Array.from({ length: 1000 }, (_, at) => `${at}`));
    stage.run(450);
    stage.healAll();
    stage.run(160); // it has been heard again
    stage.feed('a', { type: 'transfer', to: 'c' });
    stage.run(300);
    expect(stage.agreed(['a', 'b', 'c'])).toBe('c');
    expect(stage.values('c')).toHaveLength(1000);
  });

  test('Q9: to one that needs a snapshot, it gets that first', () => {
    const later: (() => void)[] = [];
    const stage = new Witnessed(three, {
      limits: { snapshotEntries: 20, keptEntries: 2 },
      onEffect: (id, effect) => {
        if (effect.type !== 'snapshot-wanted') return;
        later.push(() => stage.feed(id, { type: 'snapshot', index: effect.index, data: 'state' }));
      },
    });
    stage.settle();
    stage.isolate('c');
    stage.append('a', ...Array.from({ length: 50 }, (_, at) => `${at}`));
    stage.run(300);
    for (const act of later.splice(0)) act();
    expect(stage.core('a').firstIndex).toBeGreaterThan(20);
    stage.heal('a', 'c');
    stage.heal('c', 'a');
    expect(stage.runUntil(() => stage.core('a').canTransfer('c'), 1000)).toBe(true);
    stage.feed('a', { type: 'transfer', to: 'c' });
    stage.healAll();
    stage.run(500);
    expect(stage.agreed(['a', 'b', 'c'])).toBe('c');
    expect(stage.of('c', 'snapshot-installed')).toHaveLength(1);
  });

  test('Q9: one that does not catch up: the leader goes on leading in its term, and takes what was appended meanwhile', () => {
    const stage = new Witnessed(three);
    stage.settle();
    for (const id of ['a', 'b']) stage.append(id, 'first');
    stage.run(200);
    stage.forget();
    stage.actor('c').writeMs = Infinity;
    stage.append('a', 'x');
    stage.feed('a', { type: 'transfer', to: 'c' });
    stage.append('a', 'meanwhile');
    stage.append('b', 'as well');
    stage.run(100);
    expect(stage.values('a')).toEqual(['x']);
    for (let step = 0; step < 200; step++) {
      stage.run(10);
      expect(stage.leading()).toEqual(['a']);
    }
    expect(stage.values('b').toSorted()).toEqual(['as well', 'meanwhile', 'x']);
    expect(stage.sent('a', 'timeout-now')).toEqual([]);
    expect(stage.term('a')).toBe(1);
  });

  test('Q9: while one is waited for, asking again prolongs nothing, and asking for another is heard afterwards', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.actor('c').writeMs = Infinity;
    stage.append('a', 'x');
    for (let times = 0; times < 10; times++) {
      stage.feed('a', { type: 'transfer', to: 'c' });
      stage.feed('a', { type: 'transfer', to: 'b' });
      stage.run(30);
      expect(stage.leading()).toEqual(['a']);
    }
    stage.run(40); // its patience was counted from the first time
    stage.feed('a', { type: 'transfer', to: 'b' });
    stage.run(300);
    expect(stage.leading()).toEqual(['b']);
  });

  test('Q9: to a member that is gone changes the leader to whoever can lead, under a higher term', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.crash('c');
    stage.feed('a', { type: 'transfer', to: 'c' });
    stage.run(3000);
    expect(stage.leading()).toHaveLength(1);
    expect(stage.term(stage.leading()[0] ?? 'a')).toBeGreaterThan(1);
  });

  test('Q9: one that is taken out of the configuration while it is waited for: the leader leads on, without it', () => {
    const stage = new Witnessed({ a: 1, b: 1, c: 1, d: 1, e: 1 }, { limits: { missingMs: 2000 } });
    stage.settle();
    stage.tellMembers('a', 'b', 'c', 'd', 'e');
    stage.actor('c').writeMs = Infinity;
    stage.append('a', 'x');
    stage.feed('a', { type: 'transfer', to: 'c' });
    for (const id of ['a', 'b', 'd', 'e']) stage.feed(id, { type: 'departed', peer: 'c' });
    stage.crash('c');
    for (let step = 0; step < 300; step++) {
      stage.run(10);
      expect(stage.leading()).toEqual(['a']);
    }
    expect(
      stage
        .core('b')
        .configuration.halves.flat()
        .map(({ id }) => id),
    ).not.toContain('c');
    expect(stage.values('e')).toEqual(['x']);
    expect(stage.sent('a', 'timeout-now')).toEqual([]);
  });
});

describe('to nobody', () => {
  test('Q9: to a stranger, a witness, a learner or oneself is not done', () => {
    const stage = new Witnessed({ ...configurationOf({ a: 1, b: 1, w: 1 }), learners: ['l'] });
    stage.settle();
    for (const to of ['x', 'w', 'l', 'a']) {
      expect(stage.core('a').canTransfer(to)).toBe(false);
      stage.feed('a', { type: 'transfer', to });
      expect(stage.leading()).toEqual(['a']);
    }
    expect(stage.core('a').canTransfer()).toBe(true);
  });

  test('Q9: by a single voter is not done, and it leads on', () => {
    const stage = new Witnessed({ a: 1 });
    expect(stage.core('a').canTransfer()).toBe(false);
    stage.feed('a', { type: 'transfer' });
    stage.run(1000);
    expect(stage.leading()).toEqual(['a']);
  });

  test('Q9: asked of a follower is not done', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.forget();
    stage.feed('b', { type: 'transfer', to: 'b' });
    stage.feed('b', { type: 'transfer' });
    stage.run(100);
    expect([stage.leading(), stage.term('a')]).toEqual([['a'], 1]);
    expect(stage.sent('b', 'timeout-now')).toEqual([]);
  });

  test('Q9: in line comes first who is most up to date, then of higher priority, then visible', () => {
    const stage = new Witnessed({ a: 1, b: 1, c: 1, d: 1 });
    stage.feed('a', { type: 'priority', priority: 5 });
    stage.feed('d', { type: 'priority', priority: 1 });
    stage.feed('b', { type: 'visible', visible: false });
    stage.run(1000);
    const order = (): unknown => stage.sent('a', 'heartbeat').at(-1)?.message['order'];
    expect(order()).toEqual(['d', 'c', 'b']);
    stage.actor('d').writeMs = Infinity;
    stage.append('a', 'x');
    stage.run(300);
    expect(order()).toEqual(['c', 'b', 'd']);
  });
});

test('Q6: one of higher priority that cannot be elected is handed the lead ever more rarely, whoever leads', () => {
  const stage = new Witnessed({ a: 1, b: 1, c: 1, d: 1, e: 1, f: 1 });
  for (const id of ['d', 'e', 'f']) stage.cut(id, 'c');
  stage.feed('c', { type: 'priority', priority: 2 });
  stage.run(200_000);
  const handedAtMs = stage.told
    .filter(({ effect }) => effect.type === 'send' && effect.message.type === 'timeout-now')
    .map(({ atMs }) => atMs);
  expect(handedAtMs.length).toBeGreaterThan(2);
  const givers = new Set(['a', 'b'].filter((id) => stage.sent(id, 'timeout-now').length > 0));
  expect(givers).toEqual(new Set(['a', 'b']));
  handedAtMs.slice(1).forEach((atMs, before) => {
    expect(atMs - handedAtMs[before]!).toBeGreaterThan(Math.min(64_000, 10 * 250 * 2 ** before));
  });
});

test('Q9: one of higher priority takes over after a steady second, which begins anew whenever it is not better', () => {
  const stage = new Witnessed(three);
  stage.settle();
  const [leader] = stage.leading();
  for (let times = 0; times < 5; times++) {
    stage.feed('c', { type: 'priority', priority: 1 });
    stage.run(800);
    stage.feed('c', { type: 'priority', priority: 0 });
    stage.run(400);
    expect(stage.leading()).toEqual([leader]);
  }
  stage.feed('c', { type: 'priority', priority: 1 });
  stage.run(900);
  expect(stage.leading()).toEqual([leader]);
  expect(stage.runUntil(() => stage.agreed(['a', 'b', 'c']) === 'c', 500)).toBe(true);
});

describe('what is released', () => {
  test('Q2: a leader that said "now" never gets its lease back, whatever answers arrive', () => {
    const stage = playing('leader');
    stage.hear('a', 'b', appendReply(5, 1));
    stage.hear('a', 'b', heartbeatReply(5, 1, 1));
    expect(stage.leading()).toEqual(['a']);
    stage.feed('a', { type: 'transfer', to: 'b' });
    expect(stage.sent('a', 'timeout-now', 'b')).toHaveLength(1);
    for (const id of ['b', 'c']) stage.hear('a', id, heartbeatReply(5, 1, 1));
    expect(stage.leading()).toEqual([]);
    stage.run(100);
    for (const id of ['b', 'c']) stage.hear('a', id, heartbeatReply(5, 2, 1));
    expect(stage.leading()).toEqual([]);
    expect(stage.core('a').role).not.toBe('leader');
  });

  test('Q11: a "now" that is delivered twice begins one campaign', () => {
    const stage = playing('follower');
    stage.hear('a', 'b', { type: 'timeout-now', term: 5, round: 1 });
    const votes = stage.sent('a', 'vote').length;
    stage.hear('a', 'b', { type: 'timeout-now', term: 5, round: 1 });
    expect(stage.term('a')).toBe(6);
    expect(stage.sent('a', 'vote')).toHaveLength(votes);
  });

  test('Q2: a "now" that names a round before one that its receiver promised in is not heeded by the voters', () => {
    const stage = playing('follower');
    stage.hear('a', 'b', { ...{ type: 'heartbeat', term: 5, round: 9, leaseMs: 250, rttMs: 5, commit: 0, order: [] } });
    stage.hear('a', 'c', vote(6, { released: { leader: 'b', term: 5, round: 8 } }));
    expect(stage.core('a').hardState).toMatchObject({ term: 5, vote: null });
    stage.hear('a', 'c', vote(6, { released: { leader: 'b', term: 5, round: 9 } }));
    expect(stage.core('a').hardState).toMatchObject({ term: 6, vote: 'c' });
  });

  test('Q7: a leader that waits for its heir and is told of a higher term is elected above that, and hands over no more', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.actor('b').writeMs = 100;
    stage.append('a', 'x');
    stage.feed('a', { type: 'transfer', to: 'b' });
    stage.hear('a', 'c', vote(9));
    for (let step = 0; step < 300; step++) {
      stage.run(5);
      expect(stage.leading()).toEqual(['a']);
    }
    expect(stage.term('a')).toBe(10);
    expect(stage.sent('a', 'timeout-now')).toEqual([]);
    stage.append('c', 'y');
    stage.run(500);
    expect(stage.values('c')).toEqual(['x', 'y']);
  });

  test('Q9: a leader that leaves right after it was told to hand over hands over all the same', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.feed('a', { type: 'transfer', to: 'c' });
    stage.feed('a', { type: 'leave' });
    stage.crash('a');
    stage.run(16);
    expect(stage.leading()).toEqual(['c']);
  });
});
