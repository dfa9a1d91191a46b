import type { Storage, StorageBatch, Stored, StoragePlace } from '../platform/storage.ts';
import { nothingStored, storedAfter } from '../platform/storage.ts';
import { ClusterError } from '../protocol/errors.ts';
import { check, checkSame, type ContractCase } from './contract.ts';

/** What a test of a storage is given, fresh for every case. */
export interface StorageRig extends StoragePlace {
  /** A rig at what would be found if everything stopped at this moment, whoever has this one open. */
  crashed(): Promise<StorageRig>;
  /**
   * A rig at what would be found if, besides, the last `bytes` that were written were missing; `null` once that is more
   * than there is. A storage without bytes counts something else that it writes one after the other.
   */
  torn(bytes: number): Promise<StorageRig | null>;
  /** From now on there is no room for anything more. */
  fill(): Promise<void>;
}

const owner = 'member-a';

/** A life of a log: what a storage goes through, and more than once. */
const life: readonly StorageBatch[] = [
  { records: { 'hard-state': { term: 1, vote: null }, promise: null } },
  { append: { firstIndex: 1, entries: ['one', { two: [2, '…', '\u0000'] }, null] } },
  { records: { 'hard-state': { term: 2, vote: 'member-b' } }, append: { firstIndex: 4, entries: ['four'] } },
  { truncateFrom: 3, append: { firstIndex: 3, entries: ['three', 'four again', 'five'] } },
  { snapshot: { index: 4, value: { count: 4 } }, compactTo: 2 },
  { records: { promise: { leader: 'member-b', until: 5000 } } },
  { append: { firstIndex: 6, entries: Array.from({ length: 20 }, (_, at) => `entry ${at + 6} ${'x'.repeat(100)}`) } },
  { truncateFrom: 10 },
  { truncateFrom: 3, snapshot: { index: 40, value: 'of another member' }, compactTo: 40 },
  { records: { 'hard-state': { term: 3, vote: 'member-a' } }, append: { firstIndex: 41, entries: [41, 42] } },
];

/** What is stored after the first 0, 1, 2 … batches. */
function statesOf(batches: readonly StorageBatch[]): Stored[] {
  const states = [nothingStored];
  for (const batch of batches) states.push(storedAfter(states.at(-1) ?? nothingStored, batch));
  return states;
}

/** As text, to be compared. */
function told({ records, snapshot, firstIndex, entries }: Stored): string {
  return JSON.stringify({ records: [...records].toSorted(), snapshot, firstIndex, entries });
}

async function contentOf(place: StoragePlace): Promise<string> {
  const storage = await place.open(owner);
  try {
    return told(await storage.load());
  } finally {
    await storage.close();
  }
}

async function checkHolds(place: StoragePlace, expected: Stored | undefined, what: string): Promise<void> {
  checkSame(await contentOf(place), told(expected ?? nothingStored), what);
}

async function codeOf(refused: Promise<unknown>): Promise<string> {
  try {
    await refused;
  } catch (error) {
    return error instanceof ClusterError ? error.code : String((error as Error).name);
  }
  return 'resolved';
}

async function writeAll(storage: Storage, batches: readonly StorageBatch[]): Promise<void> {
  for (const batch of batches) await storage.write(batch);
}

