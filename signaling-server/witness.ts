import type { Standing, StoredState } from '../src/core/quorum/state.ts';
import { WitnessCore, type WitnessCoreOptions } from '../src/driver/witness-core.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import { Pieces } from '../src/protocol/pieces.ts';
import { Mailbox } from './mailbox.ts';

export interface WitnessOptions extends Omit<WitnessCoreOptions, 'send'> {
  readonly maxPieceBytes: number;
  /** Members of which it keeps pieces at a time. */
  readonly maxSenders: number;
  /** May be lost on the way. */
  readonly send: (to: PeerId, payloads: readonly Uint8Array[]) => void;
}

/** The voter of one room at the server, which hears and speaks in the pieces that fit into relay frames. */
export class Witness {
  readonly #core: WitnessCore;
  readonly #onBadMessage: WitnessOptions['onBadMessage'];
  readonly #pieces = new Pieces();
  readonly #mailbox: Mailbox;

  constructor({ maxPieceBytes, maxSenders, send, ...options }: WitnessOptions) {
    this.#onBadMessage = options.onBadMessage;
    this.#mailbox = new Mailbox(maxSenders);
    this.#core = new WitnessCore({
      ...options,
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
    if (assembled.type === 'message') this.#core.hear(from, assembled.message);
    else if (assembled.type === 'malformed') this.#onBadMessage(from, assembled.reason);
  }

  /** Says nothing more. What is being written becomes durable all the same. */
  close(): void {
    this.#core.close();
  }
}
