// Who leads when a leader is gone, and how soon: Ongaro §9; MIT 6.5840 3A.
import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/core/random.ts';
import { Stage, configurationOf } from './stage.ts';
import { Witnessed, five, three } from './witnessed.ts';

describe('a group', () => {
  test('Q6: elects one, that all know, and nothing changes as long as nothing happens', () => {
    const stage = new Witnessed(three);
    stage.run(1000);
    expect(stage.agreed(['a', 'b', 'c'])).toBe('a');
    stage.run(60_000);
    for (const id of ['a', 'b', 'c'])
      expect(stage.of(id, 'leader').map(({ leader }) => leader)).toEqual([{ id: 'a', term: 1 }]);
  });

  test('Q6: replaces a leader that is cut off, is not disturbed by its return, and has none without a quorum', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.isolate('a');
    stage.run(2000);
    const second = stage.leading()[0] ?? '';
    expect(['b', 'c']).toContain(second);
    stage.healAll();
    stage.run(2000);
    expect(stage.agreed(['a', 'b', 'c'])).toBe(second);
    for (const id of ['b', 'c']) stage.isolate(id);
    stage.run(5000);
    expect(stage.leading()).toEqual([]);
    stage.healAll();
    stage.isolate('c');
    expect(stage.runUntil(() => stage.agreed(['a', 'b']) !== null, 5000)).toBe(true);
    stage.healAll();
    stage.run(2000);
    expect(stage.agreed(['a', 'b', 'c'])).not.toBeNull();
  });

  test('Q6: has one as soon as can be though two ask for votes at the same moment, and the third is lost', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const stage = new Stage({ delayMs: () => 150, limits: { minLeaseMs: 1763, maxLeaseMs: 2000 } });
      const founding = configurationOf(three);
      for (const [at, id] of ['a', 'b', 'c'].entries()) stage.add(id, { founding, seed: 3 * seed + at });
      stage.start();
      stage.crash('c');
      for (const id of ['a', 'b']) stage.feed(id, { type: 'campaign' });
      expect(stage.runUntil(() => stage.agreed(['a', 'b']) !== null, 5 * 150 + 5)).toBe(true);
    }
  });

  test('Q6: does not wait for one that asks again and again, and hears no answer: whoever has given way to it asks next time', () => {
    const stage = new Witnessed(three, { isHeld: true });
    const asked = (attempt: number): unknown => ({ type: 'pre-vote', term: 1, lastIndex: 0, lastTerm: 0, attempt });
    stage.feed('b', { type: 'campaign' });
    stage.hear('b', 'a', asked(1));
    expect(stage.core('b').role).toBe('follower');
    stage.feed('b', { type: 'campaign' });
    stage.hear('b', 'a', asked(2));
    expect(stage.core('b').role).toBe('pre-candidate');
    stage.feed('a', { type: 'campaign' });
    stage.hear('a', 'b', asked(1));
    expect(stage.core('a').role).toBe('pre-candidate'); // the smaller id never gives way
  });

  test('Q6: waits once for the first in line, that is heard and hears nobody, and then its others ask one after the other', () => {
    const stage = new Witnessed(five);
    stage.settle();
    for (const id of ['c', 'd', 'e']) stage.cut(id, 'b');
    stage.crash('a');
    expect(stage.runUntil(() => stage.leading().length > 0, 250 + 100 + 100)).toBe(true);
    expect(stage.leading()).not.toEqual(['b']);
  });

  test.each([
    { where: 'all equally far', far: 5, writeMs: 150 },
    { where: 'one farther from the leader that is lost', far: 40, writeMs: 80 },
  ])('Q6: has time for slow disks, $where: the first that asks is elected', ({ far, writeMs }) => {
    const delayMs = (from: string, to: string): number =>
      `${from}${to}` === 'ac' || `${from}${to}` === 'ca' ? far : 5;
    const stage = new Witnessed(five, { delayMs });
    stage.settle();
    for (const id of Object.keys(five)) stage.actor(id).writeMs = writeMs;
    for (let count = 0; count < 5; count++) {
      stage.append('a', `${count}`);
      stage.run(500);
    }
    const term = stage.term('b');
    stage.crash('a');
    expect(stage.runUntil(() => stage.leading().length > 0, 300 + 2 * writeMs + 4 * 2 * far)).toBe(true);
    expect(stage.term(stage.leading()[0]!)).toBe(term + 1);
  });

  test('Q6: of seven has one leader again and again, whichever three are cut off', () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const stage = new Witnessed(Object.fromEntries(ids.map((id) => [id, 1])));
    const random = new Random(5);
    stage.settle();
    for (let round = 0; round < 15; round++) {
      const [x = 'a', y = 'b', z = 'c'] = ids.toSorted(() => random.next() - 0.5);
      for (const id of [x, y, z]) stage.isolate(id);
      const rest = ids.filter((id) => ![x, y, z].includes(id));
      expect(stage.runUntil(() => stage.agreed(rest) !== null, 10_000)).toBe(true);
      expect(stage.runUntil(() => stage.leading().length === 1, 6000)).toBe(true);
      stage.healAll();
      expect(stage.runUntil(() => stage.agreed(ids) !== null, 10_000)).toBe(true);
    }
  });

  test.each(['a', 'b', 'c'])('Q6: is led by any of its members, here %s, if it is the only one who asks', (id) => {
    const stage = new Witnessed(three, { stored: { a: { term: 3 }, b: { term: 3 }, c: { term: 3 } } });
    const others = ['a', 'b', 'c'].filter((other) => other !== id);
    for (const other of others) stage.actor(other).wakeAt = Infinity; // their timers do not go
    stage.letters = [];
    for (let part = 0; part < 200; part++) {
      for (const other of others) stage.actor(other).wakeAt = Infinity;
      stage.run(5);
    }
    expect(stage.leading()).toEqual([id]);
    expect(stage.agreed(['a', 'b', 'c'])).toBe(id);
  });
});

