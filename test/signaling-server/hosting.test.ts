import { expect, test } from 'vitest';
import { Budget } from '../../signaling-server/budget.ts';
import { Hosting } from '../../signaling-server/hosting.ts';
import { Unfinished } from '../../signaling-server/unfinished.ts';
import { Store } from '../../signaling-server/store.ts';
import { foundedBy } from '../../src/core/quorum/configuration.ts';
import type { Entry } from '../../src/core/quorum/entry.ts';
import { Clocks } from '../../src/driver/clocks.ts';
import { virtualClock } from '../../src/platform/virtual.ts';
import type { Json } from '../../src/protocol/json.ts';
import { PieceAssembler, Pieces } from '../../src/protocol/pieces.ts';
import { MemoryDatabase } from './memory-database.ts';
import { closedRecordOf, recordOf } from './records.ts';

const termsPerEpoch = 2 ** 20;

/** One life of what a server hosts for a room, and whoever talks to its witness. */
async function life(database: MemoryDatabase | null, budget: Budget = new Budget(1e9, 1, () => {})) {
  const clock = virtualClock();
  const { timers, clock: hands } = clock.platform();
  const store = database && (await Store.open(database));
  const said: Record<string, Json>[] = [];
  const failures: unknown[] = [];
  const lost: unknown[] = [];
  const pieces = new Pieces();
  const assembler = new PieceAssembler(1e6);
  const hosting = new Hosting({
    ...{ room: 'room', store, budget, unfinished: new Unfinished(), clocks: new Clocks(hands), timers },
    ...{ maxPieceBytes: 1000, maxChars: 1e6, maxSenders: 10 },
    seed: () => 7,
    send: (to, payloads) => {
      for (const payload of payloads) {
        const assembled = assembler.take(payload);
        if (assembled.type === 'message') said.push({ to, ...(assembled.message as object) });
      }
    },
    onBadMessage: (from, reason) => said.push({ from, reason }),
    onStoreFailed: (error) => failures.push(error),
    onLost: (error) => lost.push(error),
  });
  const answers: boolean[] = [];
  /** Says it, and waits for whatever comes of it. */
  const ask = async (from: string, message: Json): Promise<Record<string, Json> | undefined> => {
    said.length = 0;
    for (const piece of pieces.split(message, 1000)) hosting.hear(from, piece);
    await clock.settle();
    return said.at(-1);
  };
  return {
    ...{ clock, store, hosting, ask, answers, failures, lost },
    found: async (record: ReturnType<typeof recordOf>): Promise<boolean | undefined> => {
      hosting.found(record, (isFounded) => answers.push(isFounded));
      await clock.settle();
      return answers.at(-1);
    },
    vote: (from: string, epoch: number, n: number, log = { lastIndex: 0, lastTerm: 0 }) => {
      const term = epoch * termsPerEpoch + n;
      return ask(from, { type: 'vote', term, ...log, leaseMs: 250, released: null });
    },
  };
}

/** The first entries of an epoch, as Ada sends them once she leads it: Bob is a voter as well. */
function firstEntries(epoch: number, witness: string): Json {
  const term = epoch * termsPerEpoch + 1;
  const voterOf = (id: string) => ({ id, weight: 1, witness: id === witness });
  const founding = { halves: [['ada', witness].map(voterOf)], learners: [] };
  const withBob = { halves: [['ada', 'bob', witness].map(voterOf)], learners: [] };
  const entries: readonly Entry[] = [
    { type: 'configuration', term, configuration: founding },
    { type: 'configuration', term, configuration: withBob },
  ];
  return { type: 'append', term, prevIndex: 0, prevTerm: 0, entries: entries as unknown as Json, commit: 0 };
}

test('its witness votes as soon as its record is durable, and not before', async () => {
  const database = new MemoryDatabase();
  const { hosting, answers, vote, store } = await life(database);
  hosting.found(recordOf(5), (isFounded) => answers.push(isFounded));
  expect([answers, hosting.isAwake]).toEqual([[], false]);
  expect(hosting.witness()).toBeNull();
  await expect.poll(() => answers).toEqual([true]);
  expect((await Store.open(database.copy())).rooms.get('room')).toEqual(recordOf(5));
  expect(hosting.witness()).toMatchObject({
    id: 'w5',
    epoch: 5,
    standing: { lastIndex: 0, configuration: [{ length: 2 }] },
  });
  expect(await vote('ada', 5, 1)).toMatchObject({ to: 'ada', type: 'vote-reply', granted: true });
  expect(hosting.witness()).toMatchObject({ id: 'w5', standing: null }); // it has promised something
  expect(store?.rooms.size).toBe(1);
});

test('without a store it is founded within the call', async () => {
  const { hosting, answers, vote } = await life(null);
  hosting.found(recordOf(5), (isFounded) => answers.push(isFounded));
  expect(answers).toEqual([true]);
  expect(await vote('ada', 5, 1)).toMatchObject({ granted: true });
});

