import { foundedBy } from '../core/quorum/configuration.ts';
import type { RaftEffect, RaftEvent } from '../core/quorum/events.ts';
import { Raft } from '../core/quorum/raft.ts';
import type { Standing, StoredState } from '../core/quorum/state.ts';
import type { Timers } from '../platform/platform.ts';
import type { QuorumCharter } from '../protocol/charter.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Clocks } from './clocks.ts';
import { PersistingDriver, type Persistence } from './persisting-driver.ts';

export interface WitnessCoreOptions {
  readonly id: PeerId;
  readonly epoch: number;
  /** Null: it joins a group that is there already. */
  readonly founder: PeerId | null;
  readonly charter: QuorumCharter;
  /** What it had in the epoch before, or what was durable when its last life under this id ended. */
  readonly stored?: StoredState | undefined;
  readonly persistence: Persistence<RaftEvent>;
  readonly seed: number;
  readonly clocks: Pick<Clocks, 'now'>;
  readonly timers: Timers;
  /** Of the log, as it stores it. Default: the core's own. */
  readonly maxChars?: number | undefined;
  /** May be lost on the way. */
  readonly send: (to: PeerId, message: Json) => void;
  readonly onBadMessage: (from: PeerId, reason: string) => void;
}

/**
 * The voter of one room that stores and votes and never leads: the core of its members, in its driver. While nobody leads
 * it sets no timer, so a room at rest costs nothing.
 */
export class WitnessCore {
  readonly id: PeerId;
  readonly epoch: number;
  readonly #core: Raft;
  readonly #driver: PersistingDriver<RaftEvent, RaftEffect>;

  constructor(options: WitnessCoreOptions) {
    const { id, epoch, clocks, timers, persistence, send, onBadMessage } = options;
    this.id = id;
    this.epoch = epoch;
    this.#core = coreOf(options);
    this.#driver = new PersistingDriver<RaftEvent, RaftEffect>({
      ...{ core: this.#core, tick: { type: 'tick' }, clocks, timers, persistence },
      // What the core sends is JSON: numbers, texts and lists of plain fields.
      send: (to, message) => send(to, message as Json),
      // The application is with the members: a witness has none, and takes no snapshots of it.
      apply: (effect) => {
        if (effect.type === 'bad-message') onBadMessage(effect.from, effect.reason);
      },
    });
    // Whoever has been told who is there knows that others than the founder may come in.
    this.#driver.feed({ type: 'members', peers: [{ id, host: id, witness: true }] });
  }

  /** For whoever founds the next epoch; null while somebody leads here, or was promised to. */
  get standing(): Standing | null {
    return this.#core.standing(this.#driver.now());
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

  /** Whoever stores for it has no more room, or has again; and room for a snapshot of so many characters at most. */
  setStorage(isFull: boolean, roomChars: number): void {
    this.#driver.feed({ type: 'storage', isFull, roomChars });
  }

  /** From a member that is in the room. */
  hear(from: PeerId, message: unknown): void {
    this.#driver.feed({ type: 'message', from, message });
  }

  /** Says nothing more. What is being written becomes durable all the same. */
  close(): void {
    this.#driver.close();
  }
}

function coreOf({ id, epoch, founder, charter, stored, seed, maxChars }: WitnessCoreOptions): Raft {
  const { minLeaseMs, maxLeaseMs, maxVoters } = charter;
  const limits = { minLeaseMs, maxLeaseMs, ...(maxChars !== undefined && { maxWitnessChars: maxChars }) };
  return new Raft({
    ...{ id, epoch, seed, maxVoters, witness: true, limits },
    ...(founder !== null && { founding: foundedBy([founder], id) }),
    ...(stored && { stored }),
  });
}
