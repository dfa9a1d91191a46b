import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/core/random.ts';
import { TestGroup } from './group.ts';

function groupOf(...ids: string[]): TestGroup {
  const group = new TestGroup();
  for (const id of ids) group.add(id);
  group.run(2000);
  return group;
}

describe('electing', () => {
  test('A1: a member that knows of nobody leads at once', () => {
    const group = new TestGroup();
    group.add('a');
    expect(group.leaders()).toEqual(['a in 1']);
  });

  test('A1: adding members leaves leader and term unchanged', () => {
    const group = groupOf('b');
    group.add('a');
    group.add('c');
    group.run(2000);
    expect(group.leaders()).toEqual(['b in 1', 'b in 1', 'b in 1']);
  });

  test('A1: a newcomer knows the leader by its first words, half a round trip before it is of its group', () => {
    const group = groupOf('b');
    const newcomer = group.add('a');
    group.run(group.delayMs);
    expect(newcomer.leader()).toEqual({ id: 'b', term: 1 });
    expect(newcomer.reachable()).toEqual(['a']);
  });

  test('A1: a newcomer that the leader cannot hear leads itself, in a higher term', () => {
    const group = groupOf('b');
    group.isCut = (from, to) => from === 'a' && to === 'b';
    const newcomer = group.add('a');
    group.run(group.delayMs);
    expect(newcomer.leader()).toEqual({ id: 'b', term: 1 });
    group.run(5000);
    expect(group.leaders()).toEqual(['b in 1', 'a in 2']);
  });

  test('A1: three with a minimum of four elect nobody, the fourth starts it', () => {
    const group = new TestGroup();
    for (const id of ['a', 'b', 'c']) group.add(id, { minMembers: 4 });
    group.run(10_000);
    expect(group.leaders()).toEqual(['none', 'none', 'none']);
    group.add('d', { minMembers: 4 });
    group.run(2000);
    expect(new Set(group.leaders())).toEqual(new Set(['a in 1']));
  });

  test('A1: the first in line follows a leader that crashed', () => {
    const group = groupOf('a', 'b', 'c');
    group.crash('a');
    group.run(5000);
    expect(group.leaders()).toEqual(['b in 2', 'b in 2']);
  });

  test('A1: a hint makes the loss known after two round trips', () => {
    const group = groupOf('a', 'b', 'c');
    group.crash('a');
    for (const id of ['b', 'c']) group.feed(id, { type: 'hint', peer: 'a' });
    group.run(100);
    expect(group.leaders()).toEqual(['b in 2', 'b in 2']);
  });

  test('A1: a chain whose ends cannot talk is one group with one leader', () => {
    const group = groupOf('a', 'b', 'c');
    group.isCut = (from, to) => `${from}${to}` === 'ac' || `${from}${to}` === 'ca';
    group.run(10_000);
    expect(group.leaders()).toEqual(['a in 1', 'a in 1', 'a in 1']);
    for (const { core } of group.seats.values()) expect(core.reachable()).toEqual(['a', 'b', 'c']);
  });

  test('A1: a higher priority takes over, without a conflict', () => {
    const group = groupOf('a', 'b');
    group.add('c', { priority: 1 });
    group.run(4000);
    expect(new Set(group.leaders())).toEqual(new Set(['c in 2']));
    expect(group.told('a', 'conflict')).toEqual([]);
  });

  test('Q11: every message delivered twice changes nothing', () => {
    const group = new TestGroup();
    group.copies = 2;
    for (const id of ['a', 'b', 'c']) group.add(id);
    group.run(5000);
    expect(group.leaders()).toEqual(['a in 1', 'a in 1', 'a in 1']);
  });

  test('D1: a view with nobody in it changes nothing', () => {
    const group = groupOf('a', 'b');
    for (const id of ['a', 'b']) group.feed(id, { type: 'members', peers: [] });
    for (const id of ['a', 'b']) group.feed(id, { type: 'members', peers: [id] });
    group.run(5000);
    expect(group.leaders()).toEqual(['a in 1', 'a in 1']);
  });
});

