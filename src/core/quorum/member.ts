import { Random } from '../random.ts';
import type { Instant } from '../step.ts';
import type { Configuration } from './configuration.ts';
import { votersOf } from './configuration.ts';
import { Disk } from './disk.ts';
import type { BadMessageCode, RaftEffect, RaftOptions } from './events.ts';
import { Hearing } from './hearing.ts';
import { defaultLimits, termsPerEpoch } from './limits.ts';
import type { RaftLimits } from './limits.ts';
import { Log } from './log.ts';
import type { Message, Round } from './messages.ts';
import { reliableMs, strideMs, unknownRttMs } from './pace.ts';
import { Promised } from './promised.ts';
import { snapshotChars } from './snapshots.ts';
import type { HardState, StoredState } from './state.ts';

/** Before a member is taken in. */
const nobody: Configuration = { halves: [], learners: [] };

/** What a member is in a configuration. */
export type Role = 'voter' | 'witness' | 'learner';

/** What a member knows at this moment, and what is to be done about it: the state that all parts of the core share. */
export class Member {
  readonly id: string;
  readonly limits: RaftLimits;
  readonly random: Random;
  readonly minMembers: number;
  readonly maxVoters: number;
  readonly isWitness: boolean;
  readonly foundingTerm: number;
  readonly log: Log;
  readonly disk: Disk;
  readonly promised: Promised = new Promised();
  readonly hearing: Hearing = new Hearing();
  now: Instant = { fast: 0, slow: 0 };
  priority: number;
  visible = true;
  /** Who leads in this term, as far as this member has heard; itself, if it does. */
  leader: string | null = null;
  /** The term whose leader said last that it is ready; -1: the last one said that it is not. */
  readyTerm = -1;
  /** Who is to campaign first, second … as the last leader said. */
  order: readonly string[] = [];
  /** Whom of the configuration the leader does not hear, as it said last. */
  unheard: readonly string[] = [];
  /** As the leader measured it, or this member when it led: `Reckoning`. */
  rttMs: number = unknownRttMs;
  successionRttMs: number = unknownRttMs;
  /** As the leader said last. */
  leaseMs = 0;
  /** By how much this member's timers come late, of late. */
  lateMs = 0;
  /** The log is that leader's up to here. */
  matched = 0;
  /**
   * Others than those of the founding configuration may come in: this member did, or those above have named who is there.
   * A group of which nobody ever says so stays closed.
   */
  isOpen: boolean;
  /** Committed, and applied: that is one step here. */
  commit: number;
  /** On the fast clock: until then this member may lead, as far as contact with whoever founds epochs goes. */
  charteredUntil: number;
  isStorageFull = false;
  /** Of a witness: whoever stores for it has room for a snapshot of so many characters. */
  storageChars: number = Infinity;
  effects: RaftEffect[] = [];
  readonly #charterMs: number;
  #rolesOf: Configuration | null = null;
  #roles = new Map<string, Role>();

  constructor(options: RaftOptions) {
    const { id, seed, founding = nobody, epoch = 0, stored = null, priority = 0, limits = {} } = options;
    this.id = id;
    this.isOpen = options.founding === undefined;
    this.limits = { ...defaultLimits, ...limits };
    this.random = new Random(seed);
    this.minMembers = options.minMembers ?? 1;
    this.maxVoters = options.maxVoters ?? 5;
    this.isWitness = options.witness ?? false;
    this.foundingTerm = epoch * termsPerEpoch;
    this.priority = priority;
    this.log = new Log(founding, this.foundingTerm, stored);
    this.commit = this.log.baseIndex;
    this.#charterMs = options.charterMs ?? Infinity;
    this.charteredUntil = this.#charterMs === Infinity ? Infinity : -Infinity;
    this.disk = new Disk(hardStateIn(this.foundingTerm, stored), stored?.snapshot ?? null);
  }

  get term(): number {
    return this.disk.hardState.term;
  }

  get configuration(): Configuration {
    return this.log.configuration;
  }

  /** `undefined`: a stranger. */
  roleOf(id: string): Role | undefined {
    const { configuration } = this;
    if (this.#rolesOf !== configuration) {
      this.#rolesOf = configuration;
      this.#roles = new Map(configuration.learners.map((learner) => [learner, 'learner']));
      for (const { id: voter, witness } of votersOf(configuration))
        this.#roles.set(voter, witness ? 'witness' : 'voter');
    }
    return this.#roles.get(id);
  }

  /** A configuration in which this member has no vote is committed. */
  get isTakenOut(): boolean {
    return this.commit >= this.log.configurationIndex && this.roleOf(this.id) !== 'voter';
  }

  /** All of the configuration but this one. */
  get peers(): readonly string[] {
    this.roleOf(this.id);
    return [...this.#roles.keys()].filter((id) => id !== this.id);
  }

  /** Whoever answers has seen this member after it was asked. */
  noteContact(askedAt: number): void {
    const until = Math.min(askedAt, this.now.fast) + reliableMs(this.#charterMs);
    if (until > this.charteredUntil) this.charteredUntil = until;
  }

  get isChartered(): boolean {
    return this.now.fast < this.charteredUntil;
  }

  /** So much of the log is better told by a snapshot: it is longer than that, and long enough to matter. */
  outweighsSnapshot(chars: number): boolean {
    const { snapshot } = this.disk;
    return chars >= this.limits.snapshotChars && (snapshot === null || chars >= snapshotChars(snapshot));
  }

  /** A later term; the vote in it, if this member gives one right away. */
  enterTerm(term: number, vote: string | null): void {
    const remainingMs = this.promised.remainingMs(this.now.slow);
    this.disk.hardState = { term, vote, promisedMs: strideMs(remainingMs, this.limits) };
    this.leader = null;
    this.matched = 0;
  }

  vote(candidate: string): void {
    this.disk.hardState = { ...this.disk.hardState, vote: candidate };
  }

  promise(to: Round, lengthMs: number): void {
    this.promised.give(to, lengthMs, this.now.slow);
    const { hardState } = this.disk;
    if (lengthMs > hardState.promisedMs) {
      this.disk.hardState = { ...hardState, promisedMs: strideMs(lengthMs, this.limits) };
    }
  }

  send(to: string, message: Message): void {
    this.effects.push({ type: 'send', to, message });
  }

  refuse(from: string, code: BadMessageCode, reason: string): void {
    this.effects.push({ type: 'bad-message', from, code, reason });
  }
}

/** A new epoch begins without a vote. What was promised before may last into it. */
function hardStateIn(foundingTerm: number, stored: StoredState | null): HardState {
  if (stored !== null && stored.hardState.term >= foundingTerm) return stored.hardState;
  return { term: foundingTerm, vote: null, promisedMs: stored?.hardState.promisedMs ?? 0 };
}
