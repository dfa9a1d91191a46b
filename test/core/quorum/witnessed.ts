import type { Configuration } from '../../../src/core/quorum/configuration.ts';
import type { Entry } from '../../../src/core/quorum/entry.ts';
import type { RaftEffect, RaftOptions } from '../../../src/core/quorum/events.ts';
import type { RaftLimits } from '../../../src/core/quorum/limits.ts';
import type {
  Append,
  AppendReply,
  Heartbeat,
  HeartbeatReply,
  PreVote,
  Vote,
  VoteReply,
} from '../../../src/core/quorum/messages.ts';
import type { Raft } from '../../../src/core/quorum/raft.ts';
import type { StoredState } from '../../../src/core/quorum/state.ts';
import { Stage, configurationOf } from './stage.ts';
import type { StageOptions } from './stage.ts';

export interface Told {
  readonly atMs: number;
  readonly id: string;
  readonly effect: RaftEffect;
}

/** What a member starts from: its term, its vote there, and the terms of its entries. */
export interface Past {
  readonly term: number;
  readonly vote?: string;
  readonly log?: readonly number[];
}

export interface Setting extends Pick<StageOptions, 'limits'> {
  /** What their host lets witnesses keep; default: as the members' own limits say. */
  readonly maxWitnessChars?: number;
  readonly delayMs?: number | Exclude<StageOptions['delayMs'], undefined>;
  readonly stored?: Readonly<Record<string, Past>>;
  /** Nothing is delivered but by hand. */
  readonly isHeld?: boolean;
  readonly onEffect?: (id: string, effect: RaftEffect) => void;
  readonly options?: Partial<RaftOptions>;
}

type Sent = { readonly to: string; readonly message: Record<string, unknown> };

export function storedOf({ term, vote, log = [] }: Past): StoredState {
  const entries = log.map((one) => empty(one));
  return { hardState: { term, vote: vote ?? null, promisedMs: 0 }, snapshot: null, log: { from: 1, entries } };
}

/** A stage that writes down all it is told. */
export class Witnessed extends Stage {
  readonly told: Told[];

  constructor(founding: Readonly<Record<string, number>> | Configuration, setting: Setting = {}) {
    const told: Told[] = [];
    const { delayMs = 5, limits, stored = {}, isHeld = false, options = {}, maxWitnessChars } = setting;
    super({
      delayMs: typeof delayMs === 'number' ? () => delayMs : delayMs,
      ...(limits === undefined ? {} : { limits }),
      onEffect: ({ id }, effect) => {
        told.push({ atMs: this.nowMs, id, effect });
        setting.onEffect?.(id, effect);
      },
    });
    this.told = told;
    this.isHolding = isHeld;
    const configuration = isConfiguration(founding) ? founding : configurationOf(founding);
    for (const id of new Set([...configuration.halves.flat().map((voter) => voter.id), ...configuration.learners])) {
      const past = stored[id];
      this.add(id, {
        founding: configuration,
        ...options,
        ...(id.startsWith('w') && maxWitnessChars !== undefined && { limits: { ...limits, maxWitnessChars } }),
        ...(past === undefined ? {} : { stored: storedOf(past) }),
      });
    }
    this.start();
  }

  core(id: string): Raft {
    return this.actor(id).core;
  }

  term(id: string): number {
    return this.core(id).hardState.term;
  }

  of<Type extends RaftEffect['type']>(id: string, type: Type): Extract<RaftEffect, { type: Type }>[] {
    return this.told
      .filter((one) => one.id === id && one.effect.type === type)
      .map(({ effect }) => effect as Extract<RaftEffect, { type: Type }>);
  }

  /** When it was first told, since the last `forget`, that its leader is ready; Infinity: it was not. */
  readyAt(id: string): number {
    return this.told.find((one) => one.id === id && one.effect.type === 'ready')?.atMs ?? Infinity;
  }

  /** What that member has sent since the last `forget`. */
  sent(id: string, type: string, to?: string): Sent[] {
    return this.of(id, 'send')
      .map((effect) => ({ to: effect.to, message: effect.message as unknown as Record<string, unknown> }))
      .filter(({ to: receiver, message }) => message['type'] === type && (to === undefined || receiver === to));
  }

  forget(): void {
    this.told.length = 0;
  }

  values(id: string): readonly string[] {
    return this.of(id, 'commit').flatMap(({ entries }) => entries.map(({ value }) => value));
  }

