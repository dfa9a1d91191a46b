// Leases and promises, and what CheckQuorum becomes with them: Ongaro §6.2 and §6.4.
import { describe, expect, test } from 'vitest';
import type { RaftEffect } from '../../../src/core/quorum/events.ts';
import { Witnessed, five, heartbeat, heartbeatReply, playing, preVote, three, vote, voteReply } from './witnessed.ts';
import type { Told } from './witnessed.ts';

function isHeartbeat(effect: RaftEffect): boolean {
  return effect.type === 'send' && (effect.message as { type: string }).type === 'heartbeat';
}

/** Whom a tells that it leads, in order: itself, or nobody. */
const toldBy = (stage: Witnessed): readonly (string | null)[] =>
  stage.of('a', 'leader').map(({ leader }) => (leader === null ? null : `${leader.id} ${leader.term}`));

describe('whoever leads is the first to know', () => {
  test('F1: also where votes take longer than the lease that they promise', () => {
    const stage = new Witnessed(three, { delayMs: 150 });
    stage.runUntil(() => ['b', 'c'].every((id) => stage.readyAt(id) < Infinity), 10_000);
    expect(stage.sent('a', 'heartbeat', 'b')[0]?.message).toMatchObject({ isPending: true });
    for (const id of ['b', 'c']) expect(stage.readyAt(id)).toBeCloseTo(stage.readyAt('a') + 150, 3); // as soon as it can be
  });

  test('F1: and where they do not, nobody waits for more than the first heartbeat', () => {
    const stage = new Witnessed(three);
    stage.runUntil(() => stage.readyAt('b') < Infinity, 10_000);
    expect(stage.sent('a', 'heartbeat', 'b')[0]?.message).not.toHaveProperty('isPending');
    expect(stage.readyAt('b')).toBeCloseTo(stage.readyAt('a') + 5, 3);
  });
});

describe('a leader that was lost and is elected, but not ready,', () => {
  test('F1: in a term in which it was ready before, is told of, and not yet as ready', () => {
    const stage = new Witnessed(three, { isHeld: true });
    stage.hear('c', 'a', heartbeat(1));
    stage.run(3000);
    expect(stage.of('c', 'leader').at(-1)).toMatchObject({ leader: null });
    stage.forget();
    stage.hear('c', 'a', heartbeat(1, { round: 2, isPending: true }));
    expect(stage.of('c', 'leader')).toHaveLength(1);
    expect(stage.of('c', 'ready')).toEqual([]);
    stage.hear('c', 'a', heartbeat(1, { round: 3 }));
    expect(stage.of('c', 'ready')).toMatchObject([{ leader: { id: 'a', term: 1 } }]);
  });
});

describe('promises', () => {
  test('Q2: a follower under promise does not vote, nor enter the term that it is asked to vote in', () => {
    const stage = new Witnessed(three);
    stage.settle();
    const term = stage.term('b');
    stage.hear('b', 'c', vote(term + 1));
    expect(stage.term('b')).toBe(term);
    expect(stage.sent('b', 'vote-reply', 'c')).toEqual([]);
  });

  test('Q2: it votes for the leader that it promised to, in any later term', () => {
    const stage = playing('follower');
    stage.hear('a', 'c', vote(8));
    expect(stage.core('a').hardState).toMatchObject({ term: 5, vote: null });
    stage.hear('a', 'b', vote(8));
    expect(stage.core('a').hardState).toMatchObject({ term: 8, vote: 'b' });
  });

  test('Q2: what a leader released lets its heir be elected, and nothing that was promised to another, or later', () => {
    const stage = new Witnessed(three);
    stage.settle();
    const term = stage.term('b');
    const round = Number(stage.sent('a', 'heartbeat').at(-1)?.message['round']);
    for (const released of [
      { leader: 'c', term, round: 99 },
      { leader: 'a', term, round: round - 1 },
    ]) {
      stage.hear('b', 'c', vote(term + 1, { released }));
      expect(stage.term('b')).toBe(term);
    }
    stage.hear('b', 'c', vote(term + 1, { released: { leader: 'a', term, round } }));
    expect(stage.core('b').hardState).toMatchObject({ term: term + 1, vote: 'c' });
  });

  test('Q2: the same leader only ever extends a promise: a shorter one, and an older one, shorten nothing', () => {
    const stage = playing('follower');
    stage.hear('a', 'b', heartbeat(5, { round: 3, leaseMs: 3000 }));
    stage.hear('a', 'b', heartbeat(5, { round: 4, leaseMs: 250 }));
    stage.hear('a', 'b', heartbeat(5, { round: 2, leaseMs: 250 }));
    stage.run(2990);
    stage.hear('a', 'c', vote(6));
    expect(stage.term('a')).toBe(5);
    stage.run(20);
    stage.hear('a', 'c', vote(6));
    expect(stage.term('a')).toBe(6);
  });
});

