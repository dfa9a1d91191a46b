import type { Undo } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { Json } from '../protocol/json.ts';

/** A value that took effect, at its place in the order that all members see. Places rise, and not always by one. */
export interface LoggedEntry {
  readonly type: 'entry';
  readonly index: number;
  /** Of the leader that put it there. */
  readonly term: number;
  readonly value: Json;
}

/** Stands for all entries up to `index`, that one included. */
export interface LoggedSnapshot {
  readonly type: 'snapshot';
  readonly index: number;
  readonly state: Json;
}

export type LoggedItem = LoggedEntry | LoggedSnapshot;

/** The order of everybody's entries, as an election offers it. */
export interface ReplicatedLog {
  /**
   * Resolves with the entry's index when it is committed; `null` if only a snapshot that covers it reached this member.
   * Rejects with `not-committed`: it never was and never will be; with `unknown`: it may be, now or later;
   * with `too-large`.
   */
  append(value: Json): Promise<number | null>;
  /** Resolves, when all that was committed at the call is here, with the index of the last item; 0: there is none. */
  read(): Promise<number>;
  /** The first item behind that index, the snapshot before any entry that it covers; `undefined`: none yet. */
  after(index: number): LoggedItem | undefined;
  /** Why no more will come: `left`, or what else ended it; `null`: more may. */
  readonly over: ClusterError | null;
  /** Runs `run` whenever there may be more, or `over` was set. */
  onMore(run: () => void): Undo;
  /** The application's state as of `index`: entries up to there are kept no longer. */
  compact(index: number, state: Json): void;
}

/** What an append rejects with. */
export function appendFailed(reason: 'not-committed' | 'unknown', cause?: unknown): ClusterError {
  const message =
    reason === 'unknown'
      ? 'it is not known whether the entry is or will be committed: look into the log before appending it again'
      : 'the entry was not committed and never will be: append it again if it is still wanted';
  return new ClusterError(reason, message, { cause });
}
