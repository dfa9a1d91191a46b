import { Participation } from '../cluster/participation.ts';
import type { Talk } from '../cluster/talk.ts';
import { BroadcastLinks } from '../links/broadcast-links.ts';

/** How the members of `tabs()` find each other, talk and elect, in one file: it takes one request, and compresses best. */
export { BroadcastDiscovery } from '../discovery/broadcast-channel.ts';
export { electByLock } from '../electors/lock-election.ts';

export const talk: Talk = { transports: [], Links: BroadcastLinks, Participation };
