import { foundedBy } from '../src/core/quorum/configuration.ts';
import type { RaftEffect, RaftEvent } from '../src/core/quorum/events.ts';
import { Raft } from '../src/core/quorum/raft.ts';
import type { Standing, StoredState } from '../src/core/quorum/state.ts';
import type { Clocks } from '../src/driver/clocks.ts';
import type { ToldEffect } from '../src/driver/driver.ts';
import { persistenceIn } from '../src/driver/durable.ts';
import { PersistingDriver } from '../src/driver/persisting-driver.ts';
import type { Timers } from '../src/platform/platform.ts';
import type { Storage } from '../src/platform/storage.ts';
import type { QuorumCharter } from '../src/protocol/charter.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import type { Json } from '../src/protocol/json.ts';
import { Pieces } from '../src/protocol/pieces.ts';
import { Mailbox } from './mailbox.ts';

export interface WitnessOptions {
  readonly id: PeerId;
  readonly epoch: number;
  /** Null: it joins a group that is there already. */
  readonly founder: PeerId | null;
  readonly charter: QuorumCharter;
  /** What was durable when the last life under this id ended. */
  readonly stored?: StoredState | undefined;
  /** Null: it is forgotten together with its id. */
  readonly storage: Storage | null;
  readonly seed: number;
  readonly clocks: Pick<Clocks, 'now'>;
  readonly timers: Timers;
  readonly maxPieceBytes: number;
  /** Of the log, as it stores it. */
  readonly maxChars: number;
  /** Members of which it keeps pieces at a time. */
  readonly maxSenders: number;
  /** May be lost on the way. */
  readonly send: (to: PeerId, payloads: readonly Uint8Array[]) => void;
  readonly onBadMessage: (from: PeerId, reason: string) => void;
  /** It cannot keep its word any more, and is silent for good. */
  readonly onFailed: (error: unknown) => void;
}

/**
 * The voter of one room at the server: the core of its members, which stores and votes and never leads. While nobody
 * leads it sets no timer, so a room at rest costs nothing.
 */
export class Witness {
  readonly #options: WitnessOptions;
  readonly #core: Raft;
  readonly #driver: PersistingDriver<RaftEvent, RaftEffect>;
  readonly #pieces = new Pieces();
  readonly #mailbox: Mailbox;

  constructor(options: WitnessOptions) {
    this.#options = options;
    this.#core = coreOf(options);
    this.#mailbox = new Mailbox(options.maxSenders);
    const { id, clocks, timers, storage } = options;
    this.#driver = new PersistingDriver<RaftEvent, RaftEffect>({
      core: this.#core,
      tick: { type: 'tick' },
      clocks,
      timers,
      persistence: persistenceIn(storage, (error) => options.onFailed(error)),
      // What the core sends is JSON: numbers, texts and lists of plain fields.
      send: (to, message) => options.send(to, this.#pieces.split(message as Json, options.maxPieceBytes)),
      apply: (effect) => this.#apply(effect),
    });
    // Whoever has been told who is there knows that others than the founder may come in.
    this.#driver.feed({ type: 'members', peers: [{ id, host: id, witness: true }] });
  }

  /** For whoever founds the next epoch; null while somebody leads here, or was promised to. */
  get standing(): Standing | null {
    return this.#core.standing(this.#options.clocks.now());
  }

  /**
   * It pledges and ends, with what a witness of the next epoch under this id goes on with. Null: it goes on, for since it
   * was asked last it has promised something to somebody.
   */
  retire(): StoredState | null {
    this.#driver.feed({ type: 'pledge' });
    if (!this.#core.isPledged) return null;
    this.close();
    return this.#core.state();
  }

  /** A piece of a message, from a member that is in the room. */
  hear(from: PeerId, piece: Uint8Array): void {
    const assembled = this.#mailbox.take(from, piece);
    if (assembled.type === 'message') this.#driver.feed({ type: 'message', from, message: assembled.message });
    else if (assembled.type === 'malformed') this.#options.onBadMessage(from, assembled.reason);
  }

  /** Says nothing more. What is being written becomes durable all the same. */
  close(): void {
    this.#driver.close();
  }

  /** The application is with the members: a witness has none, and takes no snapshots of it. */
  #apply(effect: ToldEffect<RaftEffect>): void {
    if (effect.type === 'bad-message') this.#options.onBadMessage(effect.from, effect.reason);
  }
}

function coreOf({ id, epoch, founder, charter, stored, seed, maxChars }: WitnessOptions): Raft {
  const { minLeaseMs, maxLeaseMs, maxVoters } = charter;
  const limits = { minLeaseMs, maxLeaseMs, maxWitnessChars: maxChars };
  return new Raft({
    ...{ id, epoch, seed, maxVoters, witness: true, limits },
    ...(founder !== null && { founding: foundedBy([founder], id) }),
    ...(stored && { stored }),
  });
}
