import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { ClusterError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json.ts';
import {
  boundsAfter,
  boundsOf,
  type LogBounds,
  type Storage,
  type StorageBatch,
  type Stored,
  type StoragePlace,
  type StoredSnapshot,
} from '../storage.ts';

/** The part of `classic-level` that is used here: LevelDB, with its binaries inside the npm package. */
export interface Level {
  open(): Promise<void>;
  close(): Promise<void>;
  batch(operations: LevelOperation[], options: { sync: boolean }): Promise<void>;
  iterator(range: { gte?: string; lt?: string }): AsyncIterable<[string, string]>;
}

export type LevelOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'del'; readonly key: string };

/** How the keys begin: what a storage holds lies side by side in one ordered map. */
const keys = { owner: 'owner', snapshot: 'snapshot', record: 'record:', entry: 'entry:' } as const;

/** Entries are ordered by their keys, so every index has the same number of digits. */
function entryKey(index: number): string {
  return keys.entry + String(index).padStart(16, '0');
}

/**
 * A storage in a folder of the file system, made when it is missing. It needs the package `classic-level`, which nobody
 * else has to install. LevelDB locks the folder for this process, also against this process itself.
 *
 * @param openLevel Opens the database in a folder: replaced by tests that want it to fail.
 */
export function levelStorage(
  dataDir: string,
  openLevel: (folder: string) => Promise<Level> = classicLevel,
): StoragePlace {
  return { open: (owner) => openAt(dataDir, owner, openLevel) };
}

async function openAt(dataDir: string, owner: string, openLevel: (folder: string) => Promise<Level>): Promise<Storage> {
  try {
    await mkdir(dataDir, { recursive: true });
  } catch (cause) {
    throw failure(`the folder ${dataDir} cannot be made (${String((cause as Error).message)})`, cause);
  }
  const level = await openLevel(join(dataDir, 'level'));
  try {
    await level.open();
  } catch (cause) {
    if (codeOf(cause) === 'LEVEL_LOCKED') throw locked(`${dataDir} is held by ${await holderOf(dataDir)}`, cause);
    throw failure(`the database in ${dataDir} cannot be opened`, cause);
  }
  try {
    await claim(level, dataDir, owner);
    return new LevelStorage(level, await read(level));
  } catch (error) {
    await level.close();
    throw error instanceof ClusterError ? error : failure(`the database in ${dataDir} cannot be read`, error);
  }
}

/** Loaded only by those who want it. */
async function classicLevel(folder: string): Promise<Level> {
  try {
    const { ClassicLevel } = await import('classic-level');
    return new ClassicLevel<string, string>(folder);
  } catch (cause) {
    const message = 'the package "classic-level" cannot be loaded: npm install classic-level';
    throw new ClusterError('storage-failed', message, { cause });
  }
}

/** Writes down whose storage this is, and who holds it now. */
async function claim(level: Level, dataDir: string, owner: string): Promise<void> {
  for await (const [, first] of level.iterator({ gte: keys.owner, lt: `${keys.owner}~` })) {
    if (first !== owner) throw locked(`${dataDir} belongs to ${first}, and ${owner} may not use it`);
  }
  await level.batch([{ type: 'put', key: keys.owner, value: owner }], { sync: true });
  const holder = { owner, pid: process.pid, host: hostname() };
  await writeFile(holderFile(dataDir), JSON.stringify(holder));
}

const holderFile = (dataDir: string): string => join(dataDir, 'holder.json');

/** In words. The file may be of an earlier holder, or be missing: it is only for people. */
async function holderOf(dataDir: string): Promise<string> {
  try {
    const { owner, pid, host } = JSON.parse(await readFile(holderFile(dataDir), 'utf8')) as Record<string, unknown>;
    return `${String(owner)}, process ${String(pid)} on ${String(host)}: end it first`;
  } catch {
    return 'another process';
  }
}

