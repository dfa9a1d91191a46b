import { Participation } from '../cluster/participation.ts';
import type { Talk } from '../cluster/talk.ts';
import { BroadcastDiscovery } from '../discovery/broadcast-channel.ts';
import { BroadcastLinks } from '../links/broadcast-links.ts';

/** How the members of `tabs()` find each other, and what they say: no page needs it before its database is open. */
export const talk: Talk = { transports: [], Links: BroadcastLinks, Participation };

export { BroadcastDiscovery };
