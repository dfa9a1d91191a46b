import type { Discovery } from '../discovery/discovery.ts';
import type { Clocks } from '../driver/clocks.ts';
import type { AnyElector, Memory } from '../electors/elector.ts';
import type { Platform } from '../platform/platform.ts';
import type { Charter } from '../protocol/charter.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Lazy } from './lazy.ts';
import type { Talk } from './talk.ts';

/**
 * How the members of a room find and reach each other: `web()`, `memoryNetwork().network()`, or your own. An inert,
 * reusable description that holds no state: every cluster opens its own parts.
 */
export interface Network {
  readonly name: string;
  /** The member's id, where it outlives the program, and so comes with a `storage`. Default: fresh for every cluster. */
  readonly id?: PeerId;
  /** The elector of this preset; the option `elector` of `createCluster` replaces it. */
  readonly elector: AnyElector;
  /** Those that can elect among its members. Default: all. */
  readonly electors?: readonly Charter['elector'][];
  /** Replaces the runtime's own clock, timers and so on: for tests. Asked once for each cluster. */
  platform?(): Platform;
  /**
   * Nothing happens before its parts are started, and those of a cluster left at once never are. Throws a `RangeError`
   * for a room whose name it cannot take; any text but an empty one may come.
   */
  open(context: NetworkContext): NetworkParts;
}

export interface NetworkContext {
  readonly room: string;
  readonly self: PeerId;
  readonly platform: Platform;
  /** What the elector of the cluster needs all members of the room to agree on: for networks that see to it. */
  readonly charter: Charter;
}

export interface NetworkParts {
  /** Where it has to be loaded as well, the room is looked for when everything is. */
  readonly discovery: Discovery | Lazy<Discovery>;
  /** By which the discovery tells of contact, and the election is to run as well. Default: fresh ones, of the platform's. */
  readonly clocks?: Clocks;
  /** How the members talk to each other: `talkOver`. Where it has to be loaded, that is done while the room is looked for. */
  readonly talk: Talk | Lazy<Talk>;
  /** Holds what this member must not forget. Opened before anything is started, and closed when all has ended. */
  readonly storage?: MemberStorage;
}

export interface MemberStorage {
  /** Rejects with why it cannot be opened or read. */
  open(): Promise<Memory>;
  /** When it resolves, others can open the storage. */
  close(): Promise<void>;
}
