import type { Group } from '../../core/founding/group.ts';
import { foundedBy } from '../../core/quorum/configuration.ts';
import type { RaftEffect, RaftEvent } from '../../core/quorum/events.ts';
import { Raft } from '../../core/quorum/raft.ts';
import type { Standing, StoredState } from '../../core/quorum/state.ts';
import { Clocks } from '../../driver/clocks.ts';
import { persistenceIn } from '../../driver/durable.ts';
import { PersistingDriver } from '../../driver/persisting-driver.ts';
import type { Platform } from '../../platform/platform.ts';
import type { QuorumCharter } from '../../protocol/charter.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { Json } from '../../protocol/json.ts';

export interface MemoryWitnessOptions {
  readonly id: PeerId;
  readonly group: Group;
  readonly charter: QuorumCharter;
  readonly platform: Pick<Platform, 'clock' | 'timers' | 'randomBytes'>;
  /** What it had in the epoch before. */
  readonly stored: StoredState | null;
  readonly send: (to: PeerId, message: Json) => void;
}

/** Votes in one epoch of a room, and remembers for as long as its process runs. */
export class MemoryWitness {
  readonly id: PeerId;
  readonly epoch: number;
  readonly #core: Raft;
  readonly #driver: PersistingDriver<RaftEvent, RaftEffect>;

  constructor(options: MemoryWitnessOptions) {
    const { id, group, platform, send } = options;
    this.id = id;
    this.epoch = group.epoch;
    this.#core = coreOf(options);
    this.#driver = new PersistingDriver<RaftEvent, RaftEffect>({
      core: this.#core,
      tick: { type: 'tick' },
      clocks: new Clocks(platform.clock),
      timers: platform.timers,
      persistence: persistenceIn(null, () => {}),
      // What the core sends is JSON: numbers, texts and lists of plain fields.
      send: (to, message) => send(to, message as Json),
      apply: () => {},
    });
    // Whoever has been told who is there knows that others than the founder may come in.
    this.#driver.feed({ type: 'members', peers: [{ id, host: id, witness: true }] });
  }

  hear(from: PeerId, message: Json): void {
    this.#driver.feed({ type: 'message', from, message });
  }

  /** `null`: somebody leads, or is promised something. */
  standing(): Standing | null {
    return this.#core.standing(this.#driver.now());
  }

  /** Gives its epoch up: what it had is for the next one. */
  pledge(): StoredState {
    this.#driver.feed({ type: 'pledge' });
    this.#driver.close();
    return this.#core.state();
  }

  close(): void {
    this.#driver.close();
  }
}

function coreOf({ id, group: { epoch, founder }, charter, platform, stored }: MemoryWitnessOptions): Raft {
  const { minLeaseMs, maxLeaseMs, maxVoters } = charter;
  return new Raft({
    ...{ id, epoch, maxVoters, witness: true, limits: { minLeaseMs, maxLeaseMs } },
    seed: platform.randomBytes(6).reduce((seed, byte) => seed * 256 + byte, 0),
    ...(founder !== null && { founding: foundedBy([founder], id) }),
    ...(stored && { stored }),
  });
}
