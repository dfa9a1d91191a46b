import type { Leadership } from '../core/leadership.ts';
import type { BadMessageCode } from '../core/quorum/events.ts';
import type { Clocks } from '../driver/clocks.ts';
import type { Charter } from '../protocol/charter.ts';
import type { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Lane } from '../protocol/lane.ts';
import type { Platform } from '../platform/platform.ts';
import type { Storage, Stored } from '../platform/storage.ts';
import type { Pledge, Stance } from '../protocol/standing.ts';
import type { Neighbour, Role } from '../protocol/members.ts';
import type { ReplicatedLog } from './replicated-log.ts';

/** A leadership that was displaced when groups merged, with what that leader had published. */
export interface ConflictSide extends Leadership {
  readonly published: Json | undefined;
}

/** What the members elect in, where somebody founds it: as the discovery says. */
export interface Group {
  /** Each founding has a higher one. 0: there are none, or none yet. */
  readonly epoch: number;
  readonly founder: PeerId | null;
  /** The epoch that this one goes on from, with all that was committed in it. Null: nothing goes on. */
  readonly continues: number | null;
  /** Votes without being a member. */
  readonly witness: PeerId | null;
}

/** What the facade tells an election. */
export type ElectionEvent =
  | { readonly type: 'message'; readonly from: PeerId; readonly message: Json }
  /** The members that discovery knows, this one included. Members missing from it have left or been given up. */
  | { readonly type: 'members'; readonly peers: readonly PeerId[] }
  /** The group that those members elect in, where somebody founds it, and where they are. */
  | { readonly type: 'group'; readonly group: Group; readonly members: readonly Neighbour[] }
  /** That member said goodbye. */
  | { readonly type: 'departed'; readonly peer: PeerId }
  /** Something says that this member may be gone: probe it now. */
  | { readonly type: 'hint'; readonly peer: PeerId }
  /** The discovery has answered what it was asked at that moment of the fast clock. */
  | { readonly type: 'contact'; readonly askedAt: number }
  /** The discovery would found the group anew, and asks whether this member gives up that epoch. */
  | { readonly type: 'ask-pledge'; readonly epoch: number }
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
  /** Who votes and who learns, as this member knows; all others learn nothing yet. Not told: everyone votes. */
  | { readonly type: 'roles'; readonly roles: ReadonlyMap<PeerId, Role> }
  /**
   * Who leads, as this member knows, once that one is ready to. Not told twice of the same. `null`: it was lost, and no other
   * is known. That this member leads is told when it knows all else: its work begins within.
   */
  | { readonly type: 'leader'; readonly leader: Leadership | null }
  /** `lock()`: this one leads, and that member is to lead instead: to be handed over to it when the work has settled. */
  | { readonly type: 'outranked'; readonly by: PeerId }
  /** Members that can be reached, this one included; only these belong to its group. */
  | { readonly type: 'reachable'; readonly peers: readonly PeerId[] }
  /** What the leader last published, as this member knows it. */
  | { readonly type: 'published'; readonly value: Json }
  /** `available()` only (A2). */
  | { readonly type: 'conflict'; readonly winner: ConflictSide; readonly loser: ConflictSide }
  /** A message made no sense, or was not its sender's to send; it was dropped. Why, by a name, where there are several. */
  | { readonly type: 'bad-message'; readonly from: PeerId; readonly reason: string; readonly code?: BadMessageCode }
  /** A message of an epoch that this member is not in yet, or any more, was dropped. */
  | { readonly type: 'other-epoch' }
  /** The election goes on, and keeps less than it promises where all is well: what, and why. Told once. */
  | { readonly type: 'degraded'; readonly error: ClusterError }
  /** The discovery is to know of it. */
  | Stance
  /** The group was founded anew without this member, which can only come in as a new one. Nothing follows. */
  | { readonly type: 'superseded'; readonly error: ClusterError }
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
  /** The member's own, by which `contact` is told. */
  readonly clocks: Clocks;
  /** Higher is preferred. Default 0. */
  readonly priority: number;
  /** No first election before this many members, this one included, reach each other. Default 1. */
  readonly minMembers: number;
  /** Left out: all is forgotten together with the id. */
  readonly memory?: Memory;
  /** `available()`: its terms are above what the clock said when it joined. Default 0: all members' begin with 1. */
  readonly termsAbove?: number;
  /** May be called from within `feed` and `leave`. */
  readonly apply: (effect: ElectionEffect) => void;
}

/** One way of electing, as an inert description: `available()`, `quorum()`, `lock()`. */
export interface Elector {
  readonly name: Charter['elector'];
  /** What all members of a room must agree on. */
  readonly charter: Charter;
  start(options: ElectionOptions): Election;
}

/**
 * An elector that begins, when a cluster is made that elects by it, with what takes time and needs nobody else: such as to
 * load its code.
 */
export interface LazyElector extends Omit<Elector, 'start'> {
  load(platform: Platform, room: string): Elector | Promise<Elector>;
}

/** What an application names as its elector. */
export type AnyElector = Elector | LazyElector;

/** One running election: the facade feeds it what it hears, and it answers by its effects. */
export interface Election {
  /** Reads the lease at this moment: false from the first read on after a pause that outlasted it (F1). */
  isLeader(): boolean;
  leader(): Leadership | null;
  published(): Json | undefined;
  /** This member leads at this moment, and `to`, or anyone, is in line to take over. */
  canTransfer(to?: PeerId): boolean;
  /** As the leader announced it last. `null`: no leader is known, or leaders have no leases. */
  leaseMs(): number | null;
  /** `quorum()` only. */
  readonly log?: ReplicatedLog;
  feed(event: ElectionEvent): void;
  /**
   * Says goodbye to all, hands over if leading, and stops. No effect follows but the sends made within the call. Returns
   * what the discovery is told with the goodbye; `null`: that this member never had anything to give up.
   */
  leave(): Pledge | null | undefined;
  /** Stops without a word, as a crash would. */
  close(): void;
}
