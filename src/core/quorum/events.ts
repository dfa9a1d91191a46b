import type { DriverEffect } from '../step.ts';
import type { Configuration } from './configuration.ts';
import type { CommittedEntry } from './entry.ts';
import type { RaftLimits } from './limits.ts';
import type { Message } from './messages.ts';
import type { StateWrite, StoredState } from './state.ts';

export interface RaftOptions {
  readonly id: string;
  /** Seeds the generator: any safe integer. Same seed, same events: same effects. */
  readonly seed: number;
  /** The configuration before the first entry, the same at every member. Without this member it only watches. */
  readonly founding: Configuration;
  /** Terms are `epoch × 2^20 + n`; members of another epoch are not listened to. Default 0. */
  readonly epoch?: number;
  /** What was durable when the last life under this id ended. Default: this is the first. */
  readonly stored?: StoredState;
  /** Higher leads rather than lower, and takes over from it. Default 0. */
  readonly priority?: number;
  /** No first election before so many voters, this one included, agree to one. Default 1. */
  readonly minMembers?: number;
  readonly limits?: Partial<RaftLimits>;
}

/** What the driver tells the core. Each comes with the two clocks (`Timed`). */
export type RaftEvent =
  | { readonly type: 'tick' }
  /** `message` is whatever arrived: the core checks it. */
  | { readonly type: 'message'; readonly from: string; readonly message: unknown }
  /** Everything is durable up to and with the `persist` effect of this number. */
  | { readonly type: 'persisted'; readonly upTo: number }
  /**
   * Appends values, from any member. They get the tickets `first`, `first + 1` …; tickets rise over the life of the
   * core. Each is answered once: by `appended`, or by `append-failed`.
   */
  | { readonly type: 'append'; readonly first: number; readonly values: readonly string[] }
  /** Answered by `read`, as soon as this member has applied all that was committed when it was asked. Tickets rise. */
  | { readonly type: 'read'; readonly ticket: number }
  /** What was asked for by `snapshot-wanted`: the application's state as of that index. */
  | { readonly type: 'snapshot'; readonly index: number; readonly data: string }
  /** Leader only: hands over to `to`, or to the first in line. */
  | { readonly type: 'transfer'; readonly to?: string }
  /** Tries to become leader now, by the ordinary rules: nobody who has one deposes it for that. */
  | { readonly type: 'campaign' }
  | { readonly type: 'visible'; readonly visible: boolean }
  | { readonly type: 'priority'; readonly priority: number }
  /** The session with this member began anew; what was sent before may be lost. */
  | { readonly type: 'reset'; readonly peer: string }
  /** Hands over if leading, and is done: what comes later does nothing. */
  | { readonly type: 'leave' };

/** Why a message was dropped. */
export type BadMessageCode =
  /** A field is missing, of the wrong type, out of range or too long. */
  | 'malformed'
  /** The sender is not in the configuration, or may not send this in its role. */
  | 'stranger'
  | 'other-epoch'
  /** The term is further ahead than terms can run in a healthy group. */
  | 'term-jump'
  /** It contradicts itself, or what is certain: an index that cannot be, a second leader of a term. */
  | 'impossible';

/** What the core asks of the driver, or tells those above. In order. */
export type RaftEffect =
  | DriverEffect<Message, StateWrite>
  /** The leader as this member knows it: itself from the first moment of its lease on. `null`: none, or it was lost. */
  | { readonly type: 'leader'; readonly leader: { readonly id: string; readonly term: number } | null }
  /** This member leads, and has applied everything that was committed before it did: its work can start. */
  | { readonly type: 'ready'; readonly term: number }
  /** Who answers the leader, as far as this member knows, itself included; sorted. */
  | { readonly type: 'reachable'; readonly peers: readonly string[] }
  /** Everything up to `upTo` is committed; these values took effect. In order, without gaps, each once. */
  | { readonly type: 'commit'; readonly upTo: number; readonly entries: readonly CommittedEntry[] }
  /** Committed at `index`, and told by `commit` before. `null`: it is covered by a snapshot that was installed. */
  | { readonly type: 'appended'; readonly ticket: number; readonly index: number | null }
  /** `not-committed`: never was and never will be. `unknown`: it may be committed, now or later. */
  | { readonly type: 'append-failed'; readonly ticket: number; readonly reason: 'not-committed' | 'unknown' }
  /** What the application has applied by now is current as of some moment after the `read` event. */
  | { readonly type: 'read'; readonly ticket: number }
  /** Take the application's state as it is at this effect, and step it as `snapshot` with this index, now or later. */
  | { readonly type: 'snapshot-wanted'; readonly index: number }
  /** Replaces the application's state, as of `index`; the next `commit` follows on it. Also first of all on a restart. */
  | { readonly type: 'snapshot-installed'; readonly index: number; readonly data: string }
  | { readonly type: 'bad-message'; readonly from: string; readonly code: BadMessageCode; readonly reason: string };
