import { describe, expect, test } from 'vitest';
import type { RaftOptions } from '../../../src/core/quorum/events.ts';
import type { Raft } from '../../../src/core/quorum/raft.ts';
import { Stage, configurationAt, configurationOf } from './stage.ts';

/** Lets time pass, in which messages of that type get lost. */
function runWithout(stage: Stage, type: string, ms: number): void {
  for (let passed = 0; passed < ms; passed++) {
    stage.run(1);
    stage.letters = stage.letters.filter(({ message }) => (message as { type: string }).type !== type);
  }
}

function founded(weights: Readonly<Record<string, number>>, limits: RaftOptions['limits'] = {}): Stage {
  const stage = new Stage({ limits: { missingMs: 2000, ...limits } });
  stage.found(configurationOf(weights));
  return stage;
}

/** b is given a vote beside the witness w, by a leader that b does not hear any more. */
function withVoterUntold(): Stage {
  const stage = founded({ a: 1, w: 1 });
  stage.join('b');
  stage.tellMembers('a', 'w', 'b');
  expect(stage.runUntil(() => configurationAt(stage, 'b').endsWith('| b'), 2000)).toBe(true);
  stage.cut('a', 'b');
  expect(stage.runUntil(() => configurationAt(stage, 'w').includes('→'), 1000)).toBe(true);
  return stage;
}

const three = { a: 1, b: 1, c: 1 };

describe('Q1 and Q4: a change of the configuration', () => {
  test('waits until an entry of the leader’s own term is committed', () => {
    const stage = founded(three);
    stage.join('d');
    stage.tellMembers('a', 'b', 'c', 'd');
    runWithout(stage, 'append', 600);
    expect(stage.leading()).toEqual(['a']);
    expect(configurationAt(stage, 'a')).toBe('a b c');
    stage.run(300);
    expect(configurationAt(stage, 'c')).toBe('a b c | d');
  });

  test('waits until the one before is committed', () => {
    const stage = founded(three);
    stage.join('d');
    stage.run(500);
    stage.tellMembers('a', 'b', 'c', 'd');
    expect(configurationAt(stage, 'a')).toBe('a b c | d');
    stage.feed('a', { type: 'departed', peer: 'c' });
    runWithout(stage, 'append-reply', 300);
    expect(configurationAt(stage, 'a')).toBe('a b c | d');
    stage.run(1000);
    expect(configurationAt(stage, 'a')).toBe('a b d');
  });

  test('is done when those to whom it gives a vote know of it: beside a witness, whoever is left leads (Q8)', () => {
    const stage = withVoterUntold();
    stage.run(100);
    expect(configurationAt(stage, 'w')).toBe('a w → a b w');
    stage.healAll();
    expect(stage.runUntil(() => configurationAt(stage, 'w') === 'a b w', 1000)).toBe(true);
    stage.crash('a');
    stage.run(2000);
    expect(stage.leading()).toEqual(['b']);
  });

  test('is done without one that is to get a vote, and has gone missing', () => {
    const stage = withVoterUntold();
    stage.crash('b');
    stage.run(1000);
    expect(configurationAt(stage, 'w')).toBe('a w → a b w');
    stage.run(2000);
    expect(configurationAt(stage, 'w')).toBe('a b w');
  });

  test('is in force as soon as it is in a log, and needs quorums of both halves', () => {
    const stage = founded(three);
    stage.join('d');
    stage.join('e');
    stage.tellMembers('a', 'b', 'c', 'd', 'e');
    stage.cut('d', 'a');
    stage.cut('e', 'a');
    stage.run(500);
    expect(configurationAt(stage, 'b')).toBe('a b c | d e');
    stage.healAll();
    expect(stage.runUntil(() => configurationAt(stage, 'a').includes('→'), 1000)).toBe(true);
    for (const id of ['c', 'd', 'e']) stage.cut(id, 'a');
    stage.append('a', 'x');
    stage.run(100);
    // The old voters have it; of the new, two are not enough.
    expect(configurationAt(stage, 'b')).toBe('a b c → a b c d e');
    const { commitIndex, lastIndex } = stage.actor('a').core;
    expect(lastIndex).toBeGreaterThan(commitIndex);
    stage.healAll();
    stage.run(500);
    expect(configurationAt(stage, 'e')).toBe('a b c d e');
    expect(stage.actor('e').core.commitIndex).toBe(stage.actor('a').core.lastIndex);
  });

  test('that would cost the leader its lease is not made', () => {
    const stage = founded(three);
    stage.run(500);
    stage.tellMembers('a', 'b', 'c');
    stage.pause('b');
    stage.run(500);
    stage.feed('a', { type: 'departed', peer: 'c' });
    stage.run(500);
    expect(configurationAt(stage, 'a')).toBe('a b c');
    expect(stage.leading()).toEqual(['a']);
    stage.resume('b');
    expect(stage.runUntil(() => configurationAt(stage, 'a') === 'a b', 5000)).toBe(true);
    expect(stage.leading()).toEqual(['a']);
  });

  test('is not made at all unless those above say who is there', () => {
    const stage = founded(three);
    stage.run(500);
    stage.crash('c');
    stage.feed('a', { type: 'departed', peer: 'c' });
    stage.run(10_000);
    expect(configurationAt(stage, 'a')).toBe('a b c');
  });

  test('goes on under the next leader', () => {
    const stage = founded(three);
    stage.run(500);
    for (const id of ['d', 'e']) stage.join(id);
    stage.tellMembers('a', 'b', 'c', 'd', 'e');
    expect(stage.runUntil(() => configurationAt(stage, 'b').includes('→'), 1000)).toBe(true);
    stage.crash('a');
    stage.run(1500);
    expect(stage.agreed(['b', 'c', 'd', 'e'])).not.toBeNull();
    expect(configurationAt(stage, 'c')).toBe('a b c d e');
    stage.run(2000);
    expect(configurationAt(stage, 'c')).toBe('b c d e | a');
  });
});

