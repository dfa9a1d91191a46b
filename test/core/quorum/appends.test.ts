// Appending from anywhere, once each: Raft §8, Ongaro §6.3; MIT 6.5840 3B.
import { describe, expect, test } from 'vitest';
import { Stage, configurationOf } from './stage.ts';
import { Witnessed, five, three } from './witnessed.ts';

const fiveIds = ['a', 'b', 'c', 'd', 'e'];

describe('an append', () => {
  test('Q5: at the leader or at any follower takes effect at every member, in the order in which it was appended', () => {
    const stage = new Witnessed(three);
    stage.settle();
    for (let round = 0; round < 3; round++) for (const id of ['a', 'b', 'c']) stage.append(id, `${id}${round}`);
    stage.run(500);
    for (const id of ['b', 'c']) expect(stage.values(id)).toEqual(stage.values('a'));
    for (const id of ['a', 'b', 'c']) {
      expect(stage.values('a').filter((value) => value.startsWith(id))).toEqual([`${id}0`, `${id}1`, `${id}2`]);
      expect(stage.of(id, 'appended').map(({ ticket }) => ticket)).toEqual([1, 2, 3]);
    }
  });

  test('Q5: where there is no leader waits for one, and is neither refused nor sent into the void', () => {
    const stage = new Witnessed(three);
    for (const id of ['b', 'c']) stage.crash(id);
    stage.append('a', 'x');
    stage.run(5000);
    expect(stage.of('a', 'appended')).toEqual([]);
    expect(stage.of('a', 'append-failed')).toEqual([]);
    stage.restart('b');
    stage.run(3000);
    expect(stage.values('b')).toEqual(['x']);
    expect(stage.of('a', 'appended')).toHaveLength(1);
  });

  test('Q5: succeeds with one of three down, not with two; with one back it does after all', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.append('a', '1');
    stage.run(200);
    stage.isolate('b');
    stage.append('a', '2');
    stage.run(200);
    expect(stage.values('a')).toEqual(['1', '2']);
    stage.isolate('c');
    stage.append('a', '3');
    stage.run(3000);
    expect(stage.values('a')).toEqual(['1', '2']);
    expect(stage.of('a', 'appended')).toHaveLength(2);
    stage.healAll();
    stage.run(3000);
    for (const id of ['a', 'b', 'c']) expect(stage.values(id)).toEqual(['1', '2', '3']);
  });

  test('Q5: goes on with the next leader when one after the other is cut off', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.append('c', '1');
    stage.run(200);
    stage.isolate('a');
    stage.append('c', '2');
    stage.run(2000);
    expect(stage.values('c')).toEqual(['1', '2']);
    const [second = ''] = stage.leading();
    stage.isolate(second);
    stage.append(second, '3');
    stage.run(2000);
    expect([stage.leading(), stage.values(second)]).toEqual([[], ['1', '2']]);
    stage.healAll();
    stage.run(3000);
    for (const id of ['a', 'b', 'c']) expect(stage.values(id)).toEqual(['1', '2', '3']);
  });

  test('Q5: that a leader cut off with a minority took takes effect once the others hear of it, once', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.append('a', '101');
    stage.run(200);
    stage.isolate('a');
    stage.append('a', '102', '103', '104');
    stage.run(1000);
    const [second = ''] = stage.leading();
    stage.append(second, '103 of another');
    stage.run(300);
    stage.isolate(second);
    stage.heal('a', 'b');
    for (const [from, to] of [
      ['a', 'b'],
      ['b', 'a'],
      ['a', 'c'],
      ['c', 'a'],
    ] as const)
      if (from !== second && to !== second) stage.heal(from, to);
    stage.run(3000);
    stage.append('a', '105');
    stage.run(500);
    stage.healAll();
    stage.run(3000);
    const expected = ['101', '103 of another', '102', '103', '104', '105'];
    for (const id of ['a', 'b', 'c']) expect(stage.values(id)).toEqual(expected);
  });

  test('Q5: of five members at once, fifty each, all take effect, each once', () => {
    const stage = new Witnessed(five);
    stage.settle();
    for (let at = 0; at < 50; at++) for (const id of fiveIds) stage.append(id, `${id}${at}`);
    stage.run(2000);
    expect(new Set(stage.values('a')).size).toBe(250);
    expect(stage.values('a')).toHaveLength(250);
    for (const id of fiveIds) {
      expect(stage.values(id)).toEqual(stage.values('a'));
      expect(stage.of(id, 'appended')).toHaveLength(50);
    }
  });

  test('Q4: hundreds that differ between two halves of five are set right without an exchange for each', () => {
    const stage = new Witnessed(five);
    const fifty = (id: string, name: string): void => {
      stage.append(id, ...Array.from({ length: 50 }, (_, at) => `${name}${at}`));
    };
    stage.settle();
    fifty('a', 'all');
    stage.run(500);
    stage.partition(['a', 'b'], ['c', 'd', 'e']);
    fifty('a', 'minority');
    stage.run(2000);
    const [second = ''] = stage.leading();
    fifty(second, 'majority');
    stage.run(500);
    const third = ['c', 'd', 'e'].find((id) => id !== second) ?? 'e';
    stage.partition(
      [third],
      ['c', 'd', 'e'].filter((id) => id !== third),
    );
    fifty(second, 'half');
    stage.run(2000);
    stage.forget();
    stage.healAll();
    stage.run(5000);
    const values = stage.committed('a');
    expect(values.length).toBe(200);
    expect(new Set(values).size).toBe(200);
    for (const id of fiveIds) expect(stage.committed(id)).toEqual(values);
    const refused = fiveIds.reduce((sum, id) => sum + stage.sent(id, 'append-rejected').length, 0);
    expect(refused).toBeLessThanOrEqual(12);
  });

  test('Q5: at a candidate that nobody answers does not even enter its log', () => {
    const stage = new Witnessed(three, { isHeld: true });
    for (const id of ['b', 'c']) stage.crash(id);
    stage.append('a', 'x');
    stage.run(2000);
    expect([stage.core('a').lastIndex, stage.core('a').commitIndex]).toEqual([0, 0]);
  });
});

