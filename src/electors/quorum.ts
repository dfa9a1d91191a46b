import type { RaftEffect, RaftEvent } from '../core/quorum/events.ts';
import type { Message } from '../core/quorum/messages.ts';
import { Raft } from '../core/quorum/raft.ts';
import type { StateWrite } from '../core/quorum/state.ts';
import { Clocks } from '../driver/clocks.ts';
import type { ToldEffect } from '../driver/driver.ts';
import { type Persistence, PersistingDriver } from '../driver/persisting-driver.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import { batchOf, storedState } from '../driver/durable.ts';
import type { Election, ElectionEvent, ElectionOptions, Elector, Leadership } from './elector.ts';
import { Lanes } from './lanes.ts';
import { QuorumLog } from './quorum-log.ts';
import { checkQuorumOptions, type QuorumOptions } from './quorum-options.ts';
import type { ReplicatedLog } from './replicated-log.ts';
import { freshSeed } from './seed.ts';

export type { QuorumOptions };

/**
 * Elects so that at any instant there is at most one leader (Q2), each with a higher term than all before: by a lease
 * that a majority of the voters grants. There is none for as long as no majority can talk.
 *
 * Members whose id outlives them need a network with a storage, such as `nodes()`: they come back with what they
 * promised. All others forget it together with their id.
 *
 * @throws TypeError or RangeError for wrong options.
 */
export function quorum(options: QuorumOptions): Elector {
  checkQuorumOptions(options);
  return { name: 'quorum', start: (election) => new QuorumElection(options, election) };
}

class QuorumElection implements Election {
  readonly #options: ElectionOptions;
  readonly #core: Raft;
  readonly #driver: PersistingDriver<RaftEvent, RaftEffect>;
  readonly #log: QuorumLog;
  readonly #lanes = new Lanes();
  #leader: Leadership | null = null;

  constructor({ voters, minLeaseMs, maxLeaseMs }: QuorumOptions, options: ElectionOptions) {
    const { self, platform, priority, minMembers, memory } = options;
    const stored = memory && storedState(memory.stored);
    const half = voters.toSorted().map((id) => ({ id, weight: 1, witness: false }));
    this.#options = options;
    this.#core = new Raft({
      id: self,
      seed: freshSeed(platform),
      founding: { halves: [half], learners: [] },
      priority,
      minMembers,
      ...(stored && { stored }),
      limits: { ...(minLeaseMs && { minLeaseMs }), ...(maxLeaseMs && { maxLeaseMs }) },
    });
    this.#driver = new PersistingDriver<RaftEvent, RaftEffect>({
      core: this.#core,
      tick: { type: 'tick' },
      clocks: new Clocks(platform.clock),
      timers: platform.timers,
      persistence: this.#persistence(),
      // What the core sends is JSON: numbers, texts and lists of plain fields.
      send: (to, message) => {
        const lane = this.#lanes.laneOf(to, message as Message);
        options.apply({ type: 'send', to, message: message as Json, lane });
      },
      apply: (effect) => this.#apply(effect),
    });
    this.#log = new QuorumLog({
      feed: (event) => this.#driver.feed(event),
      onPublished: (value) => options.apply({ type: 'published', value }),
    });
    this.#driver.feed({ type: 'tick' });
  }

  get log(): ReplicatedLog {
    return this.#log;
  }

  /** From the moment on that this member has applied all that was committed before it led. */
  isLeader(): boolean {
    return this.#leader?.id === this.#options.self && this.#core.isLeader(this.#driver.now());
  }

  leader(): Leadership | null {
    return this.#leader;
  }

  published(): Json | undefined {
    return (this.isLeader() ? this.#log.publishing : undefined) ?? this.#log.published;
  }

  canTransfer(to?: PeerId): boolean {
    return this.isLeader() && this.#core.canTransfer(to);
  }

  feed(event: ElectionEvent): void {
    switch (event.type) {
      case 'publish':
        return this.#log.publish(event.value);
      case 'members':
      case 'departed':
      case 'hint':
        return; // who decides stands in the log, and only its own silence tells that a member is gone
      case 'message':
        this.#lanes.heard(event.from, event.message);
        return this.#driver.feed(event);
      case 'reset':
        this.#lanes.reset(event.peer);
        return this.#driver.feed(event);
      default:
        return this.#driver.feed(event);
    }
  }

  /** What the core says of appends at last is heard: those that were never sent are not committed for certain (Q5). */
  leave(): void {
    for (const effect of this.#driver.close({ type: 'leave' })) {
      if (effect.type === 'append-failed') this.#log.apply(effect);
    }
    this.#end();
  }

  close(): void {
    this.#driver.close();
    this.#end();
  }

  #end(): void {
    this.#log.close(new ClusterError('left', 'the cluster has been left'));
  }

  #persistence(): Persistence<RaftEvent> {
    const { memory } = this.#options;
    return {
      write: (state) => memory?.storage.write(batchOf(state as StateWrite)) ?? null,
      persisted: (upTo) => ({ type: 'persisted', upTo }),
      failed: (error) => this.#fail(error),
    };
  }

  /** Whoever cannot keep its word stops giving it: this member leads and votes no more. */
  #fail(cause: unknown): void {
    const error =
      cause instanceof ClusterError ? cause : new ClusterError('storage-failed', 'the storage failed', { cause });
    this.close();
    this.#setLeader(null);
    this.#options.apply({ type: 'failed', error });
  }

  #apply(effect: ToldEffect<RaftEffect>): void {
    switch (effect.type) {
      case 'leader':
        // This member's own leadership begins when it is ready.
        if (effect.leader?.id !== this.#options.self) this.#setLeader(effect.leader);
        return;
      case 'ready':
        return this.#setLeader({ id: this.#options.self, term: effect.term });
      case 'configuration':
      case 'pledged':
        return; // the voters are given, and stay
      case 'reachable':
        return this.#options.apply({ type: 'reachable', peers: effect.peers });
      case 'bad-message':
        return this.#options.apply({ type: 'bad-message', from: effect.from, reason: effect.reason });
      default:
        try {
          this.#log.apply(effect);
          if (this.#log.isIdle) this.#lanes.settled();
        } catch (error) {
          return this.#fail(error);
        }
    }
  }

  #setLeader(leader: Leadership | null): void {
    if (this.#leader?.id === leader?.id && this.#leader?.term === leader?.term) return;
    this.#leader = leader;
    this.#options.apply({ type: 'leader', leader });
  }
}