describe('the two clocks', () => {
  test('Q2: a lease is over by the fast clock, though the slow one stood still', () => {
    const stage = new Witnessed(three);
    stage.settle();
    const { fast, slow } = stage.clock(stage.actor('a'));
    expect(stage.core('a').isLeader({ fast, slow })).toBe(true);
    expect(stage.core('a').isLeader({ fast: fast + 300, slow })).toBe(false);
  });

  test('Q2: a promise lasts by the slow clock, though the fast one ran ahead', () => {
    const stage = playing('follower');
    stage.actor('a').rates = { fast: 2, slow: 1 };
    stage.run(200);
    stage.hear('a', 'c', vote(6));
    stage.hear('a', 'c', preVote(6));
    expect(stage.term('a')).toBe(5);
    expect(stage.sent('a', 'pre-vote-reply').map(({ message }) => message['granted'])).toEqual([null]);
    stage.run(60);
    stage.hear('a', 'c', vote(6));
    expect(stage.core('a').hardState).toMatchObject({ term: 6, vote: 'c' });
  });
});

describe('the lease', () => {
  test('Q2: counts from when a round was sent, not from when it was answered', () => {
    const stage = new Witnessed({ a: 1, b: 1 }, { delayMs: 50 });
    stage.run(1000);
    expect(stage.leading()).toEqual(['a']);
    const rounds = (): readonly Told[] => stage.told.filter(({ id, effect }) => id === 'a' && isHeartbeat(effect));
    const leaseMs = Number(stage.sent('a', 'heartbeat').at(-1)?.message['leaseMs']);
    stage.run(100); // that round is answered
    stage.isHolding = true;
    const sinceMs = Math.max(...rounds().map(({ atMs }) => atMs));
    stage.run(sinceMs + leaseMs * (99 / 101) - 4 - stage.nowMs);
    expect(stage.leading()).toEqual([]);
  });

  test('Q2: is as long as was said in the round that was answered, not in a later and longer one', () => {
    const stage = playing('leader', { a: 1, b: 1 });
    stage.hear('a', 'b', heartbeatReply(5, 1));
    expect(stage.leading()).toEqual(['a']);
    stage.actor('a').wakeAt = Infinity; // its later rounds ask for longer, and nobody answers them
    stage.run(230);
    expect(stage.leading()).toEqual(['a']);
    stage.run(20);
    expect(stage.leading()).toEqual([]);
  });

  test('Q2: answers to a round that is long over cover nothing', () => {
    const stage = playing('leader');
    stage.run(200);
    const before = Number(stage.sent('a', 'heartbeat').at(-1)?.message['round']);
    expect(before).toBeGreaterThan(1);
    stage.run(45);
    expect(stage.leading()).toEqual([]);
    stage.hear('a', 'b', heartbeatReply(5, 1));
    expect(stage.leading()).toEqual([]);
  });

  test('Q2: a leader whose votes came late leads by its first answered round, and not before', () => {
    const stage = playing('candidate');
    stage.run(300);
    stage.hear('a', 'b', voteReply(5));
    expect([stage.core('a').role, stage.leading()]).toEqual(['leader', []]);
    expect(toldBy(stage)).toEqual([]);
    stage.hear('a', 'c', heartbeatReply(5, 1));
    expect(stage.leading()).toEqual(['a']);
    expect(toldBy(stage)).toEqual(['a 5']);
  });

  test('Q6: follows the round trip, between its bounds', () => {
    for (const [delayMs, from, to] of [
      [1, 250, 250],
      [100, 1000, 1400],
      [800, 5000, 5000],
    ] as const) {
      const stage = new Witnessed(three, { delayMs });
      stage.run(60_000);
      const leaseMs = Number(stage.sent(stage.leading()[0] ?? 'a', 'heartbeat').at(-1)?.message['leaseMs']);
      expect(leaseMs).toBeGreaterThanOrEqual(from);
      expect(leaseMs).toBeLessThanOrEqual(to);
    }
  });

  test('Q6: outlasts three timers of the leader that are as late as one was', () => {
    const stage = new Witnessed(three, { limits: { minLeaseMs: 1000 } });
    stage.settle();
    stage.forget();
    stage.runUntil(() => stage.sent('a', 'heartbeat').length > 0, 1000);
    stage.run(20);
    for (const id of ['b', 'c']) stage.cut(id, 'a'); // nobody wakes it earlier
    stage.actor('a').wakeAt += 400;
    stage.forget();
    stage.runUntil(() => stage.sent('a', 'heartbeat').length > 0, 1000);
    expect(stage.sent('a', 'heartbeat', 'b')[0]?.message['leaseMs']).toBe(1200);
    expect(stage.leading()).toEqual(['a']);
  });

  test('Q6: the timeout of a follower is not the lease of its leader: failover takes the rest of one lease, not two', () => {
    const stage = new Witnessed(five);
    stage.settle();
    stage.crash('a');
    const crashedAtMs = stage.nowMs;
    expect(stage.runUntil(() => stage.leading().length === 1, 1000)).toBe(true);
    expect(stage.nowMs - crashedAtMs).toBeLessThanOrEqual(250 + 2 * 10 + 10);
  });
});