describe('how much is sent', () => {
  test('each value goes over each link once, from where it was appended to the leader and on to the others', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.append('b', 'first');
    stage.run(200);
    stage.forget();
    const size = 5000;
    for (let at = 0; at < 10; at++) stage.append('b', String(at).repeat(size));
    stage.run(1000);
    const chars = (id: string): number =>
      stage.of(id, 'send').reduce((sum, { message }) => sum + JSON.stringify(message).length, 0);
    expect(chars('a')).toBeLessThan(2 * 10 * size * 1.2);
    expect(chars('b')).toBeLessThan(10 * size * 1.2);
    expect(stage.values('c')).toHaveLength(10);
  });

  test('an election takes a few messages, an idle group two a heartbeat and follower, and ten appends at once a few', () => {
    const stage = new Witnessed(three);
    const sends = (): number => stage.told.filter(({ effect }) => effect.type === 'send').length;
    stage.run(50);
    expect(sends()).toBeLessThanOrEqual(24);
    stage.run(450);
    stage.append('a', 'first');
    stage.run(200);
    stage.forget();
    stage.run(1000);
    expect(sends()).toBe(8 * 2 * 2);
    stage.forget();
    stage.append('a', ...Array.from({ length: 10 }, (_, at) => `${at}`));
    stage.run(100);
    expect(stage.values('c')).toHaveLength(10);
    expect(sends()).toBeLessThanOrEqual(3 * 4);
  });
});

