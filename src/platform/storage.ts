import type { Json } from '../protocol/json.ts';

/** What a storage holds. */
export interface Stored {
  /** Small values by name, such as the hard state and the promise. */
  readonly records: ReadonlyMap<string, Json>;
  readonly snapshot: StoredSnapshot | null;
  /** Index of the first of `entries`, or of the next one to come if there is none. Counts from 1. */
  readonly firstIndex: number;
  /** Without a gap. */
  readonly entries: readonly Json[];
}

/** Stands for all entries up to `index`, that one included. */
export interface StoredSnapshot {
  readonly index: number;
  readonly value: Json;
}

/** Changes that are kept all together or not at all. They are made in the order of these fields. */
export interface StorageBatch {
  /** Replaces values by name; the others stay. */
  readonly records?: Readonly<Record<string, Json>>;
  /** Drops this entry and all that follow it. */
  readonly truncateFrom?: number;
  /** Replaces the snapshot. */
  readonly snapshot?: StoredSnapshot;
  /** Drops this entry and all before it: never more than the snapshot stands for. */
  readonly compactTo?: number;
  /** Entries that follow the last one; `firstIndex` is the index of the first of them. */
  readonly append?: { readonly firstIndex: number; readonly entries: readonly Json[] };
}

/**
 * What outlives the process. While it is open nobody else can open it: a member keeps its id only for so long.
 *
 * A storage that failed once is of no more use: every later `write` rejects with the same error. Opened again, it holds
 * every batch whose `write` resolved, and of those after it the first few, whole or not at all.
 */
export interface Storage {
  load(): Promise<Stored>;
  /**
   * Resolves when the batch is durable. Batches become durable in the order of the calls, none before an earlier one;
   * there is no need to await one before the next.
   *
   * Rejects with `storage-full` or `storage-failed`, and with a `RangeError` for a batch that would leave a gap in the
   * log: that one changes nothing.
   */
  write(batch: StorageBatch): Promise<void>;
  /** Waits for what is being written, and lets others open it. Never rejects; calling it again does nothing. */
  close(): Promise<void>;
}

/**
 * One place that a storage can be opened at.
 *
 * `open` rejects with `storage-locked` while somebody has it open, or if it belongs to another member, and with
 * `storage-full` or `storage-failed`.
 */
export interface StoragePlace {
  /** @param owner Whose storage this is: written down at the first opening, and compared at every later one. */
  open(owner: string): Promise<Storage>;
}

export const nothingStored: Stored = { records: new Map(), snapshot: null, firstIndex: 1, entries: [] };

/** Where the log stands: what is needed to judge the next batch. */
export interface LogBounds {
  readonly firstIndex: number;
  readonly nextIndex: number;
  readonly snapshotIndex: number;
}

export function boundsOf({ firstIndex, entries, snapshot }: Stored): LogBounds {
  return { firstIndex, nextIndex: firstIndex + entries.length, snapshotIndex: snapshot?.index ?? 0 };
}

/** Where the log stands after `batch`. Throws a `RangeError` for one that would leave a gap. */
export function boundsAfter(bounds: LogBounds, batch: StorageBatch): LogBounds {
  const { truncateFrom, snapshot, compactTo, append } = batch;
  let { firstIndex, nextIndex, snapshotIndex } = bounds;
  if (truncateFrom !== undefined) {
    if (truncateFrom < firstIndex) throw new RangeError(`entry ${truncateFrom} is compacted: it cannot be truncated`);
    nextIndex = Math.min(nextIndex, truncateFrom);
  }
  if (snapshot !== undefined) {
    if (snapshot.index < snapshotIndex)
      throw new RangeError(`snapshot ${snapshotIndex} is newer than ${snapshot.index}`);
    snapshotIndex = snapshot.index;
  }
  if (compactTo !== undefined) {
    if (compactTo > snapshotIndex) throw new RangeError(`entry ${compactTo} is in no snapshot: it cannot be compacted`);
    firstIndex = Math.max(firstIndex, compactTo + 1);
    nextIndex = Math.max(nextIndex, firstIndex);
  }
  if (append !== undefined) {
    if (append.firstIndex !== nextIndex)
      throw new RangeError(`entry ${append.firstIndex} cannot be appended where ${nextIndex} is the next`);
    nextIndex += append.entries.length;
  }
  return { firstIndex, nextIndex, snapshotIndex };
}

/** What is stored after `batch`. Throws a `RangeError` for one that would leave a gap. */
export function storedAfter(stored: Stored, batch: StorageBatch): Stored {
  const bounds = boundsOf(stored);
  const { firstIndex } = boundsAfter(bounds, batch);
  const { truncateFrom = Infinity, append, snapshot = stored.snapshot } = batch;
  const kept = stored.entries.slice(
    Math.max(0, firstIndex - bounds.firstIndex),
    Math.max(0, Math.min(truncateFrom, bounds.nextIndex) - bounds.firstIndex),
  );
  return {
    records: new Map([...stored.records, ...Object.entries(batch.records ?? {})]),
    snapshot,
    firstIndex,
    entries: [...kept, ...(append?.entries ?? [])],
  };
}
