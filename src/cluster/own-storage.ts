import type { Memory } from '../electors/elector.ts';
import type { Storage, StoragePlace } from '../platform/storage.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';

/** This member's storage, from before it joins until after it has left. */
export class OwnStorage {
  readonly #place: StoragePlace;
  readonly #owner: PeerId;
  #opening: Promise<Storage> | undefined;

  constructor(place: StoragePlace, owner: PeerId) {
    this.#place = place;
    this.#owner = owner;
  }

  /** Rejects with why the storage cannot be opened or read. */
  async open(): Promise<Memory> {
    try {
      const storage = await (this.#opening ??= this.#place.open(this.#owner));
      return { storage, stored: await storage.load() };
    } catch (cause) {
      if (cause instanceof ClusterError) throw cause;
      throw new ClusterError('storage-failed', 'the storage cannot be opened: see the cause', { cause });
    }
  }

  /** When it resolves, others can open the storage. */
  async close(): Promise<void> {
    const storage = await this.#opening?.catch(() => undefined);
    await storage?.close();
  }
}
