import { describe, expect, test } from 'vitest';
import type { AvailableEffect } from '../../../src/core/available/events.ts';
import { Stage } from './stage.ts';

/** Defects seen in other systems that elect leaders. Each sentence says what happens here instead. */

interface Told {
  readonly stage: Stage;
  /** The effects of one kind that a member was given, in order. */
  readonly of: (id: string, type: AvailableEffect['type']) => readonly AvailableEffect[];
}

function staged(...ids: string[]): Told {
  const effects: { readonly id: string; readonly effect: AvailableEffect }[] = [];
  const stage = new Stage({ onEffect: (id, effect) => effects.push({ id, effect }) });
  stage.join(ids);
  stage.run(2000);
  const of: Told['of'] = (id, type) =>
    effects.filter((told) => told.id === id && told.effect.type === type).map(({ effect }) => effect);
  return { stage, of };
}

function leadersTold(told: Told, id: string): readonly string[] {
  return told
    .of(id, 'leader')
    .map((effect) =>
      effect.type === 'leader' && effect.leader !== null ? `${effect.leader.id} in ${effect.leader.term}` : 'none',
    );
}

/** Everything that was sent from one to the other until now, and from now on. */
function recorded(stage: Stage, from: string, to: string, during: () => void): readonly unknown[] {
  const messages: unknown[] = [];
  stage.isHolding = true;
  during();
  for (const letter of stage.letters) if (letter.from === from && letter.to === to) messages.push(letter.message);
  stage.isHolding = false;
  return messages;
}

describe('leaders that go on leading', () => {
  test('A3: a leader that sees a higher term goes above it or follows, and never leads in the old one', () => {
    const { stage } = staged('a', 'b', 'c');
    stage.partition(['a', 'b'], ['c']);
    stage.run(4000);
    const higher = stage.actor('c').core.leader()!.term;
    expect(stage.leaders()).toMatchObject({ a: 'a in 1', b: 'a in 1' });
    stage.healAll();
    expect(stage.runUntil(() => stage.agree(['a', 'b', 'c']), 5000)).toBe(true);
    expect(stage.actor('c').core.leader()!.term).toBeGreaterThan(higher);
  });

  test('A1: of a leader that was alone and the one that the others elected, exactly one leads after healing', () => {
    const told = staged('a', 'b', 'c');
    const { stage } = told;
    stage.partition(['a'], ['b', 'c']);
    stage.run(60_000);
    expect(stage.leading()).toEqual(['a', 'b']);
    stage.healAll();
    stage.run(5000);
    expect(stage.leading()).toEqual(['b']);
    expect(leadersTold(told, 'a').at(-1)).toBe('b in 2');
  });

  test('A1: a leader that was displaced says so: its application is told of the new one', () => {
    const told = staged('a', 'b', 'c');
    told.stage.feed('a', { type: 'transfer', to: 'b' });
    told.stage.run(500);
    expect(leadersTold(told, 'a')).toEqual(['a in 1', 'b in 2']);
    expect(told.stage.leading()).toEqual(['b']);
  });

  test('F1: a leader that lost its timers does not go on as leader when it is asked', () => {
    const { stage } = staged('a', 'b');
    stage.pause('a');
    stage.run(5000);
    const now = { fast: stage.nowMs, slow: stage.nowMs };
    expect(stage.actor('a').core.isLeader(now)).toBe(false);
    expect(stage.leading()).toEqual(['b']);
  });

  test('A1: a follower that hears nobody any more is told that the leader is lost', () => {
    const told = staged('a', 'b', 'c');
    told.stage.crash('a');
    told.stage.partition(['b'], ['c']);
    told.stage.run(4000);
    expect(leadersTold(told, 'c')).not.toContain('a in 2');
    expect(leadersTold(told, 'c').at(-1)).toBe('c in 2');
  });
});

