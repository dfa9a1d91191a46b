/** One of the changes of a write. */
export type DatabaseChange =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'del'; readonly key: string };

/**
 * Texts by name, in the order of their names, that outlive the process. Several storages may lie in one database, each
 * under a prefix of its own: then one wait for the disk serves them all, and what one of them wrote first is there first.
 *
 * A database that failed once is of no more use: every later `write` rejects with the same error. Opened again, it holds
 * every write that resolved, and of those after it the first few, whole or not at all.
 */
export interface Database {
  /**
   * Resolves when all the changes are durable: they are kept all together or not at all, and after those of all earlier
   * calls. Rejects with `storage-full` or `storage-failed`.
   */
  write(changes: readonly DatabaseChange[]): Promise<void>;
  /** All whose keys begin with `prefix`, in the order of the keys, as they are written by now. */
  read(prefix: string): AsyncIterable<readonly [key: string, value: string]>;
  /** Deletes all whose keys begin with `prefix`: not at once, and maybe not all of them if the process ends before. */
  clear(prefix: string): Promise<void>;
  /** Waits for what is being written, and lets others open it. Never rejects; calling it again does nothing. */
  close(): Promise<void>;
}
