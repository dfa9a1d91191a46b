import type { Configuration, Voter } from './configuration.ts';
import type { Entry } from './entry.ts';

/** What must never be forgotten, or dies with the id (Q3). */
export interface HardState {
  readonly term: number;
  /** Who got this member's vote in that term. */
  readonly vote: string | null;
  /**
   * No promise that was given so far lasts longer than this, from any later moment on. A member that restarts neither
   * votes nor campaigns for so long: its clocks began anew, and it does not know how much of the promise was over.
   */
  readonly promisedMs: number;
}

/** A session and the last sequence number of it that took effect. */
export interface Session {
  /** The index of the entry that registered it. */
  readonly id: number;
  readonly owner: string;
  readonly nonce: number;
  readonly last: number;
  /** The index of the entry that last took effect in it: who was idle longest goes first. */
  readonly usedAt: number;
}

/** Everything that the entries up to `index` amount to. */
export interface Snapshot {
  readonly index: number;
  /** The term of the entry at `index`. */
  readonly term: number;
  /** In force at `index`. */
  readonly configuration: Configuration;
  readonly sessions: readonly Session[];
  /** The application's own, opaque to the core. */
  readonly data: string;
}

/** What a member pledges with: how much of the log it has, and who decides by it. */
export interface Standing {
  readonly lastIndex: number;
  readonly lastTerm: number;
  /**
   * The halves of the newest configuration of this epoch in its log. None: the log has none yet, so that what founded the
   * epoch still counts.
   */
  readonly configuration: readonly (readonly Voter[])[];
  /** For how long it has still promised to vote for nobody else. 0 but for a member that left. */
  readonly promisedMs: number;
}

/** One write. All of it becomes durable, or none; parts that are `null` stay as they are. */
export interface StateWrite {
  readonly hardState: HardState | null;
  /** Replaces the one before. Entries up to its index are needed no more. */
  readonly snapshot: Snapshot | null;
  /** Replaces everything from index `from` on, also if there is nothing to put in its place. */
  readonly log: { readonly from: number; readonly entries: readonly Entry[] } | null;
}

/** What was durable when the member stopped. */
export interface StoredState {
  readonly hardState: HardState;
  readonly snapshot: Snapshot | null;
  /** Without gaps, from `from` on: that is 1, or not above the snapshot's index + 1. */
  readonly log: { readonly from: number; readonly entries: readonly Entry[] };
}