describe('CheckQuorum', () => {
  test('Q2: a leader goes on as long as a quorum answers, whoever else does not', () => {
    const stage = new Witnessed(five);
    stage.settle();
    for (const id of ['d', 'e']) stage.isolate(id);
    for (let step = 0; step < 1000; step++) {
      stage.run(10);
      expect(stage.leading()).toEqual(['a']);
    }
    expect(toldBy(stage)).toEqual(['a 1']);
    expect(stage.of('a', 'reachable').at(-1)?.peers).toEqual(['a', 'b', 'c']);
  });

  test('Q2: a leader that no quorum answers leads no more when its lease is over, and says so', () => {
    const stage = new Witnessed(three);
    stage.settle();
    for (const id of ['b', 'c']) stage.isolate(id);
    stage.run(230);
    stage.run(30);
    expect(stage.leading()).toEqual([]);
    expect(stage.core('a').role).not.toBe('leader');
    expect(toldBy(stage)).toEqual(['a 1', null]);
    stage.healAll();
    stage.run(2000);
    expect(toldBy(stage).at(-1)).not.toBeNull();
  });

  test('Q2: a leader that one follower of two answers, and then neither, loses its lease to the last answer', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.isolate('b');
    stage.run(2000);
    expect(stage.leading()).toEqual(['a']);
    stage.isolate('c');
    stage.run(251);
    expect(stage.leading()).toEqual([]);
  });

  test('Q2: a leader cut off with a minority steps down, and follows the other when it is back', () => {
    const stage = new Witnessed(five);
    stage.settle();
    stage.partition(['a', 'b'], ['c', 'd', 'e']);
    stage.run(2000);
    expect(stage.core('a').leader()).toBeNull();
    const [leader = ''] = stage.leading();
    expect(['c', 'd', 'e']).toContain(leader);
    stage.healAll();
    stage.run(2000);
    expect(stage.agreed(['a', 'b', 'c', 'd', 'e'])).toBe(leader);
  });

  test('Q1: the leader heartbeats everyone, twice in a lease', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.forget();
    stage.run(1000);
    for (const to of ['b', 'c']) expect(stage.sent('a', 'heartbeat', to)).toHaveLength(8);
  });

  test('Q2: a leader whose timers are throttled to a second keeps its lease, for its followers ask for heartbeats', () => {
    const stage = new Witnessed(three);
    stage.settle();
    const a = stage.actor('a');
    for (let second = 0; second < 10; second++) {
      for (let part = 0; part < 20; part++) {
        a.wakeAt = Math.max(a.wakeAt, Math.ceil(stage.nowMs / 1000) * 1000);
        stage.run(50);
        expect(stage.leading()).toEqual(['a']);
      }
    }
    expect(stage.sent('b', 'ask-beat').length).toBeGreaterThan(0);
  });
});

describe('a pause', () => {
  test('F1: a leader that slept for longer than its lease knows it at the first read, and tells so at its first step', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.pause('a');
    stage.run(251);
    const a = stage.actor('a');
    expect(a.core.isLeader(stage.clock(a))).toBe(false);
    stage.resume('a');
    stage.feed('a', { type: 'append', first: 1, values: ['late'] });
    expect(stage.of('a', 'leader').at(-1)).not.toMatchObject({ leader: { id: 'a' } });
  });

  test('F1: the first thing that a leader hears after a sleep finds it a follower already', () => {
    const stage = playing('leader');
    stage.hear('a', 'b', heartbeatReply(5, 1));
    stage.actor('a').wakeAt = Infinity;
    stage.run(1000);
    stage.hear('a', 'b', { type: 'read-index', number: 1 });
    expect(stage.sent('a', 'read-index-reply')).toEqual([]);
    expect(stage.core('a').role).not.toBe('leader');
    expect(toldBy(stage)).toEqual([null]);
  });
});

test('the length of the lease is known to whoever leads or follows, and to nobody else', () => {
  const stage = new Witnessed(three);
  expect(stage.core('a').leaseMs).toBe(null);
  stage.settle();
  for (const id of ['a', 'b', 'c']) expect(stage.core(id).leaseMs).toBe(250);
  stage.isolate('b');
  stage.run(1000);
  expect(stage.core('b').leaseMs).toBe(null);
});