describe('merging', () => {
  test('A2: the larger group keeps its leader, and each is told once', () => {
    const group = groupOf('a', 'b', 'c');
    group.isCut = (from, to) => (from === 'a') !== (to === 'a');
    group.run(8000);
    expect(group.leaders()).toEqual(['a in 1', 'b in 2', 'b in 2']);
    group.isCut = () => false;
    group.run(8000);
    expect(new Set(group.leaders())).toEqual(new Set(['b in 2']));
    for (const id of group.seats.keys()) {
      expect(group.told(id, 'conflict')).toMatchObject([{ winner: { id: 'b' }, loser: { id: 'a', term: 1 } }]);
    }
  });

  test('A3: a winner whose term is too low goes on under a higher one', () => {
    const group = groupOf('a', 'b', 'c');
    group.isCut = (from, to) => (from === 'c') !== (to === 'c');
    group.run(8000);
    expect(group.leaders()).toEqual(['a in 1', 'a in 1', 'c in 2']);
    group.isCut = () => false;
    group.run(8000);
    expect(new Set(group.leaders())).toEqual(new Set(['a in 3']));
  });

  test('A2: who hears last of the group that its leader joined does not lead in between', () => {
    const group = new TestGroup();
    group.isCut = (from, to) => (from === 'd') !== (to === 'd');
    for (const id of ['a', 'b', 'c']) group.add(id);
    group.add('d', { priority: 1 });
    group.feed('a', { type: 'visible', visible: false }); // from now on b is first in line
    group.run(2000);
    expect(group.leaders()).toEqual(['a in 1', 'a in 1', 'a in 1', 'd in 1']);
    // They meet through c, whose words do not reach b for a while.
    const isByC = (from: string, to: string): boolean => from === 'c' || to === 'c';
    group.isCut = (from, to) => (from === 'c' && to === 'b') || (!isByC(from, to) && (from === 'd' || to === 'd'));
    group.feed('c', { type: 'reset', peer: 'd' });
    group.run(300);
    group.isCut = (from, to) => !isByC(from, to) && (from === 'd' || to === 'd');
    group.run(5000);
    expect(new Set(group.leaders())).toEqual(new Set(['d in 2']));
    expect(group.told('b', 'leader')).toMatchObject([
      { leader: { id: 'a' } },
      { leader: null },
      { leader: { id: 'd' } },
    ]);
  });
});

describe('handing over', () => {
  test('A4: a goodbye names the heir, and all know it half a round trip later', () => {
    const group = groupOf('a', 'b', 'c');
    group.feed('a', { type: 'leave' });
    group.crash('a');
    group.run(group.delayMs);
    expect(group.leaders()).toEqual(['b in 2', 'b in 2']);
  });

  test('A4: a transfer to somebody unknown changes nothing, and who resigned can lead again', () => {
    const group = groupOf('a', 'b', 'c');
    group.feed('a', { type: 'transfer', to: 'nobody' });
    group.run(1000);
    expect(new Set(group.leaders())).toEqual(new Set(['a in 1']));
    group.feed('a', { type: 'transfer', to: 'c' });
    group.run(1000);
    expect(new Set(group.leaders())).toEqual(new Set(['c in 2']));
    group.feed('c', { type: 'transfer', to: 'a' });
    group.run(1000);
    expect(new Set(group.leaders())).toEqual(new Set(['a in 3']));
  });

  test('A5: the published value outlives a leader that crashed', () => {
    const group = groupOf('a', 'b');
    group.feed('a', { type: 'publish', value: { score: 3 } });
    group.run(500);
    group.crash('a');
    group.run(5000);
    expect(group.leaders()).toEqual(['b in 2']);
    expect(group.seats.get('b')!.core.published()).toEqual({ score: 3 });
  });
});

test('F1: after a pause the first read says that this member does not lead', () => {
  const group = groupOf('a', 'b');
  const { core } = group.seats.get('a')!;
  expect(core.isLeader({ fast: group.now, slow: group.now })).toBe(true);
  expect(core.isLeader({ fast: group.now + 60_000, slow: group.now })).toBe(false);
});

test('Q11: malformed and mutated messages are reported, never thrown, and the leader stays', () => {
  const group = groupOf('a', 'b');
  const random = new Random(7);
  const samples = group.told('b', 'send').flatMap((effect) => (effect.type === 'send' ? [effect.message] : []));
  const odd: unknown[] = [null, -1, Number.NaN, '', [], {}, 2 ** 60, '__proto__', true];
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)] as T;
  for (let round = 0; round < 500; round++) {
    const message = { ...(pick(samples) as Record<string, unknown>) };
    message['type'] = 'beat';
    message['n'] = pick(odd);
    group.feed('a', { type: 'message', from: 'b', message: round % 2 === 0 ? pick(odd) : message });
  }
  expect(group.told('a', 'bad-message')).toHaveLength(500);
  group.run(2000);
  expect(group.leaders()).toEqual(['a in 1', 'a in 1']);
});

test('the same seed and events give the same effects, byte for byte', () => {
  const run = (): string => JSON.stringify([...groupOf('a', 'b', 'c').seats.values()].map((seat) => seat.effects));
  expect(run()).toBe(run());
});