describe('a crash', () => {
  test('Q6: is over with the rest of the lease and two round trips', () => {
    for (const delayMs of [1, 5, 15]) {
      const stage = new Witnessed(three, { delayMs });
      stage.settle();
      stage.crash('a');
      const crashedAtMs = stage.nowMs;
      expect(stage.runUntil(() => stage.leading().length === 1, 1000)).toBe(true);
      expect(stage.nowMs - crashedAtMs).toBeLessThan(250 + 4 * delayMs + delayMs + 10);
    }
  });

  test('Q6: is taken up by the first in line, by the second if that is gone as well, and so on', () => {
    const ids = Object.keys(five);
    const order = [...ids];
    const stage = new Witnessed(five);
    stage.settle();
    for (const gone of [1, 2]) {
      for (const id of order.slice(0, gone)) if (stage.actor(id).state === 'up') stage.crash(id);
      stage.run(450);
      expect(stage.leading()).toEqual([order[gone]]);
    }
    const asked = ids.filter((id) => stage.sent(id, 'pre-vote').length > 0);
    expect(asked).toEqual(['a', 'b', 'c']); // nobody else had to
  });

  test('Q8: the survivor of two with a witness leads, and so does whoever is alone from the start', () => {
    const stage = new Witnessed({ a: 1, b: 1, w: 1 });
    stage.settle();
    stage.crash('a');
    stage.run(1000);
    expect(stage.leading()).toEqual(['b']);
    const alone = new Witnessed({ a: 1 });
    alone.run(1);
    expect(alone.leading()).toEqual(['a']);
  });

  test('Q6: of a follower changes nothing for anyone else', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.crash('c');
    stage.run(5000);
    expect(stage.leading()).toEqual(['a']);
    expect(stage.of('b', 'leader')).toHaveLength(1);
    expect(stage.of('a', 'reachable').at(-1)?.peers).toEqual(['a', 'b']);
  });
});

describe('links that are broken in one direction', () => {
  test('Q6: a leader that is heard but hears nobody gives way to one that is in touch both ways', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.cut('b', 'a');
    stage.cut('c', 'a');
    stage.run(3000);
    expect(['b', 'c']).toContain(stage.leading()[0]);
  });

  test('Q6: a leader that is not heard by one of five goes on, and that one unsettles nobody', () => {
    const stage = new Witnessed(five);
    stage.settle();
    stage.cut('a', 'e');
    for (let step = 0; step < 500; step++) {
      stage.run(20);
      expect(stage.leading()).toEqual(['a']);
    }
    expect(stage.term('a')).toBe(1);
  });
});

test('what is told: who leads comes before its work can start, and that it leads no more as soon as it is known', () => {
  const stage = new Witnessed({ a: 1, b: 1 });
  stage.settle();
  stage.crash('b');
  stage.run(500);
  const told = stage.told.flatMap(({ id, effect }) => {
    if (id !== 'a' || (effect.type !== 'leader' && effect.type !== 'ready')) return [];
    return [effect.type === 'ready' ? 'ready' : (effect.leader?.id ?? 'none')];
  });
  expect(told).toEqual(['a', 'ready', 'none']);
});