describe('members that never lead', () => {
  test('A1: a single member leads, and so does the survivor of two, whichever it is', () => {
    const alone = new Stage();
    alone.join(['a']);
    expect(alone.leading()).toEqual(['a']);
    for (const dead of ['a', 'b']) {
      const { stage } = staged('a', 'b');
      stage.crash(dead);
      stage.run(3000);
      expect(stage.leading()).toEqual([dead === 'a' ? 'b' : 'a']);
    }
  });

  test('A1: a follower that was cut off for long comes back without deposing anyone', () => {
    const told = staged('a', 'b', 'c');
    told.stage.partition(['a', 'b'], ['c']);
    told.stage.run(300_000);
    told.stage.healAll();
    told.stage.run(5000);
    expect(told.stage.leading()).toEqual(['a']);
    expect(leadersTold(told, 'b').every((leader) => leader === 'none' || leader.startsWith('a '))).toBe(true);
  });

  test('A1: three of the four they need never elect, however long they wait; losing one later ends nothing', () => {
    const stage = new Stage();
    stage.join(['a', 'b', 'c'], { minMembers: 4 });
    stage.run(120_000);
    expect(stage.leaders()).toEqual({ a: 'none', b: 'none', c: 'none' });
    stage.join(['d'], { minMembers: 4 });
    expect(stage.runUntil(() => stage.agree(['a', 'b', 'c', 'd']), 3000)).toBe(true);
    stage.crash('d');
    expect(stage.runUntil(() => stage.agree(['a', 'b', 'c']), 3000)).toBe(true);
  });

  test('A1: one member that answers again and again still counts once towards the minimum', () => {
    const stage = new Stage();
    stage.isHolding = true;
    stage.join(['a', 'b'], { minMembers: 3 });
    for (let round = 0; round < 200; round++) {
      for (const letter of stage.letters.splice(0)) for (let copy = 0; copy < 3; copy++) stage.deliver(letter);
      stage.run(20);
    }
    expect(stage.actor('a').core.reachable()).toEqual(['a', 'b']);
    expect(stage.leaders()).toEqual({ a: 'none', b: 'none' });
  });

  test('A2: one follower that answers twice counts once when groups compare', () => {
    const { stage } = staged('a', 'b', 'c', 'd', 'e');
    stage.partition(['a', 'b'], ['c', 'd', 'e']);
    // Everything that the only follower of `a` says, arrives three times.
    for (let round = 0; round < 250; round++) {
      const letters = stage.letters.filter(({ from, to }) => from === 'b' && to === 'a');
      for (const letter of letters) for (let copy = 0; copy < 2; copy++) stage.deliver(letter);
      stage.run(20);
    }
    stage.healAll();
    stage.run(5000);
    expect(stage.leading()).toEqual(['c']);
  });
});

describe('stale messages', () => {
  test('A1: beats of a dead leader that come late or again do not keep it alive', () => {
    const { stage } = staged('a', 'b', 'c');
    const beats = recorded(stage, 'a', 'b', () => stage.run(300));
    expect(beats.length).toBeGreaterThan(1);
    stage.letters.length = 0;
    stage.crash('a');
    for (const message of beats) stage.feed('b', { type: 'message', from: 'a', message });
    for (let round = 0; round < 100; round++) {
      stage.run(30);
      for (const message of beats) stage.feed('b', { type: 'message', from: 'a', message });
    }
    expect(stage.leading()).toEqual(['b']);
    expect(stage.actor('b').core.reachable()).toEqual(['b', 'c']);
  });

  test('A1: unreadable messages of a member that fell silent do not keep it alive either', () => {
    const { stage } = staged('a', 'b');
    stage.crash('a');
    for (let round = 0; round < 100; round++) {
      stage.run(30);
      stage.feed('b', { type: 'message', from: 'a', message: { type: 'beat', n: 1e6 + round } });
    }
    expect(stage.leading()).toEqual(['b']);
  });

  test('A1: other traffic does not hold beats back: a leader that publishes all the time keeps leading', () => {
    const told = staged('a', 'b', 'c');
    for (let round = 0; round < 1000; round++) {
      told.stage.feed('a', { type: 'publish', value: round });
      told.stage.run(5);
    }
    expect(leadersTold(told, 'b')).toEqual(['a in 1']);
    expect(leadersTold(told, 'c')).toEqual(['a in 1']);
  });

  test('A3: a handover that arrives late, when another leads already, changes nothing', () => {
    const { stage } = staged('a', 'b', 'c');
    const handover = recorded(stage, 'a', 'c', () => stage.feed('a', { type: 'transfer', to: 'b' }));
    expect(handover.length).toBeGreaterThan(0);
    stage.run(500);
    stage.feed('b', { type: 'transfer', to: 'a' });
    stage.run(500);
    expect(stage.leading()).toEqual(['a']);
    const before = stage.leaders();
    for (const message of handover) stage.feed('c', { type: 'message', from: 'a', message });
    stage.run(1000);
    expect(stage.leaders()).toEqual(before);
  });
});

