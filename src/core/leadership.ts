/** A leadership: who, and the number that grows with each one. */
export interface Leadership {
  readonly id: string;
  readonly term: number;
}