/** The promises of `Storage`, each with its proof: run all of them on every implementation. */
export const storageContract: readonly ContractCase<StorageRig>[] = [
  {
    title: 'is empty when it is new',
    run: (rig) => checkHolds(rig, nothingStored, 'a new storage'),
  },
  {
    title: 'holds after a reload exactly what was written, batch by batch',
    async run(rig) {
      const states = statesOf(life);
      for (const [at, batch] of life.entries()) {
        const storage = await rig.open(owner);
        await storage.write(batch);
        checkSame(told(await storage.load()), told(states[at + 1] ?? nothingStored), `before closing, batch ${at}`);
        await storage.close();
        await checkHolds(rig, states[at + 1], `after opening again, batch ${at}`);
      }
    },
  },
  {
    title: 'has every batch that resolved, whole, after a crash at any write (Q3)',
    async run(rig) {
      const states = statesOf(life);
      const storage = await rig.open(owner);
      for (const [at, batch] of life.entries()) {
        await storage.write(batch);
        await checkHolds(await rig.crashed(), states[at + 1], `after a crash behind batch ${at}`);
      }
      await storage.close();
    },
  },
  {
    title: 'makes batches durable in the order of the calls, each whole or not at all, awaited or not',
    async run(rig) {
      const storage = await rig.open(owner);
      const states = statesOf(life).map(told);
      const resolved: number[] = [];
      const writes = life.map(async (batch, at) => {
        await storage.write(batch);
        resolved.push(at);
      });
      const crashes: { readonly atLeast: number; readonly rig: StorageRig }[] = [];
      for (const write of writes) {
        await write;
        const atLeast = resolved.length;
        crashes.push({ atLeast, rig: await rig.crashed() });
      }
      checkSame(resolved, [...life.keys()], 'the order');
      for (const crash of crashes) {
        const found = states.indexOf(await contentOf(crash.rig));
        check(found >= crash.atLeast, `${crash.atLeast} batches had resolved, and the first ${found} were found`);
      }
      await storage.close();
    },
  },
  {
    title: 'survives a torn end: what is left is the first batches, whole',
    async run(rig) {
      const storage = await rig.open(owner);
      await writeAll(storage, life);
      const states = statesOf(life).map(told);
      const found = new Set<number>();
      for (let bytes = 0, step = 1; ; bytes += step++) {
        const torn = await rig.torn(bytes);
        if (torn === null) break;
        const state = states.indexOf(await contentOf(torn));
        check(state >= 0, `with ${bytes} bytes missing it holds what was never written as a whole`);
        found.add(state);
        const again = await torn.open(owner);
        await again.write({ records: { after: bytes } });
        await again.close();
        checkSame(JSON.parse(await contentOf(torn)).records[0], ['after', bytes], 'a write behind the torn end');
      }
      check(found.has(life.length), 'with nothing missing it must hold everything');
      check(found.size > 1, 'tearing tore nothing');
      await storage.close();
    },
  },
  {
    title: 'cannot be opened twice, but again after it was closed or its holder crashed',
    async run(rig) {
      const storage = await rig.open(owner);
      checkSame(await codeOf(rig.open(owner)), 'storage-locked', 'the second opening');
      await storage.write({ records: { still: 'mine' } });
      await (await (await rig.crashed()).open(owner)).close();
      await storage.close();
      await (await rig.open(owner)).close();
    },
  },
  {
    title: 'belongs to the member that opened it first (Q3)',
    async run(rig) {
      await (await rig.open(owner)).close();
      checkSame(await codeOf(rig.open('member-b')), 'storage-locked', 'another member');
      await (await rig.open(owner)).close();
    },
  },
  {
    title: 'says that the disk is full, then takes nothing more, and loses nothing',
    async run(rig) {
      const storage = await rig.open(owner);
      const before = life.slice(0, 5);
      await writeAll(storage, before);
      await rig.fill();
      const big = { append: { firstIndex: 6, entries: ['x'.repeat(100_000)] } };
      checkSame(await codeOf(storage.write(big)), 'storage-full', 'a write without room');
      checkSame(await codeOf(storage.write({ records: { small: 1 } })), 'storage-full', 'the write after it');
      await storage.close();
      const found = await contentOf(await rig.crashed());
      const possible = statesOf([...before, big])
        .slice(-2)
        .map(told);
      check(possible.includes(found), `what was acknowledged is not all there: ${found.slice(0, 400)}`);
    },
  },
  {
    title: 'takes no batch that would leave a gap in the log, and is as it was',
    async run(rig) {
      const storage = await rig.open(owner);
      await writeAll(storage, life.slice(0, 5));
      const gaps: StorageBatch[] = [
        { append: { firstIndex: 7, entries: ['far'] } },
        { append: { firstIndex: 5, entries: ['twice'] } },
        { truncateFrom: 2 },
        { compactTo: 5 },
        { snapshot: { index: 3, value: 'older' } },
      ];
      for (const batch of gaps) checkSame(await codeOf(storage.write(batch)), 'RangeError', JSON.stringify(batch));
      await storage.write({ append: { firstIndex: 6, entries: ['six'] } });
      checkSame((await storage.load()).entries.at(-1), 'six', 'the last entry');
      await storage.close();
    },
  },
  {
    title: 'is done with its writes when close resolves, and takes none after it',
    async run(rig) {
      const storage = await rig.open(owner);
      const writes = Promise.all(life.map((batch) => storage.write(batch)));
      await storage.close();
      await storage.close();
      await writes;
      checkSame(await codeOf(storage.write({ records: {} })), 'storage-failed', 'a write after close');
      await checkHolds(rig, statesOf(life).at(-1), 'what was under way');
    },
  },
];
