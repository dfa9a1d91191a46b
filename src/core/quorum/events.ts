import type { Leadership } from '../leadership.ts';
import type { DriverEffect, PersistEffect } from '../step.ts';
import type { Configuration } from './configuration.ts';
import type { CommittedEntry } from './entry.ts';
import type { RaftLimits } from './limits.ts';
import type { Message } from './messages.ts';
import type { Standing, StateWrite, StoredState } from './state.ts';

export interface RaftOptions {
  readonly id: string;
  /** Seeds the generator: any safe integer, another one for each core. Same seed, same events: same effects. */
  readonly seed: number;
  /**
   * The first configuration of the epoch, the same at all who found it: it becomes the epoch's first entry. Left out: this
   * member joins, and waits until the leader takes it in.
   */
  readonly founding?: Configuration;
  /**
   * Terms are `epoch × 2^20 + n`; members of another epoch are not listened to. A log of earlier epochs goes on in this one;
   * its configurations count no more. Default 0.
   */
  readonly epoch?: number;
  /** What was durable when the last life under this id ended, or its `state()` in an earlier epoch. Default: nothing. */
  readonly stored?: StoredState;
  /**
   * Everything up to this index is committed, and the application has it from an earlier core: it is not told again.
   * Default: as far as the snapshot in `stored` goes, which is told.
   */
  readonly applied?: number;
  /** Nobody leads or campaigns for longer than this without contact with whoever founds epochs. Default `Infinity`. */
  readonly charterMs?: number;
  /** Higher leads rather than lower, and takes over from it. Default 0. */
  readonly priority?: number;
  /** Has no application: stores and votes for others, and gets its snapshots from whoever leads. Default `false`. */
  readonly witness?: boolean;
  /** No first election before so many voters, this one included, agree to one. Default 1. */
  readonly minMembers?: number;
  /** Members that join get a vote as long as there are fewer, witnesses not counted. The same at every member. Default 5. */
  readonly maxVoters?: number;
  readonly limits?: Partial<RaftLimits>;
}

/** One who is there, as those above know. */
export interface Peer {
  readonly id: string;
  /** Who shares it shares its fate: a machine, a browser. */
  readonly host: string;
  readonly witness: boolean;
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
  /**
   * Who is there, this member included; replaces what was said before. Whoever leads takes them in. Nobody is taken out for
   * not being named. Without this event, no configuration ever follows on the founding one.
   */
  | { readonly type: 'members'; readonly peers: readonly Peer[] }
  /** That member left, and said so itself. */
  | { readonly type: 'departed'; readonly peer: string }
  /** The session with this member began anew; what was sent before may be lost. */
  | { readonly type: 'reset'; readonly peer: string }
  /** Whoever founds epochs has answered what it was asked at that moment of the fast clock. */
  | { readonly type: 'contact'; readonly askedAt: number }
  /**
   * Of a witness: how much room whoever stores for it has. While that is full its bound is as low as it goes: it takes no
   * entry that a leader can do without, and asks for a snapshot in the place of those that it has. Full or not, it takes none
   * of more than `roomChars` characters; Infinity: what its limits say is all that counts.
   */
  | { readonly type: 'storage'; readonly isFull: boolean; readonly roomChars: number }
  /** Promises never to vote in this epoch again, if nobody leads and no promise lasts: then `pledged` follows, or nothing. */
  | { readonly type: 'pledge' }
  /**
   * A later epoch goes on from this one, on the word of those who pledged (E3): silent for good, whatever this member was
   * bound to. What it has is its `state()`, which its next core goes on with.
   */
  | { readonly type: 'give-up' }
  /** Hands over if leading, and is done: what comes later does nothing. */
  | { readonly type: 'leave' };

/** Why a message was dropped. */
export type BadMessageCode =
  /** A field is missing, of the wrong type, out of range or too long. */
  | 'malformed'
  /** The sender may not send this in its role, or has none. */
  | 'stranger'
  | 'other-epoch'
  /** The term is further ahead than terms can run in a healthy group. */
  | 'term-jump'
  /** It contradicts itself, or what is certain: an index that cannot be, a second leader of a term. */
  | 'impossible';

/** What the core asks of the driver, or tells those above. In order. */
export type RaftEffect =
  | DriverEffect<Message>
  | PersistEffect<StateWrite>
  /**
   * The leader as this member knows it: itself from the first moment of its lease on, another one when its term is durable
   * here. `null`: none, or it was lost.
   */
  | { readonly type: 'leader'; readonly leader: Leadership | null }
  /**
   * The leader that was told of has applied everything that was committed before it led: its work can start. It is the first
   * to be told.
   */
  | { readonly type: 'ready'; readonly leader: Leadership }
  /** Who votes and who learns, by the newest configuration in this member's log, which may still be replaced. */
  | { readonly type: 'configuration'; readonly configuration: Configuration }
  /**
   * Who answers the leader, as far as this member knows, and who asks this one for votes meanwhile; without a leader, which
   * voters answer this member, or were not asked yet. Itself included; sorted.
   */
  | { readonly type: 'reachable'; readonly peers: readonly string[] }
  /** Everything up to `upTo` is committed; these values took effect. In order, without gaps, each once. */
  | { readonly type: 'commit'; readonly upTo: number; readonly entries: readonly CommittedEntry[] }
  /** Committed at `index`, and told by `commit` before. `null`: it is covered by a snapshot that was installed. */
  | { readonly type: 'appended'; readonly ticket: number; readonly index: number | null }
  /** `not-committed`: never was and never will be. `unknown`: it may be committed, now or later. */
  | { readonly type: 'append-failed'; readonly ticket: number; readonly reason: 'not-committed' | 'unknown' }
  /** What the application has applied by now is current as of some moment after the `read` event. */
  | { readonly type: 'read'; readonly ticket: number }
  /**
   * Take the application's state as it is at this effect, and step it as `snapshot` with this index, now or later, or not: so
   * many characters of the log it is to take the place of. The next one takes the place of this. 0: the last one was too long
   * for a witness, and only a shorter one is of use. Never of a witness.
   */
  | { readonly type: 'snapshot-wanted'; readonly index: number; readonly chars: number }
  /** Replaces the application's state, as of `index`; the next `commit` follows on it. Also first of all on a restart. */
  | { readonly type: 'snapshot-installed'; readonly index: number; readonly data: string }
  /** This core is silent for good: what it had is in `state()`, for a core of a later epoch. */
  | { readonly type: 'pledged'; readonly standing: Standing }
  | { readonly type: 'bad-message'; readonly from: string; readonly code: BadMessageCode; readonly reason: string };