async function read(level: Level): Promise<Stored> {
  const records = new Map<string, Json>();
  let snapshot: StoredSnapshot | null = null;
  for await (const [key, value] of level.iterator({ gte: keys.record, lt: `${keys.snapshot}~` })) {
    if (key === keys.snapshot) snapshot = JSON.parse(value) as StoredSnapshot;
    else records.set(key.slice(keys.record.length), JSON.parse(value) as Json);
  }
  const entries: Json[] = [];
  let firstIndex = (snapshot?.index ?? 0) + 1;
  for await (const [key, value] of level.iterator({ gte: keys.entry, lt: `${keys.entry}~` })) {
    const index = Number(key.slice(keys.entry.length));
    if (entries.length === 0) firstIndex = Math.min(firstIndex, index);
    if (index !== firstIndex + entries.length)
      throw new ClusterError('storage-failed', `entry ${firstIndex + entries.length} of the log is missing`);
    entries.push(JSON.parse(value) as Json);
  }
  return { records, snapshot, firstIndex, entries };
}

interface Waiting {
  readonly operations: readonly LevelOperation[];
  readonly settle: (error?: ClusterError) => void;
}

class LevelStorage implements Storage {
  readonly #level: Level;
  /** After all batches that were taken, written or not. */
  #bounds: LogBounds;
  readonly #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #failure: ClusterError | undefined;
  #closing: Promise<void> | undefined;

  constructor(level: Level, stored: Stored) {
    this.#level = level;
    this.#bounds = boundsOf(stored);
  }

  load(): Promise<Stored> {
    return read(this.#level);
  }

  async write(batch: StorageBatch): Promise<void> {
    if (this.#closing) throw new ClusterError('storage-failed', 'the storage has been closed');
    if (this.#failure) throw this.#failure;
    const before = this.#bounds;
    this.#bounds = boundsAfter(before, batch);
    const operations = [...operationsOf(batch, before, this.#bounds)];
    const written = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ operations, settle: (error) => (error ? reject(error) : resolve()) });
    });
    this.#writing ??= this.#writeAll();
    await written;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await this.#writing;
    // What could not be written is told by `write`; closing has nothing to add.
    await this.#level.close().catch(() => {});
  }

  /** All that has come meanwhile is written at once: one wait for the disk serves them all. */
  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batches = this.#waiting.splice(0);
      if (!this.#failure) await this.#writeTogether(batches.flatMap(({ operations }) => operations));
      for (const { settle } of batches) settle(this.#failure);
    }
    this.#writing = undefined;
  }

  /** LevelDB goes on after a write that was cut short, and would write behind the torn end: nobody may ask it to. */
  async #writeTogether(operations: LevelOperation[]): Promise<void> {
    try {
      await this.#level.batch(operations, { sync: true });
    } catch (cause) {
      this.#failure = failure('the storage cannot be written, and must be opened again', cause);
    }
  }
}

function* operationsOf(batch: StorageBatch, before: LogBounds, after: LogBounds): Generator<LevelOperation> {
  const { records = {}, truncateFrom = before.nextIndex, snapshot, append } = batch;
  for (const [name, value] of Object.entries(records))
    yield { type: 'put', key: keys.record + name, value: JSON.stringify(value) };
  for (let index = truncateFrom; index < before.nextIndex; index++) yield { type: 'del', key: entryKey(index) };
  if (snapshot) yield { type: 'put', key: keys.snapshot, value: JSON.stringify(snapshot) };
  const compacted = Math.min(after.firstIndex, truncateFrom, before.nextIndex);
  for (let index = before.firstIndex; index < compacted; index++) yield { type: 'del', key: entryKey(index) };
  for (const [at, entry] of (append?.entries ?? []).entries())
    yield { type: 'put', key: entryKey((append?.firstIndex ?? 0) + at), value: JSON.stringify(entry) };
}

const codeOf = (error: unknown): unknown => {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: { readonly code?: unknown } };
  return cause?.code ?? code;
};

function locked(reason: string, cause?: unknown): ClusterError {
  return new ClusterError('storage-locked', `the storage cannot be opened: ${reason}`, { cause });
}

/** What the system says when there is no room: the disk is full, or a quota or a limit of the process is reached. */
const noRoom = /No space left on device|ENOSPC|Disk quota exceeded|EDQUOT|File too large|EFBIG/;

function failure(what: string, cause: unknown): ClusterError {
  const { cause: inner } = cause as { readonly cause?: unknown };
  if (!noRoom.test(`${String(cause)} ${String(inner ?? '')}`))
    return new ClusterError('storage-failed', `${what}: see the cause`, { cause });
  return new ClusterError('storage-full', `${what}: there is no room left on the disk; make room first`, { cause });
}
