import { Participation } from '../cluster/participation.ts';
import type { Talk } from '../cluster/talk.ts';
import type { Elector } from '../electors/elector.ts';
import { BroadcastLinks } from '../links/broadcast-links.ts';

/**
 * How the members of `tabs()` find each other, talk and elect, in one file: so it takes one request, and compresses best.
 * That what elects without locks is named here lets bundlers see that it needs nothing which is not here already.
 */
export { BroadcastDiscovery } from '../discovery/broadcast-channel.ts';
export { electByLock } from '../electors/lock-election.ts';
export { broadcastOf } from '../platform/web-broadcast.ts';

export const talk: Talk = { transports: [], Links: BroadcastLinks, Participation };

export async function withoutLocks(): Promise<Elector> {
  return (await import('../electors/without-locks.ts')).availableWithoutLocks();
}
