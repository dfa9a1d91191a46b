import type { FoundingOptions, Moment } from '../src/core/founding/events.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import type { Json } from '../src/protocol/json.ts';
import type { BufferLimits, Limits } from '../src/protocol/limits.ts';
import type { ClientMessage, ServerMessage } from '../src/protocol/messages.ts';
import type { RelayEntry } from '../src/protocol/relay-frame.ts';
import type { Pledge } from '../src/protocol/standing.ts';
import type { RoomRecord } from './record.ts';
import type { RelayTo } from './relay-frames.ts';

/** The two readings of the host's clocks, in milliseconds. `wallMs` never goes back (the host sees to that). */
export type { Moment };

/**
 * How a connection ended. `lost`, the default: without a word, or for what its client did. `expected`: the server ended it
 * for the member to come right back. `going-away`: the client's runtime closed it for the page that held it (WebSocket's
 * code 1001).
 */
export type Ending = 'lost' | 'expected' | 'going-away';

/**
 * What happens to a room. A `Seat` is where a member sits: one channel of one connection, compared by identity, so that
 * the late news of an old connection cannot be taken for news of the new one.
 */
export type RoomEvent<Seat> =
  | ({ readonly seat: Seat } & Omit<Extract<ClientMessage, { readonly type: 'join' }>, 'channel' | 'room'>)
  /** The welcome of this seat is known to have arrived. */
  | { readonly type: 'arrived'; readonly seat: Seat }
  | { readonly type: 'leave'; readonly seat: Seat; readonly pledge?: Pledge | undefined }
  | { readonly type: 'standing'; readonly seat: Seat; readonly said: Pledge }
  | { readonly type: 'pledge'; readonly seat: Seat; readonly said: Pledge }
  | { readonly type: 'info'; readonly seat: Seat; readonly info: Json }
  | { readonly type: 'sync'; readonly seat: Seat }
  | { readonly type: 'relay'; readonly seat: Seat; readonly entries: readonly RelayEntry[] }
  /** The connection is gone, without a goodbye. */
  | { readonly type: 'closed'; readonly seat: Seat; readonly ending?: Ending }
  /** What the server's witness has to say to a member. */
  | { readonly type: 'from-witness'; readonly to: PeerId; readonly payloads: readonly Uint8Array[] }
  /** The answers to `found`. */
  | { readonly type: 'founded'; readonly epoch: number }
  | { readonly type: 'not-founded'; readonly epoch: number }
  | { readonly type: 'tick' };

type WithoutChannel<Message> = Message extends { readonly channel?: unknown } ? Omit<Message, 'channel'> : never;

/** A message about the room; the host adds the channel that each receiver knows the room by. */
export type RoomMessage = WithoutChannel<ServerMessage>;

export type RoomEffect<Seat> =
  | { readonly type: 'send'; readonly to: readonly Seat[]; readonly message: RoomMessage }
  | RelayTo<Seat>
  /** What a member has to say to the server's witness. */
  | { readonly type: 'to-witness'; readonly from: PeerId; readonly payload: Uint8Array }
  /**
   * From this moment on the witness that runs is silent in its epoch. When `record` is durable, and a witness of the new
   * epoch is ready, it is answered by `founded`: then everyone hears of it. If anything stands in the way, by `not-founded`:
   * unless the record may be found durable at the next start. Until then it is not answered, and nobody is shown the room.
   */
  | { readonly type: 'found'; readonly record: RoomRecord }
  /** Nobody of that epoch can come back: but for its number, record and witness may be forgotten. */
  | { readonly type: 'closed'; readonly epoch: number }
  /** Its member came back elsewhere: this seat's connection is to be closed. */
  | { readonly type: 'replaced'; readonly seat: Seat }
  /** Step a `tick` at this `nowMs`; replaces the wake before. A late or extra tick is harmless. */
  | { readonly type: 'wake'; readonly atMs: number };

export interface RoomOptions extends BufferLimits {
  readonly limits: Limits;
  readonly heartbeatMs: number;
  /** How long a member whose connection is gone stays in the view, and may come back as itself. */
  readonly graceMs: number;
  /** The same where the connection ended by `going-away`. At most `graceMs`. */
  readonly goingAwayMs: number;
  /** A fresh secret of 128 random bits, as text. */
  readonly secret: () => string;
  /** One-way: what it returns may be kept, what it is given may not. */
  readonly hash: (secret: string) => string;
  /**
   * What is remembered of the room, and the last moment (of `nowMs`) at which members that are not in it can have been in
   * contact with a server: the start of this one, or `-Infinity`. Null: it is sure that there were none. Step a `tick` once
   * where there is a record.
   */
  readonly past: { readonly record: RoomRecord | null; readonly contactMs: number } | null;
  /** Every epoch that is founded is above. Default 0. */
  readonly highestEpoch?: number;
  /** Whoever forgets the room keeps in mind, for all rooms, that its epochs came to that. Default: nobody does. */
  readonly isCovered?: (epoch: number, wallMs: number) => boolean;
  /** Of a room whose charter asks for one: see `FoundingOptions`. Default: none ever runs. */
  readonly witness?: FoundingOptions['witness'];
  /** No room is begun with a longer `charterMs`. Default: the longest that there is. */
  readonly maxCharterMs?: number;
  /** False while nothing can be made durable: no room of `quorum()` is founded then. Default: never. */
  readonly canFound?: () => boolean;
}
