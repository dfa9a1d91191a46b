import type { Memory } from '../electors/elector.ts';
import type { Storage, StoragePlace } from '../platform/storage.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { MemberStorage } from './network.ts';

/** This member's storage, from before it joins until after it has left: for networks whose members keep their ids. */
export class OwnStorage implements MemberStorage {
  readonly #place: StoragePlace;
  readonly #owner: PeerId;
  #opening: Promise<Storage> | undefined;
  /** Whoever closes it waits for that. */
  #reading: Promise<unknown> | undefined;

  constructor(place: StoragePlace, owner: PeerId) {
    this.#place = place;
    this.#owner = owner;
  }

  async open(): Promise<Memory> {
    try {
      const storage = await (this.#opening ??= this.#place.open(this.#owner));
      const reading = storage.load();
      this.#reading = reading.catch(() => {}); // told below
      return { storage, stored: await reading };
    } catch (cause) {
      if (cause instanceof ClusterError) throw cause;
      throw new ClusterError('storage-failed', 'the storage cannot be opened: see the cause', { cause });
    }
  }

  async close(): Promise<void> {
    const storage = await this.#opening?.catch(() => undefined);
    await this.#reading;
    await storage?.close();
  }
}
