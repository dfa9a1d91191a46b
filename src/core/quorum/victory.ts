/** How a leadership begins: with the votes, and what the same member still knows from leading before. */
export interface Victory {
  readonly term: number;
  /** When the votes were asked for, on the fast clock. */
  readonly askedAt: number;
  /** By whom, and how long the answer took. */
  readonly granted: ReadonlyMap<string, number>;
  /** Promises are kept to the leader that they were given to, also if it was re-elected meanwhile. */
  readonly keptLease: boolean;
}