  /** The values in its log that are committed, whether they took effect or not. */
  committed(id: string): readonly string[] {
    const core = this.core(id);
    const values: string[] = [];
    for (let index = core.firstIndex; index <= core.commitIndex; index++) {
      const entry = core.entry(index);
      if (entry?.type === 'value') values.push(entry.value);
    }
    return values;
  }

  /** The terms of its entries, those that were compacted away left out. */
  log(id: string): readonly number[] {
    const core = this.core(id);
    const count = core.lastIndex - core.firstIndex + 1;
    return Array.from({ length: count }, (_, at) => core.entry(core.firstIndex + at)?.term ?? 0);
  }

  /** Term, vote and log, and what of it is committed. */
  state(id: string): unknown {
    const core = this.core(id);
    const { term, vote } = core.hardState;
    return { term, vote, role: core.role, leader: core.leader(), log: this.log(id), commit: core.commitIndex };
  }

  hear(id: string, from: string, message: unknown): void {
    this.feed(id, { type: 'message', from, message });
  }

  /** a, as the first in line, leads once this returns. */
  settle(): void {
    this.run(500);
    if (this.leading().join() !== 'a') throw new Error('a does not lead');
  }
}

function isConfiguration(founding: Readonly<Record<string, number>> | Configuration): founding is Configuration {
  return Array.isArray((founding as Partial<Configuration>).halves);
}

export type PlayedRole = 'follower' | 'pre-candidate' | 'candidate' | 'leader';
export const playedRoles: readonly PlayedRole[] = ['follower', 'pre-candidate', 'candidate', 'leader'];

/**
 * Only a is there, in that role; the test speaks for all others. Its term is 5: as a follower it follows b there; as a
 * pre-candidate it asks for 6.
 */
export function playing(
  role: PlayedRole,
  voters: Readonly<Record<string, number>> = three,
  log: readonly number[] = [],
  limits: Partial<RaftLimits> = {},
): Witnessed {
  const past = { term: role === 'follower' || role === 'pre-candidate' ? 5 : 4, log };
  const stage = new Witnessed(voters, { stored: { a: past }, isHeld: true, limits });
  const others = [...stage.actors.keys()].filter((id) => id !== 'a');
  for (const id of others) stage.crash(id);
  if (role === 'follower') stage.hear('a', 'b', heartbeat(5));
  if (role === 'candidate' || role === 'leader') {
    for (const id of others) stage.hear('a', id, { type: 'pre-vote-reply', term: 5, attempt: 1, granted: true });
  }
  if (role === 'leader') for (const id of others) stage.hear('a', id, voteReply(5));
  if (stage.core('a').role !== role) throw new Error(`a is ${stage.core('a').role}`);
  stage.forget();
  return stage;
}

export const three: Readonly<Record<string, number>> = { a: 1, b: 1, c: 1 };
export const five: Readonly<Record<string, number>> = { a: 1, b: 1, c: 1, d: 1, e: 1 };

// Messages, as others would send them.

export const empty = (term: number): Entry => ({ type: 'empty', term });

export const preVote = (term: number, changes: Partial<PreVote> = {}): PreVote => ({
  ...{ type: 'pre-vote', term, lastIndex: 99, lastTerm: term - 1, attempt: 1 },
  ...changes,
});

export const vote = (term: number, changes: Partial<Vote> = {}): Vote => ({
  ...{ type: 'vote', term, lastIndex: 99, lastTerm: term - 1, leaseMs: 250, released: null },
  ...changes,
});

export const voteReply = (term: number, granted = true): VoteReply => ({ type: 'vote-reply', term, granted });

export const heartbeat = (term: number, changes: Partial<Heartbeat> = {}): Heartbeat => ({
  ...{ type: 'heartbeat', term, round: 1, leaseMs: 250, rttMs: 5, commit: 0, order: [] },
  ...changes,
});

export const heartbeatReply = (term: number, round: number, matched = 0): HeartbeatReply => ({
  ...{ type: 'heartbeat-reply', term, round, matched, priority: 0, visible: true },
});

/** Entries of these terms, after an index and its term. */
export const append = (
  term: number,
  [prevIndex, prevTerm]: readonly [number, number],
  terms: readonly number[] = [],
  commit = 0,
): Append => ({ type: 'append', term, prevIndex, prevTerm, entries: terms.map(empty), commit });

export const appendReply = (term: number, match: number): AppendReply => ({ type: 'append-reply', term, match });