test('after a crash its witness is back under its id, as soon as somebody needs it, and does not vote twice (Q3)', async () => {
  const database = new MemoryDatabase();
  const before = await life(database);
  await before.found(recordOf(5));
  await before.vote('ada', 5, 1);
  await before.ask('ada', firstEntries(5, 'w5'));
  const log = { lastIndex: 2, lastTerm: 5 * termsPerEpoch + 1 };
  await before.clock.advance(1000);
  expect(await before.vote('ada', 5, 2, log)).toMatchObject({ granted: true });

  const after = await life(database.copy());
  await after.clock.advance(3_600_000);
  expect(after.hosting.isAwake).toBe(false); // nobody came
  expect(after.hosting.witness()).toEqual({ id: 'w5', epoch: 5, standing: null }); // it is not known yet
  await after.clock.settle();
  expect(after.hosting.isAwake).toBe(true);
  await after.clock.advance(1000); // what it may have promised to Ada
  expect(await after.vote('bob', 5, 2, log)).toMatchObject({ to: 'bob', granted: false });
  expect(await after.vote('bob', 5, 3, log)).toMatchObject({ to: 'bob', granted: true });
});

test('in the next epoch its witness goes on with its log, under its id, and need not wait for its old promises', async () => {
  const database = new MemoryDatabase();
  const { clock, hosting, ask, found, vote } = await life(database);
  await found(recordOf(5, 'w'));
  await vote('ada', 5, 1);
  const term = 5 * termsPerEpoch + 1;
  expect(await ask('ada', firstEntries(5, 'w'))).toMatchObject({ type: 'append-reply', match: 2 });
  await clock.advance(10_000);
  expect(hosting.witness()?.standing).toMatchObject({ lastIndex: 2, lastTerm: term, configuration: [{ length: 3 }] });

  expect(await found(recordOf(6, 'w'))).toBe(true);
  const standing = { lastIndex: 2, lastTerm: term, configuration: [{ length: 2 }] }; // Bob was of the last epoch
  expect(hosting.witness()).toMatchObject({ id: 'w', epoch: 6, standing });
  expect(await vote('ada', 5, 9, { lastIndex: 2, lastTerm: term })).not.toMatchObject({ granted: true });
  expect(await vote('ada', 6, 1)).toMatchObject({ granted: false }); // without her log
  expect(await vote('ada', 6, 2, { lastIndex: 2, lastTerm: term })).toMatchObject({ granted: true });

  const again = await life(database.copy());
  again.hosting.witness();
  await again.clock.advance(1000);
  expect(again.hosting.witness()).toMatchObject({ id: 'w', epoch: 6, standing: { lastIndex: 2 } });
});

test('one that has promised something since it was asked goes on in its epoch, and another is not founded', async () => {
  const { hosting, found, vote } = await life(new MemoryDatabase());
  await found(recordOf(5, 'w'));
  expect(hosting.witness()?.standing).not.toBeNull();
  expect(await vote('ada', 5, 1)).toMatchObject({ granted: true });
  expect(await found(recordOf(6, 'w'))).toBe(false);
  expect(hosting.witness()).toEqual({ id: 'w', epoch: 5, standing: null });
  expect(await vote('ada', 5, 2)).toMatchObject({ granted: true });
});

test('nothing is founded on a full disk, and whoever was there is silent for good, without a promise', async () => {
  const database = new MemoryDatabase();
  const { clock, hosting, found, vote, failures } = await life(database);
  await found(recordOf(5, 'w'));
  database.fill();
  const told: boolean[] = [];
  hosting.found(recordOf(6, 'w'), (isFounded) => told.push(isFounded));
  await clock.advance(1000);
  expect(told).toEqual([]); // for all that anybody knows it may be there at the next start
  expect(failures).toEqual([expect.objectContaining({ code: 'storage-full' })]);
  expect(await vote('ada', 5, 1)).toBeUndefined();
  expect(await found(recordOf(7, 'x'))).toBe(false);
  await clock.advance(60_000);
  expect(hosting.witness()).toEqual({ id: 'w', epoch: 5, standing: null });
  const copy = await Store.open(database.copy());
  expect(copy.rooms.get('room')).toEqual(recordOf(5, 'w'));
});

test('E2: what failed while it was written may be there at the next start: so nobody is told to go on without it', async () => {
  const database = new MemoryDatabase();
  const { clock, hosting, found } = await life(database);
  await found(recordOf(5, 'w'));
  database.fill(1);
  const told: boolean[] = [];
  hosting.found(recordOf(6, 'x'), (isFounded) => told.push(isFounded));
  await clock.advance(60_000);
  const copy = await Store.open(database.copy());
  expect([copy.rooms.get('room')?.epoch, told]).toEqual([6, []]);
});

test('a first epoch that could not be written is not founded: there is none to go on in', async () => {
  const database = new MemoryDatabase();
  const { found } = await life(database);
  database.fill(1);
  expect(await found(recordOf(5, 'w'))).toBe(false);
});

