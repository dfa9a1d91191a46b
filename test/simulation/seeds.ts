/** Seeds that once failed, with what they found: they are run first, always. */
export interface Found {
  readonly elector: string;
  readonly seed: number;
  readonly what: string;
}

export const seeds: readonly Found[] = [
  { elector: 'available', seed: 7, what: 'a leader displaced in two terms of one merge, told of twice' },
  { elector: 'available', seed: 57, what: 'a leader that was told twice of its own displacement' },
  { elector: 'available', seed: 243, what: 'a conflict about a leader of no group that merged' },
  { elector: 'available', seed: 378, what: 'members that met through what waited for the end of a pause' },
];
