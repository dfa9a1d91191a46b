import type { Standing } from '../quorum/state.ts';

/** Never again does that core vote or lead in that epoch. */
export interface Pledge {
  /** 0: there never was a core. */
  readonly epoch: number;
  readonly standing: Standing;
}

/** How far a log goes. */
export interface LogEnd {
  readonly lastIndex: number;
  readonly lastTerm: number;
}

/** Who decides about the room. */
export interface Group {
  /** 0: nobody does yet. */
  readonly epoch: number;
  /** Null: it was founded by somebody who is not known here. */
  readonly founder: string | null;
  /** Null: none votes. */
  readonly witness: string | null;
  /**
   * The epoch that this one goes on from with everything that was committed in it, and where the log of it ends that this
   * one began with. Null: it begins anew.
   */
  readonly continues: ({ readonly epoch: number } & LogEnd) | null;
  /** Where it begins anew, and its founder has a log of before: where that ends. */
  readonly begunWith?: LogEnd | undefined;
}

/** Not founded. */
export const nobody: Group = { epoch: 0, founder: null, witness: null, continues: null };

/** Positive if `one` is more up to date (Ongaro §3.6.1). */
export function compareLogs(one: LogEnd, other: LogEnd): number {
  return one.lastTerm - other.lastTerm || one.lastIndex - other.lastIndex;
}
