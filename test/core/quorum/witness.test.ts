import { describe, expect, test } from 'vitest';
import { entryChars } from '../../../src/core/quorum/entry.ts';
import { Applied } from './applied.ts';
import type { Setting } from './witnessed.ts';

const pair = { a: 1, b: 1, w: 1 };

/** An entry comes to 64 characters and more: so some thirty of them fit. */
const maxWitnessChars = 2_000;
const small: Setting['limits'] = { maxWitnessChars, chunkChars: 40, chunksInFlight: 2, keptEntries: 0 };

const values = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, at) => `value ${from + at}`);

/** What the witness keeps, its snapshot left out. */
function charsAt(stage: Applied, id: string): number {
  const core = stage.core(id);
  let chars = 0;
  for (let index = core.firstIndex; index <= core.lastIndex; index++) chars += entryChars(core.entry(index)!);
  return chars;
}

/** a leads two, and only the witness is left with it. */
function lastOfTwo(limits: Setting['limits'] = small): Applied {
  const stage = new Applied(pair, { limits });
  stage.settle();
  stage.crash('b');
  return stage;
}

describe('the log of a witness', () => {
  test('Q8: stays short, for the leader sends it snapshots, also such as it would not need itself yet', () => {
    const stage = lastOfTwo({ ...small, maxWitnessChars: 6_000 });
    for (let round = 0; round < 40; round++) {
      stage.append('a', ...values(10, round * 10));
      stage.run(300);
      expect(charsAt(stage, 'w')).toBeLessThan(6_000 + 10 * 100);
    }
    stage.run(1_000);
    expect(stage.values('a')).toEqual(values(400));
    expect(stage.of('w', 'snapshot-wanted')).toEqual([]);
    expect(stage.core('w').snapshot).toEqual(expect.objectContaining({ index: stage.core('w').firstIndex - 1 }));
    expect(JSON.parse(stage.core('w').snapshot!.data)).toEqual(values(stage.core('w').firstIndex - 3));
    expect(stage.leading()).toEqual(['a']);
  });

  test('is let alone while it is short, whatever snapshots the leader makes for itself', () => {
    const stage = new Applied(pair, { limits: { ...small, snapshotEntries: 5, maxWitnessChars: 100_000 } });
    stage.settle();
    stage.append('a', ...values(100));
    stage.run(500);
    expect(stage.core('a').firstIndex).toBeGreaterThan(50);
    expect(stage.core('w')).toMatchObject({ firstIndex: 1, snapshot: null });
    expect(stage.sent('a', 'snapshot')).toEqual([]);
  });

  test('Q5: takes no more entries beyond its bound; what is appended waits until there is a snapshot, and nothing is lost', () => {
    const stage = lastOfTwo({ ...small, maxWitnessChars: 6_000 });
    stage.isBusy = true;
    stage.append('a', ...values(200));
    stage.run(3_000);
    const { lastIndex } = stage.core('w');
    expect(charsAt(stage, 'w')).toBeGreaterThanOrEqual(6_000);
    expect(charsAt(stage, 'w')).toBeLessThan(6_000 + 100);
    expect(stage.core('a').commitIndex).toBe(lastIndex);
    const before = stage.of('a', 'appended').length;
    expect(before).toBeLessThan(100);
    stage.forget();
    stage.run(1_000);
    expect(stage.sent('a', 'append', 'w')).toEqual([]);
    expect(stage.leading()).toEqual(['a']);
    expect(stage.of('a', 'append-failed')).toEqual([]);
    stage.isBusy = false;
    stage.run(5_000);
    expect(stage.list('a')).toEqual(values(200));
    expect(stage.of('a', 'appended')).toHaveLength(200 - before);
    expect(charsAt(stage, 'w')).toBeLessThan(6_000 + 100);
  });

  test('Q5: has no bound while there is no room to store it: what is appended waits, and goes on when there is room again', () => {
    const stage = lastOfTwo({ ...small, maxWitnessChars: 1_000_000 });
    stage.append('a', ...values(10));
    stage.run(500);
    const taken = stage.core('w').lastIndex;
    stage.isBusy = true;
    stage.feed('w', { type: 'storage', isFull: true, roomChars: Infinity });
    stage.append('a', ...values(50, 10));
    stage.run(3_000);
    expect(stage.core('w').lastIndex).toBe(taken);
    stage.forget();
    stage.run(1_000);
    expect(stage.sent('a', 'append', 'w')).toEqual([]);
    expect([stage.leading(), stage.of('a', 'append-failed')]).toEqual([['a'], []]);
    stage.feed('w', { type: 'storage', isFull: false, roomChars: Infinity });
    stage.run(1_000);
    expect(stage.list('a')).toEqual(values(60));
  });

  test('asks for snapshots while there is no room to store it, and keeps hardly anything beside them', () => {
    const stage = lastOfTwo({ ...small, maxWitnessChars: 1_000_000, chunkChars: 10_000 });
    stage.append('a', ...values(100));
    stage.run(500);
    expect(stage.core('w')).toMatchObject({ firstIndex: 1, snapshot: null });
    stage.feed('w', { type: 'storage', isFull: true, roomChars: Infinity });
    stage.run(1_000);
    expect(charsAt(stage, 'w')).toBeLessThan(200);
    expect(JSON.parse(stage.core('w').snapshot!.data)).toEqual(values(100));
    stage.append('a', ...values(3, 100));
    stage.run(5_000);
    expect(stage.list('a')).toEqual(values(103));
    expect(charsAt(stage, 'w')).toBeLessThan(200);
  });

  test('is sent none for which whoever stores for it has no room, until there is', () => {
    const stage = lastOfTwo({ ...small, maxWitnessChars: 6_000, chunkChars: 10_000 });
    stage.feed('w', { type: 'storage', isFull: false, roomChars: 500 });
    stage.append('a', ...values(90));
    stage.run(3_000);
    expect(stage.core('a').snapshot?.data.length).toBeGreaterThan(500);
    expect([stage.sent('a', 'snapshot', 'w'), stage.of('w', 'bad-message')]).toEqual([[], []]);
    stage.feed('w', { type: 'storage', isFull: false, roomChars: Infinity });
    stage.run(1_000);
    expect(stage.core('w').snapshot?.data.length).toBeGreaterThan(500);
  });

  test('takes entries while a snapshot of many pieces comes, and the pieces again that get lost', () => {
    let pieces = 0;
    let isLossy = true;
    const stage = new Applied(pair, { limits: { ...small, chunkChars: 10 } });
    stage.settle();
    stage.crash('b');
    const deliver = stage.deliver.bind(stage);
    stage.deliver = (letter) => {
      const { type } = letter.message as { type: string };
      if (isLossy && type.startsWith('snapshot') && ++pieces % 3 === 0) return;
      deliver(letter);
    };
    stage.append('a', ...values(23));
    const [entries, firstIndex] = [stage.core('w').lastIndex, stage.core('w').firstIndex];
    expect(stage.runUntil(() => pieces > 4, 2_000)).toBe(true);
    stage.append('a', 'meanwhile');
    stage.run(100);
    expect(stage.core('w').lastIndex).toBeGreaterThan(entries);
    expect(stage.core('w').firstIndex).toBe(firstIndex);
    expect(stage.values('a')).toContain('meanwhile');
    stage.run(20_000);
    expect(stage.core('w').firstIndex).toBeGreaterThan(20);
    isLossy = false;
  });

  test('Q6: however full it is, it takes what a new leader has to commit first', () => {
    const stage = lastOfTwo({ ...small, maxBatchEntries: 4 });
    stage.isBusy = true;
    stage.append('a', ...values(100));
    stage.run(1_000);
    const full = stage.core('w').lastIndex;
    expect(stage.core('a').lastIndex).toBeGreaterThan(full + 20);
    stage.crash('a');
    stage.restart('a'); // it has forgotten that anything was committed
    stage.run(10_000);
    expect(stage.leading()).toEqual(['a']);
    expect(stage.core('a').commitIndex).toBeGreaterThan(full);
    expect(stage.core('a').commitIndex).toBe(stage.core('a').lastIndex);
  });

  test('is sent no snapshot that is longer than its bound: then it is full, and what is appended waits', () => {
    const stage = lastOfTwo();
    stage.append('a', ...values(30).map((value) => value.padEnd(100, '.')));
    stage.run(3_000);
    expect(stage.core('a').snapshot?.data.length).toBeGreaterThan(maxWitnessChars);
    expect(stage.core('w').snapshot?.data.length ?? 0).toBeLessThan(maxWitnessChars);
    expect(stage.of('w', 'bad-message')).toEqual([]);
    expect(stage.core('a').commitIndex).toBe(stage.core('w').lastIndex);
    expect(stage.core('a').lastIndex).toBeGreaterThan(stage.core('a').commitIndex);
    expect(stage.of('a', 'append-failed')).toEqual([]);
  });

  test('refuses a snapshot that is longer than its bound, of a member that has another one', () => {
    const stage = lastOfTwo();
    const deliver = stage.deliver.bind(stage);
    stage.deliver = (letter) => {
      const message = letter.message as { readonly type: string };
      const isLong = message.type === 'snapshot' && letter.to === 'w';
      deliver(isLong ? { ...letter, message: { ...message, totalChars: maxWitnessChars + 1 } } : letter);
    };
    stage.append('a', ...values(60));
    stage.run(2_000);
    const codes = stage.of('w', 'bad-message').map(({ code, reason }) => [code, reason]);
    expect(codes[0]).toEqual(['malformed', 'the snapshot is longer than a witness keeps']);
    expect(stage.core('w').snapshot).toBeNull();
  });

  test('is found as it was after a crash, with the snapshot in the place of the entries', () => {
    const stage = lastOfTwo();
    stage.append('a', ...values(60));
    stage.run(2_000);
    const { firstIndex, lastIndex, snapshot } = stage.core('w');
    expect(firstIndex).toBeGreaterThan(10);
    stage.crash('w');
    stage.restart('w');
    expect(stage.core('w')).toMatchObject({ firstIndex, lastIndex, snapshot });
    stage.restart('b');
    stage.crash('a');
    stage.run(20_000);
    expect(stage.leading()).toEqual(['b']);
    expect(stage.list('b')).toEqual(values(60));
  });
});
