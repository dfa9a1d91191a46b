import type { Leadership } from '../core/leadership.ts';
import type { Configuration } from '../core/quorum/configuration.ts';
import type { RaftEffect, RaftEvent } from '../core/quorum/events.ts';
import type { RaftLimits } from '../core/quorum/limits.ts';
import type { Message } from '../core/quorum/messages.ts';
import { Raft } from '../core/quorum/raft.ts';
import { persistenceIn, storedState } from '../driver/durable.ts';
import { PersistingDriver, type ToldBesideState } from '../driver/persisting-driver.ts';
import type { QuorumCharter } from '../protocol/charter.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Lane } from '../protocol/lane.ts';
import type { Role } from '../protocol/members.ts';
import type { Standing } from '../protocol/standing.ts';
import type { ElectionOptions } from './elector.ts';
import { rolesOf } from './roles.ts';
import { freshSeed } from '../driver/seed.ts';

export interface QuorumCoreOptions {
  readonly election: ElectionOptions;
  readonly epoch: number;
  /** Left out: this member joins. */
  readonly founding?: Configuration;
  /** Of the epoch before, silent by now: what it had goes on. */
  readonly before?: QuorumCore;
  /** Default 1. */
  readonly minMembers?: number;
  readonly limits: Partial<RaftLimits>;
  readonly charter: QuorumCharter | undefined;
  laneOf(to: PeerId, message: Message): Lane;
  apply(effect: ToldBesideState<RaftEffect>): void;
  /** What was to be durable is not, and the core has stopped. */
  failed(error: unknown): void;
}

/** The core of one epoch in its driver. */
export class QuorumCore {
  readonly epoch: number;
  readonly #raft: Raft;
  readonly #driver: PersistingDriver<RaftEvent, RaftEffect>;

  constructor(options: QuorumCoreOptions) {
    const { election, epoch, founding, before, minMembers = 1, limits, charter, laneOf, apply, failed } = options;
    const { self, platform, clocks, priority, memory } = election;
    const stored = before ? before.#raft.state() : memory && storedState(memory.stored);
    this.epoch = epoch;
    this.#raft = new Raft({
      id: self,
      seed: freshSeed(platform),
      epoch,
      ...(founding && { founding }),
      ...(stored && { stored }),
      ...(before && { applied: before.#raft.commitIndex }),
      priority,
      minMembers,
      ...(charter && { maxVoters: charter.maxVoters, charterMs: charter.charterMs }),
      limits,
    });
    this.#driver = new PersistingDriver<RaftEvent, RaftEffect>({
      core: this.#raft,
      tick: { type: 'tick' },
      clocks,
      timers: platform.timers,
      persistence: persistenceIn(memory?.storage ?? null, failed),
      // What the core sends is JSON: numbers, texts and lists of plain fields.
      send: (to, message) => {
        const lane = laneOf(to, message as Message);
        election.apply({ type: 'send', to, message: message as Json, lane });
      },
      apply,
    });
  }

  /** The event is the core's from now on. */
  feed(event: RaftEvent): void {
    this.#driver.feed(event);
  }

  /** Stops, with that event as its last words. */
  close(last?: RaftEvent): readonly RaftEffect[] {
    return this.#driver.close(last);
  }

  isLeader(): boolean {
    return this.#raft.isLeader(this.#driver.now());
  }

  leader(): Leadership | null {
    return this.#raft.leader();
  }

  leaseMs(): number | null {
    return this.#raft.leaseMs;
  }

  canTransfer(to: PeerId | undefined): boolean {
    return this.#raft.canTransfer(to);
  }

  /** `null`: it knows a leader, or is bound to one. Of one that has left or pledged there is always one. */
  standing(): Standing | null {
    return this.#raft.standing(this.#driver.now());
  }

  roles(): ReadonlyMap<PeerId, Role> {
    return rolesOf(this.#raft.configuration);
  }
}
