import { cp, mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorageRig } from 'bellwether/testing';
import { ClassicLevel } from 'classic-level';
import { MemoryDisk } from '../../src/platform/memory-storage.ts';
import { Store } from '../../signaling-server/store.ts';
import { type Level, openLevel, type OpenLevel } from '../../src/platform/node/level.ts';
import { levelStorage } from '../../src/platform/node/level-storage.ts';
import type { StoragePlace } from '../../src/platform/storage.ts';
import type { Rigged } from './rigs.ts';

/** What a disk in memory writes one after the other is batches: tearing off the last ones leaves the others. */
export function memoryStorageRig(history: MemoryDisk[] = [new MemoryDisk()]): Rigged<StorageRig> {
  const disk = history.at(-1) ?? new MemoryDisk();
  return {
    async open(owner) {
      const storage = await disk.open(owner);
      return {
        ...storage,
        load: () => storage.load(),
        close: () => storage.close(),
        write: async (batch) => {
          await storage.write(batch);
          history.push(disk.copy());
        },
      };
    },
    crashed: () => Promise.resolve(memoryStorageRig([disk.copy()])),
    torn: (batches) => {
      const left = history.at(-1 - batches);
      return Promise.resolve(left ? memoryStorageRig([left.copy()]) : null);
    },
    fill: () => Promise.resolve(disk.fill()),
    close: () => Promise.resolve(),
  };
}

/** In a folder of its own. A disk without room is a database that says what LevelDB says on one. */
export async function levelStorageRig(
  placeIn: (folder: string, open: OpenLevel) => StoragePlace = levelStorage,
): Promise<Rigged<StorageRig>> {
  const root = await mkdtemp(join(tmpdir(), 'bellwether-storage-'));
  let folders = 0;

  const rigAt = (folder: string): StorageRig => {
    let full = false;
    const place = placeIn(folder, (path) => Promise.resolve(fillable(path, () => full)));
    const copy = async (): Promise<string> => {
      const to = join(root, String(folders++));
      await cp(folder, to, { recursive: true });
      return to;
    };
    return {
      open: (owner) => place.open(owner),
      crashed: async () => rigAt(await copy()),
      async torn(bytes) {
        const torn = await copy();
        return (await tear(join(torn, 'level'), bytes)) ? rigAt(torn) : null;
      },
      fill: async () => {
        full = true;
      },
    };
  };

  return { ...rigAt(join(root, 'first')), close: () => rm(root, { recursive: true }) };
}

/** That of one witness of several, in the store of a signaling server. */
export function witnessStorageRig(): Promise<Rigged<StorageRig>> {
  return levelStorageRig((folder, open) => ({
    async open(owner) {
      const database = await openLevel(folder, owner, open);
      const store = await Store.open(database);
      const neighbour = await store.openWitness('w-neighbour');
      if ((await neighbour.load()).entries.length === 0) {
        await neighbour.write({ records: { of: 'the neighbour' }, append: { firstIndex: 1, entries: ['not mine'] } });
      }
      const storage = await store.openWitness('w');
      return {
        load: () => storage.load(),
        write: (batch) => storage.write(batch),
        close: () => storage.close().then(() => store.close()),
      };
    },
  }));
}

function fillable(path: string, isFull: () => boolean): Level {
  const level = new ClassicLevel<string, string>(path);
  return {
    open: () => level.open(),
    close: () => level.close(),
    iterator: (range) => level.iterator(range),
    clear: (range) => level.clear(range),
    batch: (operations, options) =>
      isFull()
        ? Promise.reject(new Error(`IO error: ${path}/000003.log: No space left on device`))
        : level.batch(operations, options),
  };
}

/** LevelDB appends to the newest of its `.log` files. */
async function tear(folder: string, bytes: number): Promise<boolean> {
  const logs = (await readdir(folder)).filter((name) => /^\d+\.log$/.test(name)).toSorted();
  const newest = join(folder, logs.at(-1) ?? '');
  const { size } = await stat(newest);
  if (bytes > size) return false;
  await truncate(newest, size - bytes);
  return true;
}
