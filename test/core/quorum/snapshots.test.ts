// Snapshots: Raft §7, Ongaro §5; MIT 6.5840 3D.
import { describe, expect, test } from 'vitest';
import type { SnapshotChunk } from '../../../src/core/quorum/messages.ts';
import { snapshotText } from '../../../src/core/quorum/snapshots.ts';
import { configurationOf } from './stage.ts';
import { Applied } from './applied.ts';
import { Witnessed, append, appendReply, heartbeatReply, playing, three } from './witnessed.ts';
import type { Setting } from './witnessed.ts';

const short: Setting['limits'] = { snapshotEntries: 20, keptEntries: 2, chunkChars: 50, chunksInFlight: 2 };

const numbers = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${from + at}`);

/** One piece with everything in it. */
function piece(
  term: number,
  index: number,
  changes: Partial<SnapshotChunk> = {},
  configuration = configurationOf(three),
): SnapshotChunk {
  const sessions = [{ id: 2, owner: 'b', nonce: 7, last: 3, usedAt: 4 }].filter(() => index >= 4);
  const { text, digest } = snapshotText({ index, term: term - 1, configuration, sessions, data: '["state"]' });
  const whole = { index, lastTerm: term - 1, configuration, digest, totalChars: text.length, offset: 0, chunk: text };
  return { type: 'snapshot', term, ...whole, ...changes };
}

describe('who gets a snapshot', () => {
  test('Q5: takes it in the place of all it had, and says that it has everything up to there', () => {
    const stage = playing('follower', three, [1, 2, 3]);
    stage.hear('a', 'b', piece(5, 11));
    expect(stage.of('a', 'snapshot-installed')).toEqual([{ type: 'snapshot-installed', index: 11, data: '["state"]' }]);
    expect(stage.core('a')).toMatchObject({ firstIndex: 12, lastIndex: 11, commitIndex: 11 });
    expect(stage.sent('a', 'append-reply', 'b').map(({ message }) => message)).toEqual([appendReply(5, 11)]);
    stage.hear('a', 'b', append(5, [11, 4], [5], 12));
    expect(stage.core('a')).toMatchObject({ lastIndex: 12, commitIndex: 12 });
    stage.crash('a');
    stage.restart('a');
    expect(stage.core('a')).toMatchObject({ firstIndex: 12, lastIndex: 12, commitIndex: 11 });
    expect(stage.of('a', 'snapshot-installed')).toHaveLength(2);
  });

  test('Q4: takes its configuration with it: learners, weights and both halves of a joint one', () => {
    const [voters = []] = configurationOf({ a: 1, b: 2, d: 1 }).halves;
    const joint = { halves: [...configurationOf(three).halves, voters], learners: ['l'] };
    const stage = playing('follower');
    stage.hear('a', 'b', piece(5, 11, {}, joint));
    expect(stage.core('a').configuration).toEqual(joint);
    stage.crash('a');
    stage.restart('a');
    expect(stage.core('a').configuration).toEqual(joint);
  });

  test.each([
    [
      'a voter that is a learner by it campaigns no more',
      { halves: configurationOf({ b: 1, c: 1 }).halves, learners: ['a'] },
      false,
    ],
    ['a voter that is in it as one still does', configurationOf(three), true],
  ] as const)('Q4: makes of it what it is there: %s', (_, configuration, asks) => {
    const stage = playing('follower');
    stage.hear('a', 'b', piece(5, 11, {}, configuration));
    stage.forget();
    stage.run(5000);
    expect(stage.sent('a', 'pre-vote').length > 0).toBe(asks);
  });

  test('Q4: that is not ahead of what it has committed takes nothing, and says what it has', () => {
    const stage = playing('follower', three, [4, 4]);
    stage.hear('a', 'b', append(5, [2, 4], [5, 5], 4));
    stage.forget();
    for (const index of [2, 4]) stage.hear('a', 'b', piece(5, index));
    expect(stage.of('a', 'snapshot-installed')).toEqual([]);
    expect(stage.log('a')).toEqual([4, 4, 5, 5]);
    expect(stage.sent('a', 'append-reply').map(({ message }) => message['match'])).toEqual([4, 4].map(() => 4));
  });

  test('Q4: whose log has that entry keeps the log, and commits up to there', () => {
    const stage = playing('follower', three, [4, 4, 4, 4, 4]);
    stage.hear('a', 'b', piece(5, 4));
    expect(stage.of('a', 'snapshot-installed')).toEqual([]);
    expect([stage.log('a'), stage.core('a').commitIndex]).toEqual([[4, 4, 4, 4, 4], 4]);
  });

  test('Q11: in pieces that do not make what they say, takes nothing and reports it', () => {
    for (const changes of [{ digest: 1 }, { chunk: 'x'.repeat(piece(5, 11).totalChars) }]) {
      const stage = playing('follower', three, [1, 2]);
      stage.hear('a', 'b', piece(5, 11, changes));
      expect(stage.of('a', 'bad-message').map(({ code }) => code)).toEqual(['impossible']);
      expect(stage.of('a', 'snapshot-installed')).toEqual([]);
      expect(stage.log('a')).toEqual([1, 2]);
    }
  });

  test('Q11: in pieces of two, never mixes them: it goes on only with the one that it was told of last', () => {
    const stage = playing('follower');
    const [one, other] = [piece(5, 11), piece(5, 12)];
    const part = (of: SnapshotChunk, from: number, to?: number): SnapshotChunk => ({
      ...of,
      ...{ offset: from, chunk: of.chunk.slice(from, to) },
    });
    stage.hear('a', 'b', part(one, 0, 5));
    stage.hear('a', 'b', part(other, 5));
    stage.hear('a', 'b', part(one, 5));
    const offsets = stage.sent('a', 'snapshot-reply').map(({ message }) => [message['index'], message['offset']]);
    expect(offsets).toEqual([
      [11, 5],
      [12, 0],
      [11, 0],
    ]);
    stage.hear('a', 'b', part(one, 0));
    expect(stage.of('a', 'snapshot-installed')).toHaveLength(1);
  });

  test('Q5: knows from it which appends took effect: copies of them take none', () => {
    const stage = playing('follower');
    stage.hear('a', 'b', piece(5, 11));
    const value = (sequence: number): unknown => ({
      ...{ type: 'value', term: 5, session: 2, sequence, value: `${sequence}` },
    });
    const entries = [value(2), value(3), value(4), value(4), value(6)];
    stage.hear('a', 'b', { type: 'append', term: 5, prevIndex: 11, prevTerm: 4, entries, commit: 16 });
    expect(stage.values('a')).toEqual(['4']);
  });
});

describe('the leader', () => {
  /** a leads b and c alone, and has compacted its log up to 21. */
  function compacted(): Applied {
    const stage = new Applied(three, { limits: short });
    stage.settle();
    stage.isolate('c');
    stage.append('a', ...numbers(25));
    stage.run(100);
    if (stage.core('a').firstIndex < 20) throw new Error('nothing was compacted');
    return stage;
  }

  test('sends its snapshot when the entries that come next are gone, a piece first, and no entries beside it', () => {
    const stage = compacted();
    stage.isHolding = true;
    stage.heal('a', 'c');
    stage.forget();
    stage.run(130);
    const { lastIndex } = stage.core('c');
    const round = Number(stage.sent('a', 'heartbeat', 'c').at(-1)?.message['round']);
    stage.hear('a', 'c', { type: 'append-rejected', term: 1, prevIndex: 2, hintIndex: 1, hintTerm: 1 });
    stage.hear('a', 'c', heartbeatReply(1, round, lastIndex));
    expect(stage.sent('a', 'snapshot', 'c').map(({ message }) => message['offset'])).toEqual([0]);
    stage.forget();
    stage.append('a', 'more');
    expect(stage.sent('a', 'append', 'c')).toEqual([]);
    expect(stage.sent('a', 'append', 'b')).toHaveLength(1);
  });

  test('streams pieces ahead of the answers, and goes on behind what has arrived when some get lost', () => {
    let count = 0;
    const stage = new Applied(three, {
      limits: short,
      delayMs: (from, to) => (to === 'c' && from !== 'c' && ++count % 7 === 0 ? null : 5),
    });
    stage.settle();
    stage.isolate('c');
    stage.append('a', ...numbers(200).map((value) => value.repeat(20)));
    stage.run(500);
    stage.forget();
    stage.healAll();
    stage.run(10_000);
    expect(stage.of('c', 'snapshot-installed').length).toBeGreaterThan(0);
    expect(stage.list('c')).toEqual(stage.list('a'));
    expect(stage.list('c')).toHaveLength(200);
    const pieces = stage.sent('a', 'snapshot', 'c').length;
    const total = Number(stage.sent('a', 'snapshot', 'c')[0]?.message['totalChars']) / 50;
    expect(pieces).toBeLessThan(total * 1.5); // what arrived is not sent again
  });

  test('that is new goes on with the snapshot where the one before stopped, if it is the same', () => {
    const stage = new Applied(
      { a: 1, b: 1, c: 1, d: 1 },
      { limits: { ...short, snapshotEntries: 150, chunkChars: 20 } },
    );
    stage.settle();
    stage.isolate('d');
    stage.append('a', ...numbers(160));
    stage.run(300);
    stage.healAll();
    expect(stage.runUntil(() => stage.sent('d', 'snapshot-reply').length > 5, 2000)).toBe(true);
    const before = Number(stage.sent('d', 'snapshot-reply').at(-1)?.message['offset']);
    stage.crash('a');
    stage.forget();
    stage.run(3000);
    expect(stage.list('d')).toEqual(numbers(160));
    const [leader = ''] = stage.leading();
    const offsets = stage.sent(leader, 'snapshot', 'd').map(({ message }) => Number(message['offset']));
    expect(before).toBeGreaterThan(0);
    expect(offsets.length).toBeGreaterThan(5);
    expect(offsets.filter((offset) => offset > 0 && offset < before - 40)).toEqual([]);
  });

  test('sends one that is silent a single piece, again with a round now and then, and not all it has', () => {
    const stage = compacted();
    stage.isHolding = true;
    stage.healAll();
    stage.forget();
    stage.hear('a', 'c', heartbeatReply(1, 1, 0));
    stage.hear('a', 'c', { type: 'append-rejected', term: 1, prevIndex: 2, hintIndex: 0, hintTerm: 0 });
    stage.run(1000);
    const pieces = stage.sent('a', 'snapshot', 'c').map(({ message }) => message['offset']);
    expect([...new Set(pieces)]).toEqual([0]);
    expect(pieces.length).toBeLessThan(12);
  });

  test('stops sending it to one that has what it holds by other means, and goes on with entries behind that', () => {
    const stage = compacted();
    stage.isHolding = true;
    stage.hear('a', 'c', { type: 'append-rejected', term: 1, prevIndex: 2, hintIndex: 1, hintTerm: 1 });
    const index = stage.core('a').snapshot?.index ?? 0;
    stage.forget();
    stage.hear('a', 'c', appendReply(1, index - 1)); // not yet
    stage.append('a', 'x');
    expect(stage.sent('a', 'append', 'c')).toEqual([]);
    stage.hear('a', 'c', appendReply(1, index));
    const [first] = stage.sent('a', 'append', 'c');
    expect(first?.message['prevIndex']).toBe(index);
  });

  test('keeps a few entries behind the snapshot, so that one who is a little late needs none', () => {
    const stage = new Applied(three, { limits: { ...short, keptEntries: 15 } });
    stage.settle();
    stage.append('a', ...numbers(15));
    stage.run(100);
    stage.isolate('c');
    stage.append('a', ...numbers(10, 15));
    stage.run(100);
    expect(stage.core('a').snapshot?.index).toBeGreaterThan(stage.core('c').lastIndex);
    stage.healAll();
    stage.run(1000);
    expect(stage.of('c', 'snapshot-installed')).toEqual([]);
    expect(stage.list('c')).toEqual(numbers(25));
  });

  test('brings a learner up to date by it like a voter', () => {
    const stage = new Applied({ ...configurationOf(three), learners: ['l'] }, { limits: short });
    stage.isolate('l');
    stage.settle();
    stage.append('a', ...numbers(60));
    stage.run(300);
    stage.healAll();
    stage.run(2000);
    expect(stage.of('l', 'snapshot-installed')).toHaveLength(1);
    expect(stage.list('l')).toEqual(numbers(60));
  });
});

describe('logs are kept short', () => {
  test.each([
    ['nothing', 'happens', 0],
    ['links', 'are cut', 0],
    ['links', 'lose a tenth', 0.1],
    ['members', 'crash', 0],
    ['members', 'crash and links lose a tenth', 0.1],
  ] as const)('Q5: and every member comes to the same state while %s %s', (_, what, lossRate) => {
    let draws = 0;
    const stage = new Applied(three, {
      limits: short,
      delayMs: () => (((++draws * 7919) % 1000) / 1000 < lossRate ? null : 5),
    });
    const ids = ['a', 'b', 'c'];
    let count = 0;
    for (let round = 0; round < 15; round++) {
      const victim = ids[round % 3] as string;
      if (what.includes('cut')) stage.isolate(victim);
      if (what.includes('crash')) stage.crash(victim);
      const writer = ids.find((id) => id !== victim) ?? 'a';
      const values = numbers(12, count);
      count += values.length;
      stage.append(writer, ...values);
      expect(stage.runUntil(() => stage.list(writer).length >= count, 20_000)).toBe(true);
      if (what.includes('cut')) stage.healAll();
      if (what.includes('crash')) stage.restart(victim);
      stage.run(300);
    }
    stage.run(3000);
    for (const id of ids) {
      expect([id, stage.list(id).length]).toEqual([id, count]);
      expect(stage.list(id)).toEqual(stage.list('a'));
      expect(stage.log(id).length).toBeLessThan(60);
    }
    expect(stage.list('a').toSorted()).toEqual(numbers(count).toSorted());
  });

  test('Q5: and when all crash at once they start from snapshot and log, and go on', () => {
    const stage = new Applied(three, { limits: short });
    for (let round = 0; round < 5; round++) {
      expect(stage.runUntil(() => stage.agreed(['a', 'b', 'c']) !== null, 5000)).toBe(true);
      stage.append(stage.leading()[0] ?? 'a', ...numbers(30, 30 * round));
      stage.run(400);
      for (const id of ['a', 'b', 'c']) stage.crash(id);
      for (const id of ['a', 'b', 'c']) stage.restart(id);
      if (round > 0) expect(stage.list('a').length).toBeGreaterThan(20);
    }
    stage.run(2000);
    for (const id of ['a', 'b', 'c']) expect(stage.list(id)).toEqual(numbers(150));
  });

  test('Q5: a snapshot that the application gives late is of the moment when it was wanted, sessions as well', () => {
    const stage = new Witnessed({ a: 1 }, { limits: short });
    stage.append('a', ...numbers(20));
    const [wanted] = stage.of('a', 'snapshot-wanted');
    stage.append('a', 'behind it');
    stage.feed('a', { type: 'snapshot', index: wanted?.index ?? 0, data: 'the first 20' });
    stage.crash('a');
    stage.forget();
    stage.restart('a');
    stage.run(1000);
    expect(stage.of('a', 'snapshot-installed').map(({ data }) => data)).toEqual(['the first 20']);
    expect(stage.values('a')).toEqual(['behind it']);
  });

  test('an application that never answers keeps the log whole, and nothing else waits for it', () => {
    const stage = new Witnessed(three, { limits: short });
    stage.settle();
    stage.append('a', ...numbers(100));
    stage.run(1000);
    expect(stage.of('a', 'snapshot-wanted')).toHaveLength(1);
    expect(stage.values('c')).toHaveLength(100);
    expect(stage.core('a').firstIndex).toBe(1);
  });
});
