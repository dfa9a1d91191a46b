import type { Pledge } from '../protocol/standing.ts';

/** What one gives up who never had a core in the room. */
export const neverVoted: Pledge = {
  epoch: 0,
  standing: { lastIndex: 0, lastTerm: 0, configuration: [], promisedMs: 0 },
};
