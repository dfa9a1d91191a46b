import type { QuorumCharter } from './charter.ts';

/** What the members of a room agree on that are told nothing else. */
export const defaultCharter: QuorumCharter = {
  witness: 'anchor',
  maxVoters: 5,
  minLeaseMs: 250,
  maxLeaseMs: 5_000,
  charterMs: 120_000,
};