describe('a learner', () => {
  test('promises, and neither votes nor counts', () => {
    const stage = founded(three);
    stage.run(500);
    stage.join('d');
    stage.tellMembers('a', 'b', 'c', 'd');
    stage.run(500);
    expect(configurationAt(stage, 'd')).toBe('a b c | d');
    expect(stage.actor('d').core.leader()?.id).toBe('a');
    const [commitIndex] = ['d'].map((id) => stage.actor(id).core.commitIndex);
    stage.crash('b');
    stage.crash('c');
    stage.append('a', 'x');
    stage.run(2000);
    expect(stage.leading()).toEqual([]);
    expect(stage.actor('a').core.commitIndex).toBe(commitIndex);
    expect(stage.actor('d').core.role).toBe('follower');
  });

  test('Q8: gets a vote as soon as it has caught up, but for one batch, and no sooner', () => {
    const maxBatchEntries = 4;
    const stage = founded({ a: 1, w: 1 }, { maxBatchEntries, maxInFlightEntries: maxBatchEntries });
    stage.run(300);
    stage.append('a', ...Array.from({ length: 200 }, (_, at) => `x${at}`));
    stage.run(2000);
    stage.join('b');
    stage.tellMembers('a', 'b', 'w');
    const [leader, learner] = ['a', 'b'].map((id) => stage.actor(id).core) as [Raft, Raft];
    expect(stage.runUntil(() => configurationAt(stage, 'a') === 'a w | b', 100)).toBe(true);
    let missing = leader.lastIndex;
    const isGivenVote = (): boolean => {
      if (configurationAt(stage, 'a') !== 'a w | b') return true;
      missing = leader.lastIndex - learner.lastIndex;
      return false;
    };
    expect(stage.runUntil(isGivenVote, 2000)).toBe(true);
    expect(missing).toBeLessThanOrEqual(maxBatchEntries);
  });

  test('that joins a group whose entries are gone has the configuration from the snapshot, also after a restart', () => {
    const wanted: number[] = [];
    const stage = new Stage({
      limits: { snapshotEntries: 5, keptEntries: 0, missingMs: 2000 },
      onEffect: ({ id }, effect) => {
        if (id === 'a' && effect.type === 'snapshot-wanted') wanted.push(effect.index);
      },
    });
    stage.found(configurationOf(three));
    stage.run(500);
    for (let round = 0; round < 4; round++) {
      stage.append('a', 'v', 'v', 'v', 'v', 'v');
      stage.run(100);
      for (const index of wanted.splice(0)) stage.feed('a', { type: 'snapshot', index, data: `${index}` });
    }
    expect(stage.actor('a').core.firstIndex).toBeGreaterThan(20);
    stage.tellMembers('a', 'b');
    stage.run(100);
    stage.join('d');
    stage.tellMembers('a', 'b', 'd');
    stage.feed('a', { type: 'departed', peer: 'c' });
    stage.run(1000);
    expect(configurationAt(stage, 'd')).toBe('a b d');
    expect(stage.actor('d').core.snapshot?.configuration).toEqual(configurationOf(three));
    stage.crash('d');
    stage.restart('d');
    expect(configurationAt(stage, 'd')).toBe('a b d');
  });

  test('that a lost leader had just taken in is nobody again, and harmless', () => {
    const stage = founded(three);
    stage.run(500);
    stage.join('d');
    for (const id of ['b', 'c']) stage.cut('a', id);
    stage.tellMembers('a', 'b', 'c', 'd');
    stage.run(50);
    expect(configurationAt(stage, 'd')).toBe('a b c | d');
    stage.tellMembers('a', 'b', 'c');
    stage.run(2000);
    expect(stage.agreed(['b', 'c'])).not.toBeNull();
    stage.healAll();
    stage.run(1000);
    expect(configurationAt(stage, 'a')).not.toContain('d');
    expect(stage.agreed(['a', 'b', 'c'])).not.toBeNull();
    stage.tellMembers('a', 'b', 'c', 'd');
    stage.run(500);
    expect(configurationAt(stage, 'd')).toContain('d');
    expect(stage.agreed(['a', 'b', 'c', 'd'])).not.toBeNull();
  });
});

