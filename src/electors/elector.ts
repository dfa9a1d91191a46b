import type { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Lane } from '../protocol/lane.ts';
import type { Platform } from '../platform/platform.ts';
import type { Storage, Stored } from '../platform/storage.ts';
import type { ReplicatedLog } from './replicated-log.ts';

/** A leadership: who, and the number that grows with each one. */
export interface Leadership {
  readonly id: PeerId;
  readonly term: number;
}

/** A leadership that was displaced when groups merged, with what that leader had published. */
export interface ConflictSide extends Leadership {
  readonly published: Json | undefined;
}

/** What the facade tells an election. Cores take these events as they are. */
export type ElectionEvent =
  | { readonly type: 'message'; readonly from: PeerId; readonly message: Json }
  /** The members that discovery knows, this one included. Members missing from it have left or been given up. */
  | { readonly type: 'members'; readonly peers: readonly PeerId[] }
  /** That member said goodbye. */
  | { readonly type: 'departed'; readonly peer: PeerId }
  /** Something says that this member may be gone: probe it now. */
  | { readonly type: 'hint'; readonly peer: PeerId }
  /** The session with this member began anew: nothing that was sent before is known to have arrived. */
  | { readonly type: 'reset'; readonly peer: PeerId }
  /** Whether this member's page can be seen. */
  | { readonly type: 'visible'; readonly visible: boolean }
  | { readonly type: 'priority'; readonly priority: number }
  /** Leader only: replaces the published value, which the next leader starts from. */
  | { readonly type: 'publish'; readonly value: Json }
  /** After `canTransfer` alone: hands over to `to`, or to the first in line. From then on this member leads no more. */
  | { readonly type: 'transfer'; readonly to?: PeerId };

/** What an election asks of the facade, or tells it. */
export type ElectionEffect =
  /** Goes over the session to that member, in the order of its lane. Lost only together with the session. */
  | { readonly type: 'send'; readonly to: PeerId; readonly message: Json; readonly lane: Lane }
  /** The members this one should keep a direct path to, beside those that the application talks to. */
  | { readonly type: 'paths'; readonly peers: readonly PeerId[] }
  /** The leader as this member knows it. Not told twice of the same. `null`: it was lost, and no other is known. */
  | { readonly type: 'leader'; readonly leader: Leadership | null }
  /** Members that can be reached, this one included; only these belong to its group. */
  | { readonly type: 'reachable'; readonly peers: readonly PeerId[] }
  /** What the leader last published, as this member knows it. */
  | { readonly type: 'published'; readonly value: Json }
  /** `available()` only (A2). */
  | { readonly type: 'conflict'; readonly winner: ConflictSide; readonly loser: ConflictSide }
  /** A message made no sense; it was dropped. */
  | { readonly type: 'bad-message'; readonly from: PeerId; readonly reason: string }
  /** The election goes on, and keeps less than it promises where all is well: what, and why. Told once. */
  | { readonly type: 'degraded'; readonly error: ClusterError }
  /** The election cannot go on, and has stopped: the storage failed. */
  | { readonly type: 'failed'; readonly error: ClusterError };

/** What outlives a member whose id does. */
export interface Memory {
  readonly storage: Storage;
  /** What was in it when it was opened. */
  readonly stored: Stored;
}

export interface ElectionOptions {
  readonly self: PeerId;
  readonly room: string;
  readonly platform: Platform;
  /** Higher is preferred. Default 0. */
  readonly priority: number;
  /** No first election before this many members, this one included, reach each other. Default 1. */
  readonly minMembers: number;
  /** Left out: all is forgotten together with the id. */
  readonly memory?: Memory;
  /** May be called from within `feed` and `leave`. */
  readonly apply: (effect: ElectionEffect) => void;
}

/** One way of electing, as an inert description: `available()`, `quorum()`, later `lock()`. */
export interface Elector {
  readonly name: 'available' | 'lock' | 'quorum';
  start(options: ElectionOptions): Election;
}

/** One running election: the facade feeds it what it hears, and it answers by its effects. */
export interface Election {
  /** Reads the lease at this moment: false from the first read on after a pause that outlasted it (F1). */
  isLeader(): boolean;
  leader(): Leadership | null;
  published(): Json | undefined;
  /** This member leads at this moment, and `to`, or anyone, is in line to take over. */
  canTransfer(to?: PeerId): boolean;
  /** `quorum()` only. */
  readonly log?: ReplicatedLog;
  feed(event: ElectionEvent): void;
  /** Says goodbye to all, hands over if leading, and stops. No effect follows but the sends made within the call. */
  leave(): void;
  /** Stops without a word, as a crash would. */
  close(): void;
}
