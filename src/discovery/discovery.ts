import type { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';

/** Who is in the room, by discovery. A member in the view may be out of reach, and a view is not a departure. */
export interface DiscoveredMember {
  readonly id: PeerId;
  readonly info: Json;
  readonly host: string;
}

/** The room as a whole, numbered `(era, n)` (D2). Includes this member. */
export interface View {
  readonly era: string;
  readonly n: number;
  readonly members: ReadonlyMap<PeerId, DiscoveredMember>;
  /** Who founds the room in this epoch. */
  readonly founder: PeerId;
  readonly epoch: number;
}

/** What happened between the view before and this one. Who is missing from it without a goodbye has merely gone missing. */
export interface ViewChange {
  readonly joined: readonly PeerId[];
  /** Who said goodbye. */
  readonly bye: readonly PeerId[];
}

export type DiscoveryStatus = 'connecting' | 'online' | 'offline';

export interface DiscoveryEvents {
  /** Never called because something failed (D1). */
  onView(view: View, change: ViewChange): void;
  /** That member's connection to the discovery closed without a goodbye: worth a probe, no more. */
  onHint(id: PeerId): void;
  onStatus(status: DiscoveryStatus): void;
  /** What went wrong; the discovery goes on trying unless `code` is `rejected`. */
  onError(error: ClusterError): void;
}

/** Finds the members of one room. Made by a network preset for one cluster; never used again after `leave`. */
export interface Discovery {
  start(self: DiscoveredMember, events: DiscoveryEvents): void;
  setInfo(info: Json): void;
  /** Says goodbye, synchronously as far as the medium allows, and stops. No event follows. */
  leave(): void;
  /** Stops without a word, as a crash would: for tests. No event follows. */
  abandon(): void;
}
