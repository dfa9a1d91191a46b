import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve as absolute } from 'node:path';
import process from 'node:process';
import { ClusterError } from '../../protocol/errors.ts';
import type { Database, DatabaseChange } from '../database.ts';

/** The part of `classic-level` that is used here: LevelDB, with its binaries inside the npm package. */
export interface Level {
  open(): Promise<void>;
  close(): Promise<void>;
  batch(operations: DatabaseChange[], options: { sync: boolean }): Promise<void>;
  iterator(range: LevelRange): AsyncIterable<[string, string]>;
  clear(range: LevelRange): Promise<void>;
}

export interface LevelRange {
  readonly gte: string;
  readonly lt: string;
}

export type OpenLevel = (folder: string) => Promise<Level>;

const keys = { owner: 'owner', version: 'version' } as const;

/** Of what is stored, and how. Without it written down, it is the first. */
const formatVersion = 1;

/**
 * The database in a folder of the file system, made when it is missing. It needs the package `classic-level`. LevelDB
 * locks the folder for this process, also against this process itself.
 *
 * Rejects with `storage-locked` while somebody has it open, or if it belongs to another owner; with `storage-version` if
 * a newer version of this package has written it; with `storage-full` or `storage-failed`.
 *
 * @param owner Whose it is: written down at the first opening, and compared at every later one.
 */
export async function openLevel(dataDir: string, owner: string, open: OpenLevel = classicLevel): Promise<Database> {
  try {
    await makeFolder(absolute(dataDir, 'level'));
  } catch (cause) {
    throw failure(`the folder ${dataDir} cannot be made`, cause, (cause as Error).message);
  }
  const level = await open(join(dataDir, 'level'));
  try {
    await level.open();
  } catch (cause) {
    if (codeOf(cause) === 'LEVEL_LOCKED') throw locked(`${dataDir} is held by ${await holderOf(dataDir)}`, cause);
    throw failure(`the database in ${dataDir} cannot be opened`, cause);
  }
  try {
    await claim(level, dataDir, owner);
    return new LevelDatabase(level, dataDir);
  } catch (error) {
    await level.close();
    throw error instanceof ClusterError ? error : failure(`the database in ${dataDir} cannot be read`, error);
  }
}

/** Node's own `recursive` says that nothing is there where nothing may be written, and never ends under /proc. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && dirname(path) !== path) {
      await makeFolder(dirname(path));
      await mkdir(path);
    } else if (!(await isFolder(path))) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
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
  for await (const [, version] of level.iterator(rangeOf(keys.version))) requireVersion(dataDir, version);
  for await (const [, first] of level.iterator(rangeOf(keys.owner))) {
    if (first !== owner) throw locked(`${dataDir} belongs to ${first}, and ${owner} may not use it`);
  }
  const claims: DatabaseChange[] = [
    { type: 'put', key: keys.owner, value: owner },
    { type: 'put', key: keys.version, value: String(formatVersion) },
  ];
  await level.batch(claims, { sync: true });
  const holder = { owner, pid: process.pid, host: hostname() };
  await writeFile(holderFile(dataDir), JSON.stringify(holder));
}

function requireVersion(dataDir: string, version: string): void {
  if (Number(version) <= formatVersion) return;
  const message =
    `${dataDir} was written by a newer version of bellwether (format ${version}, and this one knows ${formatVersion}): ` +
    'update bellwether, or use another folder';
  throw new ClusterError('storage-version', message);
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

function rangeOf(prefix: string): LevelRange {
  return { gte: prefix, lt: `${prefix}\uffff` };
}

interface Waiting {
  readonly changes: readonly DatabaseChange[];
  readonly settle: (error?: ClusterError) => void;
}

class LevelDatabase implements Database {
  readonly #level: Level;
  readonly #dataDir: string;
  readonly #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #failure: ClusterError | undefined;
  #closing: Promise<void> | undefined;

  constructor(level: Level, dataDir: string) {
    this.#level = level;
    this.#dataDir = dataDir;
  }

  async *read(prefix: string): AsyncGenerator<readonly [string, string]> {
    try {
      yield* this.#level.iterator(rangeOf(prefix));
    } catch (cause) {
      throw failure(`the database in ${this.#dataDir} cannot be read`, cause);
    }
  }

  async write(changes: readonly DatabaseChange[]): Promise<void> {
    if (this.#closing) throw new ClusterError('storage-failed', 'the storage has been closed');
    if (this.#failure) throw this.#failure;
    const written = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ changes, settle: (error) => (error ? reject(error) : resolve()) });
    });
    this.#writing ??= this.#writeAll();
    await written;
  }

  async clear(prefix: string): Promise<void> {
    await this.#level.clear(rangeOf(prefix));
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
      const writes = this.#waiting.splice(0);
      if (!this.#failure) await this.#writeTogether(writes.flatMap(({ changes }) => changes));
      for (const { settle } of writes) settle(this.#failure);
    }
    this.#writing = undefined;
  }

  /** LevelDB goes on after a write that was cut short, and would write behind the torn end: nobody may ask it to. */
  async #writeTogether(changes: DatabaseChange[]): Promise<void> {
    try {
      await this.#level.batch(changes, { sync: true });
    } catch (cause) {
      this.#failure = failure('the storage cannot be written, and must be opened again', cause);
    }
  }
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

function failure(what: string, cause: unknown, reason = 'see the cause'): ClusterError {
  const { cause: inner } = cause as { readonly cause?: unknown };
  if (!noRoom.test(`${String(cause)} ${String(inner ?? '')}`))
    return new ClusterError('storage-failed', `${what}: ${reason}`, { cause });
  return new ClusterError('storage-full', `${what}: there is no room left on the disk; make room first`, { cause });
}
