import type { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Lane } from '../protocol/lane.ts';
import type { Pledge, Stance } from '../protocol/standing.ts';

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
  /** Who founds the room in this epoch. Null: nobody that the discovery knows of, or nobody ever does. */
  readonly founder: PeerId | null;
  /** 0 where there are no epochs, or the room is not founded yet. */
  readonly epoch: number;
  /** Votes without being a member, under this id. Null: nobody does. */
  readonly witness: PeerId | null;
  /**
   * The epoch that this one goes on from, with everything that was committed in it: who pledged in that one goes on with its
   * log. Null: it begins anew, and so does everybody but its founder.
   */
  readonly continues: number | null;
  /** While the room waits to be founded: within this time it is. */
  readonly foundsInMs?: number | undefined;
}

/** What happened between the view before and this one. Who is missing from it without a goodbye has merely gone missing. */
export interface ViewChange {
  /** Who came, or came again: under an id that is kept, it may have been in the view before as well. */
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
  /** What went wrong; the discovery goes on trying unless `code` is `rejected`, `options-differ` or `superseded`. */
  onError(error: ClusterError): void;
  /** The discovery would found the room anew: a core of that epoch that is free gives its `pledge`. */
  onAskPledge?(epoch: number): void;
  /**
   * What was asked at that moment of the member's fast clock has been answered, and a view has shown that no epoch before
   * the highest that was seen is current: this member was in contact when it asked.
   */
  onContact?(askedAt: number): void;
}

/** Finds the members of one room. Made by a network preset for one cluster; never used again after `leave`. */
export interface Discovery {
  start(self: DiscoveredMember, events: DiscoveryEvents): void;
  /** Throws `too-large` where it is known that the others would not be told of it; then nothing changes. */
  setInfo(info: Json): void;
  /** Where epochs are founded: what this member says of its core. A pledge is the answer to `onAskPledge`. */
  stand?(stance: Stance): void;
  /** Says goodbye, synchronously as far as the medium allows, and stops. No event follows. */
  leave(pledge?: Pledge): void;
  /** Stops without a word, as a crash would: for tests. No event follows. */
  abandon(): void;
}

/** The way to the witness that the view names. There is no session: whatever is said may be lost, or come out of order. */
export interface WitnessLine {
  send(to: PeerId, message: Json, lane: Lane): void;
  listen(events: WitnessLineEvents): () => void;
}

export interface WitnessLineEvents {
  onMessage(from: PeerId, message: Json): void;
  /** What came was dropped: it made no sense. */
  onBadMessage(from: PeerId, reason: string): void;
}
