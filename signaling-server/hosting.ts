import type { Standing, StoredState } from '../src/core/quorum/state.ts';
import { storedState } from '../src/driver/durable.ts';
import type { Storage } from '../src/platform/storage.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import type { RoomRecord } from './record.ts';
import type { Store } from './store.ts';
import { Witness, type WitnessOptions } from './witness.ts';

/** What differs from one witness of a room to the next. */
type Incumbent = Pick<WitnessOptions, 'id' | 'epoch' | 'charter' | 'stored'>;

export interface HostingOptions extends Omit<
  WitnessOptions,
  keyof Incumbent | 'founder' | 'storage' | 'seed' | 'onFailed'
> {
  /** Null: all of it is forgotten with the process. */
  readonly store: Store | null;
  readonly seed: () => number;
  /** Nothing can be made durable any more. */
  readonly onStoreFailed: (error: unknown) => void;
  /** What this room's witness knew cannot be read: it is silent for good, as if it were gone. */
  readonly onLost: (error: unknown) => void;
}

/** A witness as whoever founds epochs sees it. */
export interface HostedWitness {
  readonly id: PeerId;
  readonly epoch: number;
  /** Null while it is not free: while somebody leads, or was promised to, or it is not known yet whether. */
  readonly standing: Standing | null;
}

/**
 * What one room has at the server beyond its members: its record and its witness, durable before anybody is told. A
 * witness that comes from the store is read when somebody is there to be voted for: a room that nobody comes back to
 * costs nothing.
 */
export class Hosting {
  readonly #options: HostingOptions;
  #record: RoomRecord | null;
  #witness: Witness | null = null;
  #storage: Storage | null = null;
  /** `asleep`: it is in the store, and was not needed yet. `lost`: it will never speak again under its id. */
  #state: 'asleep' | 'waking' | 'awake' | 'founding' | 'failed' | 'lost' | 'closed' = 'asleep';

  constructor(options: HostingOptions) {
    this.#options = options;
    this.#record = options.store?.rooms.get(options.room) ?? null;
  }

  get isAwake(): boolean {
    return this.#witness !== null;
  }

  /** As things stand at this moment. Null: there is none. */
  witness(): HostedWitness | null {
    const { id, epoch } = this.#voter();
    if (id === null || this.#state === 'lost') return null;
    this.#wake();
    return { id, epoch, standing: this.#witness?.standing ?? null };
  }

  /** So much was found in the store; once it is awake, it counts by itself. */
  noteStored(chars: number): void {
    if (this.#state === 'asleep') this.#noteKept(chars);
  }

  hear(from: PeerId, piece: Uint8Array): void {
    this.#wake();
    this.#witness?.hear(from, piece);
  }

  /**
   * The next epoch: the witness of the last one ends at once. That of `record` runs, and nothing of it can be forgotten any
   * more, when this tells `true`. `false`: not now, or, without a store that works, never. It tells nothing where the store
   * failed in the midst of it, and there is an epoch to go on in: the next start may find `record` there all the same, whose
   * founder then leads at once.
   */
  found(record: RoomRecord, tell: (isFounded: boolean) => void): void {
    const isSame = record.witness !== null && record.witness === this.#record?.witness;
    const stored = isSame ? (this.#witness?.retire() ?? null) : undefined;
    const isFirst = (this.#record?.charter ?? null) === null;
    // Under its old id there is none without what it knew.
    if (this.#state === 'failed' || stored === null) return tell(false);
    const storage = isSame ? this.#storage : null;
    this.#stop('founding');
    const begin = (place: Storage | null): void => {
      if (this.#state !== 'founding') return;
      this.#record = record;
      this.#storage = place;
      this.#begin(stored);
      tell(true);
    };
    const { store, room } = this.#options;
    if (store === null) return begin(null);
    const remembered = store.remember(room, record).then(() => storage ?? this.#place(record.witness));
    remembered.then(begin).catch((error: unknown) => {
      this.#fail(error);
      if (isFirst) tell(false);
    });
  }

  /** All have said goodbye: only the number of the epoch counts any more. */
  close(epoch: number): void {
    this.#stop('asleep');
    this.#noteKept(0);
    this.#record = { epoch, founder: null, witness: null, continues: null, charter: null };
    const { store, room } = this.#options;
    store?.remember(room, this.#record).catch((error: unknown) => this.#fail(error));
  }

  /** The room is no more. */
  forget(): void {
    this.#stop('closed');
    this.#noteKept(0);
    const { store, room, onStoreFailed } = this.#options;
    store?.forget(room).catch(onStoreFailed);
  }

  /** The server ends. */
  end(): void {
    this.#stop('closed');
  }

  #stop(state: 'asleep' | 'founding' | 'failed' | 'closed'): void {
    this.#witness?.close();
    this.#witness = null;
    this.#storage = null;
    if (this.#state !== 'failed') this.#state = state;
  }

  #noteKept(chars: number): void {
    const { budget, room } = this.#options;
    budget.note(room, chars);
  }

  #voter(): { readonly id: PeerId | null; readonly epoch: number } {
    return { id: this.#record?.witness ?? null, epoch: this.#record?.epoch ?? 0 };
  }

  #place(witness: PeerId | null): Promise<Storage | null> {
    const { store } = this.#options;
    return witness === null || store === null ? Promise.resolve(null) : store.openWitness(witness);
  }

  #wake(): void {
    const { id } = this.#voter();
    if (this.#state !== 'asleep' || id === null) return;
    this.#state = 'waking';
    this.#read(id).catch((error: unknown) => {
      if (this.#state !== 'waking' && this.#state !== 'awake') return;
      this.#state = 'lost';
      this.#options.onLost(error);
    });
  }

  async #read(id: PeerId): Promise<void> {
    const storage = await this.#place(id);
    const stored = storage ? storedState(await storage.load()) : undefined;
    if (this.#state !== 'waking') return;
    this.#storage = storage;
    this.#begin(stored);
  }

  #begin(stored: StoredState | undefined): void {
    this.#state = 'awake';
    const { id, epoch } = this.#voter();
    const charter = this.#record?.charter?.quorum;
    if (id === null || charter === undefined) return this.#noteKept(0);
    this.#witness = this.#witnessOf({ id, epoch, charter, stored });
  }

  #witnessOf(incumbent: Incumbent): Witness {
    return new Witness({
      ...this.#options,
      ...incumbent,
      founder: this.#record?.founder ?? null,
      storage: this.#storage,
      seed: this.#options.seed(),
      onFailed: (error) => this.#fail(error),
    });
  }

  /** What it says next could not be kept: so it says nothing, for as long as this server runs. */
  #fail(error: unknown): void {
    this.#stop('failed');
    this.#options.onStoreFailed(error);
  }
}
