import type { Standing, StateWrite, StoredState } from '../src/core/quorum/state.ts';
import { persistenceIn } from '../src/driver/durable.ts';
import { WitnessCore, type WitnessCoreOptions } from '../src/driver/witness-core.ts';
import type { Storage } from '../src/platform/storage.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import type { Json } from '../src/protocol/json.ts';
import { Pieces } from '../src/protocol/pieces.ts';
import type { Budget } from './budget.ts';
import { charsOf, Kept } from './kept.ts';
import { Mailbox } from './mailbox.ts';
import type { Unfinished } from './unfinished.ts';

export interface WitnessOptions extends Omit<WitnessCoreOptions, 'send' | 'persistence'> {
  readonly room: string;
  /** Null: it is forgotten together with its id. */
  readonly storage: Storage | null;
  /** Of all rooms together. */
  readonly budget: Budget;
  /** And of all of them as well. */
  readonly unfinished: Unfinished;
  readonly maxPieceBytes: number;
  /** Members of which it keeps pieces at a time. */
  readonly maxSenders: number;
  /** May be lost on the way. */
  readonly send: (to: PeerId, payloads: readonly Uint8Array[]) => void;
  /** It cannot keep its word any more, and is silent for good. */
  readonly onFailed: (error: unknown) => void;
}

/**
 * The voter of one room at the server, which hears and speaks in the pieces that fit into relay frames, and stores no more
 * than there is room for.
 */
export class Witness {
  readonly #options: WitnessOptions;
  readonly #core: WitnessCore;
  readonly #pieces = new Pieces();
  readonly #mailbox: Mailbox;
  readonly #kept: Kept;
  #isFull = false;
  #roomChars = Infinity;
  /** There was no room for something that a leader sent, and there has been no more since. */
  #wasCut = false;
  /** Nor for a snapshot of so many characters, beside the entries behind it, with what it stores as it is. */
  #refusedChars = Infinity;

  constructor(options: WitnessOptions) {
    const { storage, stored, maxPieceBytes, maxSenders, unfinished, send, onFailed } = options;
    const persistence = persistenceIn(storage, onFailed);
    this.#options = options;
    this.#mailbox = new Mailbox(maxSenders, unfinished);
    this.#kept = new Kept(stored);
    this.#noteKept();
    this.#core = new WitnessCore({
      ...options,
      persistence: {
        ...persistence,
        write: (state) => {
          const { chars } = this.#kept;
          this.#kept.take(state as StateWrite);
          this.#wasCut &&= this.#kept.chars >= chars;
          if (this.#kept.chars !== chars) this.#refusedChars = Infinity;
          this.#noteKept();
          return persistence.write(state);
        },
      },
      send: (to, message) => send(to, this.#pieces.split(message, maxPieceBytes)),
    });
  }

  /** For whoever founds the next epoch; null while somebody leads here, or was promised to. */
  get standing(): Standing | null {
    return this.#core.standing;
  }

  /** It pledges and ends, as its core does. */
  retire(): StoredState | null {
    return this.#core.retire();
  }

  /** A piece of a message, from a member that is in the room. */
  hear(from: PeerId, piece: Uint8Array): void {
    const assembled = this.#mailbox.take(from, piece);
    if (assembled.type === 'malformed') return this.#options.onBadMessage(from, assembled.reason);
    if (assembled.type !== 'message') return;
    this.#noteRoom();
    const message = this.#fitting(assembled.message);
    if (message !== null) this.#core.hear(from, message);
  }

  /** Says nothing more. What is being written becomes durable all the same. */
  close(): void {
    this.#mailbox.close();
    this.#core.close();
  }

  #noteKept(): void {
    const { budget, room } = this.#options;
    budget.note(room, this.#kept.chars);
  }

  /**
   * A leader that is told so keeps its entries back, and sends a snapshot, if it has one for which there is room. Early, for a
   * few come in any case. That a snapshot is too long beside what stays of the log shows when it comes.
   */
  #noteRoom(): void {
    const { isShort, shareChars } = this.#options.budget;
    const isFull = isShort && (this.#wasCut || this.#kept.chars > shareChars / 2);
    if (!isShort) this.#refusedChars = Infinity;
    const maxChars = Math.floor(Math.max(shareChars, this.#kept.chars));
    const roomChars = isShort ? Math.min(maxChars, this.#refusedChars - 1) : Infinity;
    if (isFull === this.#isFull && roomChars === this.#roomChars) return;
    [this.#isFull, this.#roomChars] = [isFull, roomChars];
    this.#core.setStorage(isFull, roomChars);
  }

  /** What a leader sends all the same, as far as there is room for it: the rest is as good as lost on the way. */
  #fitting(message: Json): Json | null {
    const { isShort, shareChars } = this.#options.budget;
    const { type, entries, index, totalChars, configuration } = (message ?? {}) as Readonly<Record<string, Json>>;
    this.#wasCut &&= isShort;
    if (!isShort) return message;
    const maxChars = Math.max(shareChars, this.#kept.chars);
    if (type === 'snapshot') {
      const chars = this.#kept.charsWith(Number(index), Number(totalChars) + charsOf(configuration));
      if (chars <= maxChars) return message;
      if (Number(totalChars) >= 1) this.#refusedChars = Math.min(this.#refusedChars, Math.floor(Number(totalChars)));
      return null;
    }
    if (type !== 'append' || !Array.isArray(entries)) return message;
    const count = this.#countWithin(entries, maxChars);
    if (count === entries.length) return message;
    this.#wasCut = true;
    return { ...(message as { readonly [name: string]: Json }), entries: entries.slice(0, count) };
  }

  #countWithin(entries: readonly Json[], maxChars: number): number {
    let { chars } = this.#kept;
    const first = entries.findIndex((entry) => (chars += charsOf(entry)) > maxChars);
    return first < 0 ? entries.length : first;
  }
}
