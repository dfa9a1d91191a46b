import type { Voter } from '../quorum/configuration.ts';

/** What a core knew of its epoch at one moment: by it is judged what may be founded. */
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

/** Never again does that core vote or lead in that epoch. */
export interface Pledge {
  /** 0: there never was a core. */
  readonly epoch: number;
  readonly standing: Standing;
}

/** Who decides about the room. */
export interface Group {
  /** 0: nobody does yet. */
  readonly epoch: number;
  /** Null: it was founded by somebody who is not known here. */
  readonly founder: string | null;
  readonly witness: string | null;
}

/** Positive if `one`'s log is more up to date (Ongaro §3.6.1). */
export function compareLogs(one: Standing, other: Standing): number {
  return one.lastTerm - other.lastTerm || one.lastIndex - other.lastIndex;
}