describe('a group that changes all the time', () => {
  test('D1: takes nobody out for an empty view', () => {
    const stage = founded(three);
    stage.tellMembers('a', 'b', 'c');
    stage.run(500);
    stage.tellMembers();
    stage.run(10_000);
    expect(configurationAt(stage, 'b')).toBe('a b c');
  });

  test('fifty reloads of a page are fifty members, and their configuration stays small', () => {
    const stage = founded({ a: 1, b: 1, w: 1 });
    stage.run(500);
    let largest = 0;
    for (let reload = 1; reload <= 50; reload++) {
      const [before, now] = [reload === 1 ? 'b' : `b${reload - 1}`, `b${reload}`];
      stage.crash(before);
      stage.join(now);
      stage.tellMembers('a', now, 'w');
      if (reload % 2 === 0) stage.feed('a', { type: 'departed', peer: before });
      stage.run(300);
      const { halves, learners } = stage.actor('a').core.configuration;
      largest = Math.max(largest, new Set([...halves.flat().map(({ id }) => id), ...learners]).size);
    }
    stage.run(5000);
    expect(stage.leading()).toEqual(['a']);
    expect(configurationAt(stage, 'a')).toBe('a b50 w');
    expect(largest).toBeLessThanOrEqual(10); // some are not yet known to be gone
    expect(stage.actor('a').core.hardState.term).toBe(1);
  });

  test('Q8: a witness that is lost beside three voters is taken out, and returns when it has been steady, later each time', () => {
    const stage = founded({ a: 1, b: 1, c: 1, w: 2 });
    stage.tellMembers('a', 'b', 'c', 'w');
    stage.run(500);
    const times: number[] = [];
    for (let loss = 0; loss < 2; loss++) {
      stage.pause('w');
      expect(stage.runUntil(() => configurationAt(stage, 'a') === 'a b c | w', 4000)).toBe(true);
      stage.resume('w');
      const backAtMs = stage.nowMs;
      expect(stage.runUntil(() => configurationAt(stage, 'a') === 'a b c w', 30_000)).toBe(true);
      times.push(stage.nowMs - backAtMs);
    }
    expect(stage.actor('a').core.configuration).toEqual(configurationOf({ a: 1, b: 1, c: 1, w: 2 }));
    expect(times[0]).toBeGreaterThanOrEqual(10_000);
    expect(times[1]).toBeGreaterThanOrEqual(20_000);
  });

  test('Q8: of the longest leases heartbeats are rare, and who answers one of three is not missing', () => {
    const stage = founded({ a: 1, b: 1, c: 1, w: 2 }, { minLeaseMs: 5000, missingMs: 15_000 });
    stage.tellMembers('a', 'b', 'c', 'w');
    for (let passedMs = 0; passedMs < 60_000; passedMs += 5) {
      stage.run(5);
      stage.letters = stage.letters.filter(({ from, message }) => {
        const { type, round = 1 } = message as { readonly type: string; readonly round?: number };
        return type !== 'heartbeat-reply' || from !== 'w' || round % 3 === 1;
      });
      expect(configurationAt(stage, 'a')).toBe('a b c w');
    }
    stage.pause('w');
    expect(stage.runUntil(() => configurationAt(stage, 'a') === 'a b c | w', 15_000)).toBe(true);
  });

  test('Q8: nobody is missing because a lease gets shorter, whose heartbeats were rare', () => {
    const isFar = (id: string): boolean => id === 'b' || id === 'c';
    const stage = new Stage({
      limits: { missingMs: 2000 },
      delayMs: (from, to) => (isFar(from) || isFar(to) ? 116 : 5),
    });
    stage.found(configurationOf({ a: 1, b: 1, c: 1, w: 2 }));
    stage.tellMembers('a', 'b', 'c', 'w');
    // It is elected by those far away, and hears then that a quorum is near.
    stage.feed('a', { type: 'campaign' });
    while (stage.leading().length === 0) {
      stage.run(1);
      stage.letters = stage.letters.filter(
        ({ from, message }) => from !== 'w' || (message as { readonly type: string }).type !== 'vote-reply',
      );
    }
    const lengths = new Set<number | null>();
    for (let passedMs = 0; passedMs < 3000; passedMs += 5) {
      stage.run(5);
      lengths.add(stage.actor('a').core.leaseMs);
      expect(configurationAt(stage, 'a')).toBe('a b c w');
    }
    expect([...lengths]).toEqual([1392, 250]);
  });

  test.each([
    ['and the leader is not elected again', false],
    ['and the leader is elected again meanwhile', true],
  ])('Q8: who could not answer two heartbeats of a long lease is not missing, %s', (_, isReelected) => {
    let farMs = 150;
    let isLost = false;
    const stage = new Stage({
      limits: { missingMs: 4500 },
      delayMs: (from, to) => {
        if (isLost && from === 'w') return null;
        return from === 'w' || to === 'w' ? Math.max(40, farMs) : farMs;
      },
    });
    stage.found(configurationOf({ a: 1, b: 1, c: 1, w: 2 }));
    stage.tellMembers('a', 'b', 'c', 'w');
    stage.feed('a', { type: 'campaign' });
    stage.run(20_000);
    const { core } = stage.actor('a');
    expect(core.leaseMs).toBeGreaterThan(1500);
    [farMs, isLost] = [5, true];
    stage.run(1900);
    const term = core.leader()!.term + 1;
    if (isReelected) stage.feed('a', { type: 'message', from: 'c', message: { type: 'stale', term } });
    isLost = false;
    for (let passedMs = 0; passedMs < 3000; passedMs++) {
      stage.run(1);
      expect(configurationAt(stage, 'a')).toBe('a b c w');
    }
    expect(core.leader()).toEqual({ id: 'a', term: isReelected ? term + 1 : 1 });
  });

  test('Q8: five of a room with an anchor are killed but one, and the last one leads with all that was committed', () => {
    const stage = founded({ a: 1, w: 1 });
    stage.run(300);
    for (const id of ['b', 'c', 'd', 'e']) stage.join(id);
    stage.tellMembers('a', 'b', 'c', 'd', 'e', 'w');
    stage.run(1000);
    expect(configurationAt(stage, 'e')).toBe('a b c d e w');
    stage.append('c', 'x');
    stage.run(100);
    for (const id of ['a', 'b', 'c', 'd']) stage.crash(id);
    stage.run(1000);
    expect(stage.leading()).toEqual(['e']);
    stage.append('e', 'y');
    stage.run(100);
    expect(stage.actor('e').core.commitIndex).toBe(stage.actor('e').core.lastIndex);
  });
});
