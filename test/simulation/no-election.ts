import type { Election } from '../../src/electors/elector.ts';

/** Of a member that takes no part in electing. */
export const noElection: Election = {
  isLeader: () => false,
  leader: () => null,
  published: () => undefined,
  canTransfer: () => false,
  leaseMs: () => null,
  feed: () => {},
  leave: () => undefined,
  close: () => {},
};
