import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Platform } from '../platform/platform.ts';

/** A leadership: who, and the number that grows with each one. */
export interface Leadership {
  readonly id: PeerId;
  readonly term: number;
}

/** A leadership that was displaced when groups merged, with what that leader had published. */
export interface ConflictSide extends Leadership {
  readonly published: Json | undefined;
}

export interface ElectionEvents {
  /** Sends over the session to that member, ahead of bulk traffic. Lost only together with the session. */
  send(to: PeerId, message: Json): void;
  /** The members this one should keep a direct path to, beside those that the application talks to. */
  wantPaths(peers: ReadonlySet<PeerId>): void;
  /** The leader as this member knows it. Not called twice with the same. `null`: none is known, or it was lost. */
  onLeader(leader: Leadership | null): void;
  /** Members that can be reached, this one included; only these belong to its group. */
  onReachable(peers: ReadonlySet<PeerId>): void;
  /** What the leader last published, as this member knows it. */
  onPublished(value: Json): void;
  /** `available()` only (A2). */
  onConflict(winner: ConflictSide, loser: ConflictSide): void;
  /** A message made no sense; it was dropped. */
  onBadMessage(from: PeerId, reason: string): void;
}

export interface ElectionOptions {
  readonly self: PeerId;
  readonly platform: Platform;
  /** Higher is preferred. Default 0. */
  readonly priority: number;
  /** No first election before this many members, this one included, reach each other. Default 1. */
  readonly minMembers: number;
  readonly events: ElectionEvents;
}

/** One way of electing, as an inert description: `available()`, later `lock()` and `quorum()`. */
export interface Elector {
  readonly name: 'available' | 'lock' | 'quorum';
  start(options: ElectionOptions): Election;
}

/**
 * One running election. The facade tells it what it hears; it answers through its events, never from within the call
 * that it is answering unless stated.
 */
export interface Election {
  /** Reads the lease at this moment: false from the first read on after a pause that outlasted it (F1). */
  isLeader(): boolean;
  leader(): Leadership | null;
  published(): Json | undefined;
  /** The members that discovery knows, this one included. Members missing from it have left or been given up. */
  setMembers(peers: ReadonlySet<PeerId>): void;
  /** That member said goodbye. */
  departed(peer: PeerId): void;
  /** Something says that this member may be gone: probe it now. */
  hint(peer: PeerId): void;
  /** The session with this member began anew: nothing that was sent before is known to have arrived. */
  sessionReset(peer: PeerId): void;
  message(from: PeerId, message: Json): void;
  setVisible(visible: boolean): void;
  setPriority(priority: number): void;
  /** Leader only: replaces the published value, which the next leader starts from. */
  publish(value: Json): void;
  /** Whether `transfer` would be taken at this moment: `to`, or anyone, is in line. */
  canTransfer(to?: PeerId): boolean;
  /**
   * Leader only: hands over to `to`, or to the first in line. False when there is nobody to take it. This member leads
   * no more when it returns true.
   */
  transfer(to?: PeerId): boolean;
  /** Says goodbye to all, hands over if leading, and stops. No event follows but the sends made within the call. */
  leave(): void;
  /** Stops without a word, as a crash would. */
  close(): void;
}
