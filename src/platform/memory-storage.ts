import { ClusterError } from '../protocol/errors.ts';
import type { Timers } from './platform.ts';
import {
  nothingStored,
  type Storage,
  type StorageBatch,
  type Stored,
  storedAfter,
  type StoragePlace,
} from './storage.ts';

export interface MemoryDiskOptions {
  /** How long a write takes. Default: no time. Needs `timers`. */
  readonly writeMs?: number;
  readonly timers?: Timers;
}

/** A storage that lives as long as the program: for tests, and for members whose promises die with their id. */
export class MemoryDisk implements StoragePlace {
  readonly #options: MemoryDiskOptions;
  #stored: Stored;
  #owner: string | undefined;
  #holder: MemoryStorage | undefined;
  #full = false;

  constructor(options: MemoryDiskOptions = {}, stored: Stored = nothingStored) {
    this.#options = options;
    this.#stored = stored;
  }

  open(owner: string): Promise<Storage> {
    if (this.#holder) return Promise.reject(locked(`it is held by a storage of ${this.#owner} in this process`));
    if (this.#owner !== undefined && this.#owner !== owner) {
      return Promise.reject(locked(`it belongs to ${this.#owner}, and ${owner} may not use it`));
    }
    this.#owner = owner;
    this.#holder = new MemoryStorage(this, this.#options);
    return Promise.resolve(this.#holder);
  }

  /** What would be found if everything stopped at this moment. */
  copy(): MemoryDisk {
    const copy = new MemoryDisk(this.#options, this.#stored);
    copy.#owner = this.#owner;
    return copy;
  }

  /** From now on nothing more can be written. */
  fill(): void {
    this.#full = true;
  }

  stored(): Stored {
    return this.#stored;
  }

  commit(batch: StorageBatch): void {
    if (this.#full) throw new ClusterError('storage-full', 'the disk in memory was filled: make a new one');
    this.#stored = storedAfter(this.#stored, batch);
  }

  release(holder: MemoryStorage): void {
    if (this.#holder === holder) this.#holder = undefined;
  }
}

function locked(reason: string): ClusterError {
  return new ClusterError('storage-locked', `the storage cannot be opened: ${reason}`);
}

class MemoryStorage implements Storage {
  readonly #disk: MemoryDisk;
  readonly #options: MemoryDiskOptions;
  #last: Promise<void> = Promise.resolve();
  #failure: ClusterError | undefined;
  #closed = false;

  constructor(disk: MemoryDisk, options: MemoryDiskOptions) {
    this.#disk = disk;
    this.#options = options;
  }

  load(): Promise<Stored> {
    return Promise.resolve(structuredClone(this.#disk.stored()));
  }

  write(batch: StorageBatch): Promise<void> {
    if (this.#closed) return Promise.reject(new ClusterError('storage-failed', 'the storage has been closed'));
    // Nobody shares what is stored: changing a value later changes nothing here.
    const copy = structuredClone(batch);
    const written = this.#last.then(() => this.#commit(copy));
    this.#last = written.catch(() => {});
    return written;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    this.#disk.release(this);
  }

  async #commit(batch: StorageBatch): Promise<void> {
    const { writeMs, timers } = this.#options;
    if (writeMs !== undefined && timers) await new Promise<void>((resolve) => timers.after(writeMs, resolve));
    if (this.#failure) throw this.#failure;
    try {
      this.#disk.commit(batch);
    } catch (error) {
      if (error instanceof ClusterError) this.#failure = error;
      throw error;
    }
  }
}
