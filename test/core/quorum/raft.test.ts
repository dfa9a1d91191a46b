import { describe, expect, test } from 'vitest';
import { Stage, configurationOf } from './stage.ts';
import { Witnessed } from './witnessed.ts';

describe('Q4 and Q5: the log', () => {
  test('the commit index never passes what this member knows to be the leader’s', () => {
    const stage = new Witnessed({ a: 1, b: 1, c: 1 });
    stage.settle();
    const { core } = stage.actor('b');
    const { term } = core.hardState;
    const before = core.commitIndex;
    const message = { type: 'heartbeat', term, round: 500, leaseMs: 250, rttMs: 5, commit: 999, order: [] };
    stage.feed('b', { type: 'message', from: 'a', message });
    expect(core.commitIndex).toBe(before);
  });

  test('thousands of appends from everywhere take effect once and in order, while leaders are killed', () => {
    const stage = new Witnessed({ a: 1, b: 1, c: 1 });
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
    const histories = ['a', 'b', 'c'].map((id) => {
      const { core } = stage.actor(id);
      const seen = new Set<string>();
      for (let index = core.firstIndex; index <= core.commitIndex; index++) {
        const entry = core.entry(index);
        if (entry?.type === 'value') seen.add(`${entry.session}.${entry.sequence} ${entry.value}`);
      }
      return [...seen];
    });
    expect(histories[1]).toEqual(histories[0]);
    expect(histories[2]).toEqual(histories[0]);
    const answered = stage.told.filter(({ effect }) => effect.type === 'appended').length;
    expect(answered).toBeGreaterThan(1000);
  });

  test('a value that is too long is refused at once, and the others go on', () => {
    const stage = new Witnessed({ a: 1 });
    stage.run(500);
    stage.append('a', 'x'.repeat(1_048_577), 'y');
    stage.run(100);
    expect(stage.of('a', 'append-failed')).toEqual([{ type: 'append-failed', ticket: 1, reason: 'not-committed' }]);
    expect(stage.values('a')).toEqual(['y']);
  });

  test('who leaves is told what never left it, and what may be committed all the same', () => {
    const stage = new Witnessed({ a: 1, b: 1, c: 1 });
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

  test('a session that others pushed out goes on under another: nothing is lost or doubled', () => {
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

  test('a follower that is far behind gets the snapshot in pieces, and goes on where it was when some are lost', () => {
    const stage = new Stage({
      limits: { snapshotEntries: 20, keptEntries: 2, chunkChars: 50, chunksInFlight: 2 },
      onEffect: (actor, effect) => {
        if (effect.type === 'snapshot-installed') installed.push(`${actor.id} ${effect.data.length}`);
        if (effect.type !== 'snapshot-wanted') return;
        later.push(() => stage.feed(actor.id, { type: 'snapshot', index: effect.index, data: 'd'.repeat(5000) }));
      },
      delayMs: (from, to) => (to === 'c' && from !== 'c' && ++count % 7 === 0 ? null : 5),
    });
    let count = 0;
    const installed: string[] = [];
    const later: (() => void)[] = [];
    stage.found(configurationOf({ a: 1, b: 1, c: 1 }));
    stage.run(500);
    stage.isolate('c');
    for (let round = 0; round < 10; round++) {
      stage.append('a', 'u', 'v', 'w', 'x', 'y', 'z');
      stage.run(100);
      for (const act of later.splice(0)) act();
    }
    expect(stage.actor('a').core.firstIndex).toBeGreaterThan(20);
    stage.healAll();
    stage.run(10_000);
    expect(installed).toEqual(['c 5000']);
    expect(stage.actor('c').core.commitIndex).toBe(stage.actor('a').core.commitIndex);
    stage.crash('c');
    stage.restart('c');
    expect(installed).toEqual(['c 5000', 'c 5000']);
  });
});

describe('Q6: crashes and broken links', () => {
  test('a crash is over with the rest of the lease and two round trips', () => {
    for (const delayMs of [1, 5, 15]) {
      const stage = new Witnessed({ a: 1, b: 1, c: 1 }, { delayMs });
      stage.settle();
      stage.crash('a');
      const crashedAtMs = stage.nowMs;
      expect(stage.runUntil(() => stage.leading().length === 1, 1000)).toBe(true);
      expect(stage.nowMs - crashedAtMs).toBeLessThan(250 + 4 * delayMs + delayMs + 10);
    }
  });

  test('the survivor of two with a witness leads, and so does whoever is alone from the start', () => {
    const stage = new Witnessed({ a: 1, b: 1, w: 1 });
    stage.settle();
    stage.crash('a');
    stage.run(1000);
    expect(stage.leading()).toEqual(['b']);
    const alone = new Witnessed({ a: 1 });
    alone.run(1);
    expect(alone.leading()).toEqual(['a']);
  });

  test('a leader that is heard but hears nobody gives way to one that is in touch both ways', () => {
    const stage = new Witnessed({ a: 1, b: 1, c: 1 });
    stage.settle();
    stage.cut('b', 'a');
    stage.cut('c', 'a');
    stage.run(3000);
    expect(['b', 'c']).toContain(stage.leading()[0]);
  });
});

describe('Q9: handing over', () => {
  test('to a member that is gone changes the leader to whoever can lead, under a higher term', () => {
    const stage = new Witnessed({ a: 1, b: 1, c: 1 });
    stage.settle();
    stage.crash('c');
    stage.feed('a', { type: 'transfer', to: 'c' });
    stage.run(3000);
    expect(stage.leading()).toHaveLength(1);
  });

  test('to a stranger, a witness or oneself is not done', () => {
    const stage = new Witnessed({ a: 1, b: 1, w: 1 });
    stage.settle();
    const { core } = stage.actor('a');
    for (const to of ['x', 'w', 'a']) {
      expect(core.canTransfer(to)).toBe(false);
      stage.feed('a', { type: 'transfer', to });
      expect(stage.leading()).toEqual(['a']);
    }
    expect(core.canTransfer()).toBe(true);
  });

  test('waits until the heir has the whole log', () => {
    const stage = new Witnessed({ a: 1, b: 1, c: 1 });
    stage.settle();
    stage.actor('c').writeMs = 60;
    stage.append('a', 'x');
    stage.feed('a', { type: 'transfer', to: 'c' });
    expect(stage.leading()).toEqual(['a']);
    stage.run(400);
    expect(stage.leading()).toEqual(['c']);
    expect(stage.values('c')).toEqual(['x']);
  });

  test('in line comes first who is most up to date, then of higher priority, then visible', () => {
    const stage = new Witnessed({ a: 1, b: 1, c: 1, d: 1 });
    stage.feed('a', { type: 'priority', priority: 5 });
    stage.feed('d', { type: 'priority', priority: 1 });
    stage.feed('b', { type: 'visible', visible: false });
    stage.run(1000);
    expect(stage.sent('a', 'heartbeat').at(-1)?.message['order']).toEqual(['d', 'c', 'b']);
  });
});

describe('the same seed and the same events', () => {
  test('give the same effects', () => {
    const record = (): string => {
      const stage = new Witnessed({ a: 1, b: 1, c: 1 });
      stage.append('b', 'x');
      stage.run(1000);
      stage.crash('a');
      stage.run(1000);
      return JSON.stringify(stage.told);
    };
    expect(record()).toBe(record());
  });
});
