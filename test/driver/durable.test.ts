import { MemoryDisk } from 'bellwether/testing';
import { expect, test } from 'vitest';
import type { Entry } from '../../src/core/quorum/entry.ts';
import type { Snapshot, StateWrite } from '../../src/core/quorum/state.ts';
import { persistenceIn, storedState } from '../../src/driver/durable.ts';

const hardState = { term: 7, vote: 'a', promisedMs: 500 };
const value = (sequence: number, term = 7): Entry => ({
  type: 'value',
  term,
  session: 1,
  sequence,
  value: `e${sequence}`,
});
const snapshot: Snapshot = {
  index: 40,
  term: 6,
  configuration: { halves: [[{ id: 'a', weight: 1, witness: false }]], learners: [] },
  sessions: [{ id: 1, owner: 'a', nonce: 5, last: 3, usedAt: 30 }],
  data: '{}',
};

/** What a member finds that wrote this and was started again. */
async function afterRestart(...writes: readonly Partial<StateWrite>[]) {
  const disk = new MemoryDisk();
  const storage = await disk.open('a');
  const { write } = persistenceIn(storage, (error) => expect.fail(String(error)));
  for (const change of writes) await write({ hardState: null, snapshot: null, log: null, ...change });
  await storage.close();
  return storedState(await (await disk.open('a')).load());
}

test('a storage in which nothing was written is that of a first life', async () => {
  expect(await afterRestart()).toBeUndefined();
});

test('Q3: term, vote and promise are found again, and the log with them', async () => {
  const found = await afterRestart(
    { hardState: { ...hardState, term: 6 } },
    { hardState, log: { from: 1, entries: [value(1), value(2), value(3)] } },
  );
  expect(found).toEqual({ hardState, snapshot: null, log: { from: 1, entries: [value(1), value(2), value(3)] } });
});

test('Q4: what replaces a suffix of the log, replaces it in the storage, also by nothing', async () => {
  const entries = [value(1, 5), value(2, 5), value(3, 5)];
  const start = { hardState, log: { from: 1, entries } };
  const replaced = await afterRestart(start, { log: { from: 2, entries: [value(9)] } });
  expect(replaced?.log).toEqual({ from: 1, entries: [entries[0], value(9)] });
  const cut = await afterRestart(start, { log: { from: 2, entries: [] } });
  expect(cut?.log).toEqual({ from: 1, entries: [entries[0]] });
});

test('a snapshot takes the place of the entries before it, also of those that were never here', async () => {
  const start = { hardState, log: { from: 1, entries: [value(1), value(2)] } };
  const found = await afterRestart(start, { snapshot, log: { from: 41, entries: [value(4)] } });
  expect(found).toEqual({ hardState, snapshot, log: { from: 41, entries: [value(4)] } });
});

test('entries that a snapshot of the same write stands for are left out of it', async () => {
  const start = { hardState, log: { from: 1, entries: [value(1), value(2)] } };
  const entries = Array.from({ length: 40 }, (_, at) => value(at + 3));
  const found = await afterRestart(start, { snapshot, log: { from: 3, entries } });
  expect(found).toEqual({ hardState, snapshot, log: { from: 41, entries: entries.slice(38) } });
});