describe('members that go', () => {
  test('A1: one that said goodbye is dropped from every list, and stays dropped whatever arrives of it', () => {
    const told = staged('a', 'b', 'c');
    const { stage } = told;
    const last = recorded(stage, 'c', 'a', () => stage.run(200));
    stage.leave('c');
    stage.run(500);
    for (const message of last) stage.feed('a', { type: 'message', from: 'c', message });
    for (const id of ['a', 'b']) stage.feed(id, { type: 'members', peers: ['a', 'b', 'c'] });
    stage.run(5000);
    for (const id of ['a', 'b']) {
      expect(stage.actor(id).core.reachable()).toEqual(['a', 'b']);
      expect(told.of(id, 'paths').at(-1)).toEqual({ type: 'paths', peers: [id === 'a' ? 'b' : 'a'] });
      expect(stage.actor(id).core.canTransfer('c')).toBe(false);
    }
  });

  test('A1: lists do not only grow: after many have come and gone the group is who is there', () => {
    const { stage } = staged('a', 'b');
    for (let guest = 0; guest < 20; guest++) {
      stage.join([`guest-${guest}`]);
      stage.run(300);
      if (guest % 2 === 0) stage.leave(`guest-${guest}`);
      else stage.crash(`guest-${guest}`);
      stage.run(100);
    }
    stage.run(3000);
    expect(stage.actor('a').core.reachable()).toEqual(['a', 'b']);
    expect(stage.leaders()).toEqual({ a: 'a in 1', b: 'a in 1' });
  });

  test('A1: a leader that was removed says so at once, and is nobody’s leader any more', () => {
    const { stage } = staged('a', 'b');
    stage.feed('a', { type: 'leave' });
    expect(stage.leading()).toEqual([]);
    expect(stage.actor('a').core.leader()).toBeNull();
  });

  test('A1: news of a leader that discovery has not shown yet is not lost', () => {
    const stage = new Stage();
    stage.join(['a']);
    stage.add('b');
    // Only `b` knows of `a`; the view of `a` never shows `b`.
    stage.feed('b', { type: 'members', peers: ['a', 'b'] });
    expect(stage.runUntil(() => stage.agree(['a', 'b']), 2000)).toBe(true);
    expect(stage.leading()).toEqual(['a']);
  });

  test('A1: a predecessor that dies between the list and the watch is noticed', () => {
    // At every moment of the start, a member that had just become known dies.
    for (let dyingAtMs = 0; dyingAtMs < 60; dyingAtMs += 3) {
      const { stage } = staged('a', 'b');
      stage.join(['c', 'd']);
      stage.run(dyingAtMs);
      stage.crash('a');
      stage.crash('b');
      expect(stage.runUntil(() => stage.agree(['c', 'd']), 5000)).toBe(true);
    }
  });

  test('A4: an heir that dies while it is handed the leadership does not leave the group without a leader', () => {
    for (let dyingAtMs = 0; dyingAtMs < 12; dyingAtMs++) {
      const { stage } = staged('a', 'b', 'c', 'd');
      stage.leave('a');
      stage.run(dyingAtMs);
      stage.crash('b');
      expect(stage.runUntil(() => stage.agree(['c', 'd']), 5000)).toBe(true);
    }
  });

  test('A1: a join that was lost on the way is tried again', () => {
    const { stage } = staged('a');
    stage.partition(['a'], ['b']);
    stage.join(['b']);
    stage.run(5000);
    expect(stage.leading()).toEqual(['a', 'b']);
    stage.healAll();
    expect(stage.runUntil(() => stage.agree(['a', 'b']), 5000)).toBe(true);
  });
});

describe('discovery that fails', () => {
  test('D1: one failed look, or one that shows nobody, ends no leadership', () => {
    const told = staged('a', 'b', 'c');
    const { stage } = told;
    for (const peers of [[], ['a'], ['b'], []]) {
      for (const id of ['a', 'b', 'c']) stage.feed(id, { type: 'members', peers });
      stage.run(3000);
    }
    for (const id of ['a', 'b', 'c']) expect(leadersTold(told, id)).toEqual(['a in 1']);
  });

  test('D1: discovery that is gone for good does not keep the next from leading', () => {
    const { stage } = staged('a', 'b', 'c');
    for (const id of ['a', 'b', 'c']) stage.feed(id, { type: 'members', peers: [] });
    stage.crash('a');
    expect(stage.runUntil(() => stage.agree(['b', 'c']), 3000)).toBe(true);
  });
});

describe('terms', () => {
  test('A3: what a member is told never goes down, whatever happens around it', () => {
    const told = staged('a', 'b', 'c', 'd');
    const { stage } = told;
    const trouble: readonly (() => void)[] = [
      () => stage.partition(['a', 'b'], ['c', 'd']),
      () => stage.feed('a', { type: 'transfer', to: 'b' }),
      () => stage.healAll(),
      () => stage.pause('b'),
      () => stage.partition(['a', 'c'], ['d']),
      () => stage.resume('b'),
      () => stage.healAll(),
      () => stage.crash('a'),
    ];
    for (const happens of trouble) {
      happens();
      stage.run(4000);
    }
    expect(stage.agree(['b', 'c', 'd'])).toBe(true);
    for (const id of ['a', 'b', 'c', 'd']) {
      const seen = leadersTold(told, id).filter((leader) => leader !== 'none');
      const terms = seen.map((leader) => Number(leader.split(' in ')[1]));
      expect(terms).toEqual(terms.toSorted((one, other) => one - other));
    }
  });

  test('A3: a member that comes back under a new id does not lower the term', () => {
    const { stage } = staged('a', 'b');
    for (let life = 1; life <= 5; life++) {
      const [leader] = stage.leading();
      const { term } = stage.actor(leader!).core.leader()!;
      stage.crash(leader!);
      stage.join([`life-${life}`]);
      stage.run(3000);
      const [next] = stage.leading();
      expect(stage.leading()).toHaveLength(1);
      expect(stage.actor(next!).core.leader()!.term).toBeGreaterThan(term);
    }
  });
});