describe('sessions', () => {
  test('Q5: a session that others pushed out goes on under another: nothing is lost or doubled', () => {
    const stage = new Stage({ limits: { maxSessions: 2 } });
    stage.found(configurationOf({ a: 1, b: 1, c: 1, d: 1 }));
    for (let round = 0; round < 10; round++) {
      for (const id of ['a', 'b', 'c', 'd']) stage.append(id, `${id}${round}`);
      stage.run(300);
    }
    stage.run(2000);
    const { core } = stage.actor('a');
    const values: string[] = [];
    for (let index = 1; index <= core.commitIndex; index++) {
      const entry = core.entry(index);
      if (entry?.type === 'value') values.push(entry.value);
    }
    expect(new Set(values).size).toBe(40);
  });

  test('Q5: of more members than there may be sessions all get what they append done, though each takes another’s place', () => {
    const stage = new Witnessed(five, { limits: { maxSessions: 1 }, delayMs: 50 });
    stage.settle();
    for (const id of fiveIds) stage.append(id, `${id}1`, `${id}2`);
    stage.run(30_000);
    for (const id of fiveIds) expect(stage.of(id, 'appended')).toHaveLength(2);
    expect(stage.values('a')).toHaveLength(10);
  });

  test('Q5: the sessions of earlier lives of the same members push out who lives on, and cost it nothing', () => {
    const stage = new Witnessed(three, { limits: { maxSessions: 2 } });
    stage.settle();
    stage.append('a', 'a0');
    stage.run(200);
    const others = (): readonly string[] => ['b', 'c'].filter((id) => !stage.leading().includes(id));
    for (let life = 1; life <= 8; life++) {
      const [id = 'b'] = others();
      stage.crash(id);
      stage.run(400);
      stage.restart(id);
      stage.run(800);
      stage.append(id, `${id} of life ${life}`);
      if (life % 2 === 0) stage.append('a', `a${life}`); // also while its session is being pushed out
      stage.run(400);
    }
    stage.run(1000);
    const values = stage.values('a');
    expect(values.filter((value) => value.startsWith('a'))).toEqual(['a0', 'a2', 'a4', 'a6', 'a8']);
    expect(new Set(values).size).toBe(values.length);
    expect(values).toHaveLength(5 + 8);
    expect(stage.of('a', 'append-failed')).toEqual([]);
    expect(stage.of('a', 'appended').map(({ ticket }) => ticket)).toEqual([1, 2, 3, 4, 5]);
    const { core } = stage.actor('a');
    const entries = Array.from({ length: core.lastIndex }, (_, at) => core.entry(at + 1));
    const registered = entries.filter((entry) => entry?.type === 'register' && entry.owner === 'a');
    expect(registered.length).toBeGreaterThan(2);
  });

  test('Q5: who leaves is told what never left it, and what may be committed all the same', () => {
    const stage = new Witnessed(three);
    stage.settle();
    stage.append('b', 'first');
    stage.run(100);
    stage.append('b', 'sent');
    stage.feed('b', { type: 'leave' });
    stage.isolate('c');
    stage.run(1000);
    stage.append('c', 'never sent');
    stage.feed('c', { type: 'leave' });
    expect(stage.of('b', 'append-failed')).toEqual([{ type: 'append-failed', ticket: 2, reason: 'unknown' }]);
    expect(stage.of('c', 'append-failed')).toEqual([{ type: 'append-failed', ticket: 1, reason: 'not-committed' }]);
  });

  test('a value that is too long is refused at once, and the others go on', () => {
    const stage = new Witnessed({ a: 1 });
    stage.run(500);
    stage.append('a', 'x'.repeat(1_048_577), 'y');
    stage.run(100);
    expect(stage.of('a', 'append-failed')).toEqual([{ type: 'append-failed', ticket: 1, reason: 'not-committed' }]);
    expect(stage.values('a')).toEqual(['y']);
  });

  test('Q5: thousands of appends from everywhere take effect once and in order, while leaders are killed', () => {
    const stage = new Witnessed(three);
    for (let round = 0; round < 12; round++) {
      for (const id of ['a', 'b', 'c']) {
        if (stage.actor(id).state === 'up')
          stage.append(id, ...Array.from({ length: 50 }, (_, at) => `${id}${round}.${at}`));
      }
      stage.run(120);
      const [leader] = stage.leading();
      if (round % 3 === 2 && leader !== undefined) {
        stage.crash(leader);
        stage.run(600);
        stage.restart(leader);
      }
    }
    expect(stage.runUntil(() => stage.agreed(['a', 'b', 'c']) !== null, 5000)).toBe(true);
    stage.run(3000);
    const histories = ['a', 'b', 'c'].map((id) => [...new Set(stage.committed(id))]);
    expect(histories[1]).toEqual(histories[0]);
    expect(histories[2]).toEqual(histories[0]);
    const answered = stage.told.filter(({ effect }) => effect.type === 'appended').length;
    expect(answered).toBeGreaterThan(1000);
  });
});