test('one whose state cannot be read is told of and counts as gone; another takes its place when the room is founded again', async () => {
  const database = new MemoryDatabase();
  const before = await life(database);
  await before.found(recordOf(5, 'w'));
  await before.vote('ada', 5, 1);
  const damaged = database.copy();
  damaged.damage('witness/w/record:hard-state', '{"ter');
  const { clock, hosting, found, vote, lost } = await life(damaged);
  expect(await vote('ada', 5, 2)).toBeUndefined();
  await clock.settle();
  expect(lost).toEqual([expect.objectContaining({ code: 'storage-failed' })]);
  expect(hosting.witness()).toBeNull();
  expect(await vote('ada', 5, 3)).toBeUndefined();
  expect(await found(recordOf(6, 'w'))).toBe(false); // not under its old id
  expect(await found(recordOf(6, 'w6'))).toBe(true);
  expect(await vote('ada', 6, 1)).toMatchObject({ granted: true });
});

test('of a closed room only the epoch is kept, and of one that is forgotten, how high it was', async () => {
  const database = new MemoryDatabase();
  const { clock, hosting, found, vote } = await life(database);
  await found(recordOf(5));
  await vote('ada', 5, 1);
  hosting.close(5);
  await clock.settle();
  expect([hosting.witness(), hosting.isAwake]).toEqual([null, false]);
  await expect.poll(() => database.keys).toEqual(['room/room']);
  expect((await Store.open(database.copy())).rooms.get('room')).toEqual(closedRecordOf(5));
  expect(await vote('ada', 5, 2)).toBeUndefined();
  hosting.forget();
  await expect.poll(() => database.keys).toEqual(['highest-epoch']);
  expect((await Store.open(database.copy())).highestEpoch).toBe(5);
});

test('a leader that minds no bound gets its room no further than its share, while there is no more for all', async () => {
  const budget = new Budget(200_000, 2, () => {}); // 50,000 for each of two, and 100,000 for both
  budget.note('other', 150_000);
  const { ask, found, vote } = await life(null, budget);
  await found(recordOf(5));
  await vote('ada', 5, 9);
  const kept = (): number => budget.keptChars - 150_000;
  const term = 5 * termsPerEpoch + 9;
  let prevIndex = 0;
  const entry = (at: number): Entry => ({
    type: 'value',
    term: term - 8,
    session: 1,
    sequence: at,
    value: '"'.repeat(4_000),
  });
  /** Of an earlier term, for those have no bound of their own. */
  const flood = async (): Promise<void> => {
    for (let at = 1; at <= 40; at++) {
      const message = { type: 'append', term, prevIndex, prevTerm: prevIndex && term - 8, commit: 0 };
      const reply = await ask('ada', { ...message, entries: [entry(at)] as unknown as Json });
      if (reply?.['type'] === 'append-reply') prevIndex = reply['match'] as number;
    }
  };
  await flood();
  expect(kept()).toBeGreaterThan(40_000);
  expect(kept()).toBeLessThanOrEqual(50_000);
  const configuration = foundedBy(['ada'], 'w5') as unknown as Json;
  const piece = {
    type: 'snapshot',
    term,
    index: 1_000,
    lastTerm: term - 8,
    configuration,
  };
  const before = kept();
  expect(await ask('ada', { ...piece, digest: 1, totalChars: 60_000, offset: 0, chunk: 'x' })).toBeUndefined();
  expect(await ask('ada', { ...piece, digest: 1, totalChars: 40_000, offset: 0, chunk: 'x' })).toMatchObject({
    offset: 1,
  });
  expect(kept()).toBe(before);
  budget.note('other', 0);
  await flood();
  expect(budget.keptChars).toBeGreaterThan(100_000);
});

test('takes as much of what a leader sends as there is room for, and has it keep back the rest', async () => {
  const budget = new Budget(200_000, 2, () => {});
  budget.note('other', 150_000);
  const { ask, found, vote } = await life(null, budget);
  await found(recordOf(5));
  await vote('ada', 5, 1);
  const term = 5 * termsPerEpoch + 1;
  const entry = (value: string): Entry => ({ type: 'value', term, session: 1, sequence: 1, value });
  const beat = (round: number) => {
    return ask('ada', { type: 'heartbeat', term, round, leaseMs: 250, rttMs: 1, commit: 0, order: [] });
  };
  const send = (prevIndex: number, ...values: readonly string[]) => {
    const append = { type: 'append', term, prevIndex, prevTerm: prevIndex && term, commit: 0 };
    return ask('ada', { ...append, entries: values.map(entry) as unknown as Json });
  };
  expect(await send(0, 'one', 'two', 'x'.repeat(60_000), 'four')).toMatchObject({ match: 2 });
  expect(await beat(1)).toMatchObject({ type: 'heartbeat-reply', isFull: true, roomChars: 50_000 });
  budget.note('other', 0);
  const later = await beat(2);
  expect(later).not.toHaveProperty('isFull');
  expect(later?.['roomChars']).toBeGreaterThan(50_000);
  expect(await send(2, 'x'.repeat(60_000), 'four')).toMatchObject({ match: 4 });
});
