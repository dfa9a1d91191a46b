import { ClusterError } from '../protocol/errors.ts';
import type { Json } from '../protocol/json.ts';
import type { Database, DatabaseChange } from './database.ts';
import {
  boundsAfter,
  boundsOf,
  type LogBounds,
  type Storage,
  type StorageBatch,
  type Stored,
  type StoredSnapshot,
} from './storage.ts';

/** How the keys go on behind the prefix. */
const keys = { snapshot: 'snapshot', record: 'record:', entry: 'entry:' } as const;

/** Entries are ordered by their keys, so every index has the same number of digits. */
function entryKey(index: number): string {
  return keys.entry + String(index).padStart(16, '0');
}

/**
 * The storage that lies in `database` under `prefix`. Nobody else may use that prefix while it is open. Rejects with
 * `storage-failed` if it cannot be read.
 *
 * @param onClose Called when its last write is done: by default the database stays open.
 */
export async function openStorage(
  database: Database,
  prefix = '',
  onClose: () => Promise<void> = () => Promise.resolve(),
): Promise<Storage> {
  return new DatabaseStorage(database, prefix, await read(database, prefix), onClose);
}

async function read(database: Database, prefix: string): Promise<Stored> {
  const records = new Map<string, Json>();
  const recordPrefix = prefix + keys.record;
  for await (const [key, value] of database.read(recordPrefix)) {
    records.set(key.slice(recordPrefix.length), parsed(key, value));
  }
  let snapshot: StoredSnapshot | null = null;
  for await (const [key, value] of database.read(prefix + keys.snapshot)) {
    snapshot = parsed(key, value) as unknown as StoredSnapshot;
  }
  const entries: Json[] = [];
  const entryPrefix = prefix + keys.entry;
  let firstIndex = (snapshot?.index ?? 0) + 1;
  for await (const [key, value] of database.read(entryPrefix)) {
    const index = Number(key.slice(entryPrefix.length));
    if (entries.length === 0) firstIndex = Math.min(firstIndex, index);
    if (index !== firstIndex + entries.length)
      throw new ClusterError('storage-failed', `entry ${firstIndex + entries.length} of the log is missing`);
    entries.push(parsed(key, value));
  }
  return { records, snapshot, firstIndex, entries };
}

function parsed(key: string, value: string): Json {
  try {
    return JSON.parse(value) as Json;
  } catch (cause) {
    throw new ClusterError('storage-failed', `what is stored as "${key}" cannot be read: it was damaged`, { cause });
  }
}

class DatabaseStorage implements Storage {
  readonly #database: Database;
  readonly #prefix: string;
  /** After all batches that were taken, written or not. */
  #bounds: LogBounds;
  readonly #onClose: () => Promise<void>;
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(database: Database, prefix: string, stored: Stored, onClose: () => Promise<void>) {
    this.#database = database;
    this.#prefix = prefix;
    this.#bounds = boundsOf(stored);
    this.#onClose = onClose;
  }

  load(): Promise<Stored> {
    return read(this.#database, this.#prefix);
  }

  async write(batch: StorageBatch): Promise<void> {
    if (this.#closing) throw new ClusterError('storage-failed', 'the storage has been closed');
    const before = this.#bounds;
    this.#bounds = boundsAfter(before, batch);
    const written = this.#database.write([...this.#changesOf(batch, before, this.#bounds)]);
    this.#last = written.catch(() => {}); // told by `write` itself
    await written;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#last.then(this.#onClose));
  }

  *#changesOf(batch: StorageBatch, before: LogBounds, after: LogBounds): Generator<DatabaseChange> {
    const { records = {}, truncateFrom = before.nextIndex, snapshot, append } = batch;
    const put = (key: string, value: Json): DatabaseChange => {
      return { type: 'put', key: this.#prefix + key, value: JSON.stringify(value) };
    };
    const del = (index: number): DatabaseChange => ({ type: 'del', key: this.#prefix + entryKey(index) });
    for (const [name, value] of Object.entries(records)) yield put(keys.record + name, value);
    for (let index = truncateFrom; index < before.nextIndex; index++) yield del(index);
    if (snapshot) yield put(keys.snapshot, snapshot as unknown as Json);
    const compacted = Math.min(after.firstIndex, truncateFrom, before.nextIndex);
    for (let index = before.firstIndex; index < compacted; index++) yield del(index);
    for (const [at, entry] of (append?.entries ?? []).entries()) {
      yield put(entryKey((append?.firstIndex ?? 0) + at), entry);
    }
  }
}
