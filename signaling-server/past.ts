import { highestBy, msUntilPast } from '../src/core/founding/epoch.ts';
import { maxCharterMs } from '../src/protocol/charter.ts';
import type { RoomRecord } from './record.ts';
import type { Store } from './store.ts';

/** Most rooms are not founded more often in all their life. */
const maxOwn = 1024;
/** So long rooms that are over wait for the clock: each one of which the store notes the epoch raises those of all others. */
const patienceMs = 3_600_000;

/** What a room was when this server began, or when it first heard of the room. */
export interface RoomPast {
  readonly record: RoomRecord | null;
  /**
   * By `nowMs`: the last moment at which members that this server knows nothing of can have been in contact with one.
   * `-Infinity`: there are none.
   */
  readonly contactMs: number;
}

/**
 * What a server knows of the time before it. A room that its store does not name may all the same have had a leader until
 * just now, through a server that has lost its memory: unless somebody says that there was none, or the store has been
 * there for so long that no such leader can be left.
 */
export class Past {
  readonly #store: Store | null;
  readonly #isFresh: boolean;
  readonly #startedMs: number;
  /** In this life, and in those before it that ended in order. */
  readonly #watchedMs: number;

  constructor(store: Store | null, isFresh: boolean, nowMs: number) {
    this.#store = store;
    this.#isFresh = isFresh;
    this.#startedMs = nowMs;
    this.#watchedMs = isFresh ? Infinity : (store?.watchedMs ?? 0);
  }

  /** Names of the rooms that there were. */
  get rooms(): readonly string[] {
    return [...(this.#store?.rooms.keys() ?? [])];
  }

  /** Every epoch that is founded has to be above. */
  get highestEpoch(): number {
    return this.#store?.highestEpoch ?? 0;
  }

  /**
   * What the clock alone will not name for long, as it was ahead once: a room that is over need not be kept in mind for
   * that. The store notes it for all rooms, unless somebody may merely have claimed that it was so high.
   */
  covers(epoch: number, wallMs: number): boolean {
    return msUntilPast(epoch, wallMs) > patienceMs && epoch <= this.highestEpoch + maxOwn;
  }

  /** A room is forgotten that the store does not know. Resolves when it is durable how high its epochs were. */
  async noteForgotten(epoch: number, wallMs: number): Promise<void> {
    if (this.#store === null || msUntilPast(epoch, wallMs) === 0) return;
    await this.#store.noteHighest(epoch);
  }

  of(room: string): RoomPast {
    const record = this.#store?.rooms.get(room) ?? null;
    if (record === null) return { record, contactMs: this.#startedMs - this.#watchedMs };
    const isClosed = record.charter === null; // then nobody of it can come back
    return { record, contactMs: isClosed ? -Infinity : this.#startedMs };
  }

  /** Until the store alone is proof that no other room has a leader. Infinity: it is already, or never will be. */
  wholeInMs(nowMs: number): number {
    if (this.#store === null || this.#store.watchedMs === Infinity) return Infinity;
    return Math.max(0, this.#startedMs + maxCharterMs - this.#watchedMs - nowMs);
  }

  /**
   * What was founded before the store was there has no higher number than the clock names now: later it may be set back (E5).
   * Resolves when that is durable, which it is before anything that is founded here.
   */
  async begin(wallMs: number): Promise<void> {
    if (this.#isFresh || this.#store === null || this.#store.highestEpoch > 0) return;
    await this.#store.noteHighest(highestBy(wallMs));
  }

  async noteWhole(): Promise<void> {
    await this.#store?.watched(Infinity);
  }

  /** The server has ended in order, and all that it knew is in the store. */
  async end(nowMs: number): Promise<void> {
    const store = this.#store;
    if (store === null) return;
    // A store that failed has said so, and then this life counts for nothing.
    if (store.watchedMs !== Infinity) await store.watched(this.#watchedMs + nowMs - this.#startedMs).catch(() => {});
    await store.close();
  }
}
