import type { NetworkContext } from '../cluster/network.ts';
import { Participation } from '../cluster/participation.ts';
import type { Talk } from '../cluster/talk.ts';
import { BroadcastDiscovery } from '../discovery/broadcast-channel.ts';
import type { Elector } from '../electors/elector.ts';
import { BroadcastLinks } from '../links/broadcast-links.ts';
import type { Broadcast } from '../platform/broadcast.ts';
import { broadcastOf } from '../platform/web-broadcast.ts';

/**
 * How the members of `tabs()` find each other, talk and elect, in one file: so it takes one request, and compresses best.
 * That what elects without locks is named here lets bundlers see that it needs nothing which is not here already.
 */
export { electByLock } from '../electors/lock-election.ts';

/** Without locks, who is there has to be known before anybody can lead; with them it has not. */
const lookAroundMs = 100;

export function discoveryOf({ room, platform, charter }: NetworkContext): BroadcastDiscovery {
  const broadcast = broadcastOf(platform) as Broadcast;
  const by = platform.locks
    ? { elector: charter.elector, lookAroundMs: 0 }
    : { elector: 'available' as const, lookAroundMs };
  return new BroadcastDiscovery({ room, broadcast, platform, ...by });
}

export const talk: Talk = { transports: [], Links: BroadcastLinks, Participation };

export async function withoutLocks(): Promise<Elector> {
  return (await import('../electors/without-locks.ts')).availableWithoutLocks();
}
