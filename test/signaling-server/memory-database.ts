import type { Database, DatabaseChange } from '../../src/platform/database.ts';
import type { Timers } from '../../src/platform/platform.ts';
import { ClusterError } from '../../src/protocol/errors.ts';

export interface MemoryDatabaseOptions {
  /** How long a write takes. Default: no time, but never within the call. Needs `timers`. */
  readonly writeMs?: () => number;
  readonly timers?: Timers;
}

/** A database on a disk that is made of memory: what `copy` finds on it is what a crash at that moment leaves. */
export class MemoryDatabase implements Database {
  readonly #options: MemoryDatabaseOptions;
  readonly #durable: Map<string, string>;
  #last: Promise<void> = Promise.resolve();
  #isFull = false;
  #kept = 0;
  #failure: ClusterError | undefined;
  #isClosed = false;
  /** Batches that are durable. */
  writes = 0;

  constructor(options: MemoryDatabaseOptions = {}, durable: ReadonlyMap<string, string> = new Map()) {
    this.#options = options;
    this.#durable = new Map(durable);
  }

  /** Another one, with what is durable here at this moment. */
  copy(): MemoryDatabase {
    return new MemoryDatabase(this.#options, this.#durable);
  }

  /** From now on there is no room for anything more. So many writes that fail are there all the same when it is opened again. */
  fill(kept = 0): void {
    this.#isFull = true;
    this.#kept = kept;
  }

  /** What was changed behind the back of whoever opens it next. */
  damage(key: string, value: string): void {
    this.#durable.set(key, value);
  }

  get keys(): readonly string[] {
    return [...this.#durable.keys()].toSorted();
  }

  write(changes: readonly DatabaseChange[]): Promise<void> {
    if (this.#isClosed) return Promise.reject(new ClusterError('storage-failed', 'the storage has been closed'));
    const written = this.#last.then(() => this.#commit(changes));
    this.#last = written.catch(() => {});
    return written;
  }

  async *read(prefix: string): AsyncGenerator<readonly [string, string]> {
    await Promise.resolve();
    const found = this.keys.filter((key) => key.startsWith(prefix));
    yield* found.map((key) => [key, this.#durable.get(key) as string] as const); // as they are now
  }

  async clear(prefix: string): Promise<void> {
    await Promise.resolve();
    for (const key of this.keys) if (key.startsWith(prefix)) this.#durable.delete(key);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }

  async #commit(changes: readonly DatabaseChange[]): Promise<void> {
    const { writeMs, timers } = this.#options;
    if (writeMs && timers) await new Promise<void>((resolve) => timers.after(writeMs(), resolve));
    if (this.#isFull) this.#failure ??= new ClusterError('storage-full', 'the disk in memory was filled: make another');
    if (this.#failure && this.#kept-- <= 0) throw this.#failure;
    for (const change of changes) {
      if (change.type === 'put') this.#durable.set(change.key, change.value);
      else this.#durable.delete(change.key);
    }
    if (this.#failure) throw this.#failure;
    this.writes++;
  }
}
