import type { Storage } from '../platform/storage.ts';
import { freshPeerId, type PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';

const record = 'lives';

interface StoredLives {
  readonly own: string;
  readonly peers: Readonly<Record<PeerId, string>>;
}

/**
 * Who lost its storage has forgotten its votes and promises, and must not come back under the same id (Q3). So every
 * storage has a random name, its life, and every member remembers under which life it first met each other one.
 */
export class Lives {
  readonly #storage: Storage;
  readonly #peers: Map<PeerId, string>;
  /** Of this member's own storage. */
  readonly own: string;

  private constructor(storage: Storage, { own, peers }: StoredLives) {
    this.#storage = storage;
    this.own = own;
    this.#peers = new Map(Object.entries(peers));
  }

  /** Reads them from the storage; a new one is given a name first. */
  static async open(storage: Storage, randomBytes: (length: number) => Uint8Array): Promise<Lives> {
    const stored = (await storage.load()).records.get(record) as StoredLives | undefined;
    const lives = new Lives(storage, stored ?? { own: freshPeerId(randomBytes), peers: {} });
    if (!stored) await storage.write(lives.#written());
    return lives;
  }

  /** Whether this is the peer that was met before, or one that is met for the first time. */
  isSame(peer: PeerId, life: string): boolean {
    const known = this.#peers.get(peer);
    if (known !== undefined) return known === life;
    this.#peers.set(peer, life);
    // Whatever depends on it is written later, and so not without it. A storage that fails tells those who write it.
    this.#storage.write(this.#written()).catch(() => {});
    return true;
  }

  #written(): { readonly records: Readonly<Record<string, Json>> } {
    return { records: { [record]: { own: this.own, peers: Object.fromEntries(this.#peers) } } };
  }
}
