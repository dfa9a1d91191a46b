import type { Charter } from './charter.ts';
import type { PeerId } from './ids.ts';
import type { Json } from './json.ts';
import type { BufferLimits, ClientLimits } from './limits.ts';
import type { Pledge } from './standing.ts';

/**
 * What client and signaling server say to each other. Control messages are JSON in text frames, one a frame; relayed
 * payloads are binary frames (`relay-frame.ts`). A client may send `hello`, its `join`s and its first relay frames
 * without waiting for an answer: one round trip to the welcome.
 */
export const protocolVersion = 1;

/** The client's own side of a room, chosen by the client: one byte that stands for the room in binary frames. */
export type Channel = number;

/** A member as the server tells of it. */
export interface WireMember {
  readonly id: PeerId;
  readonly info: Json;
  /** What it may share the fate of (`Platform.host`). Up to 128 characters. */
  readonly host: string;
}

export type ClientMessage =
  | { readonly type: 'hello'; readonly version: number; readonly token?: string | undefined }
  | {
      readonly type: 'join';
      readonly channel: Channel;
      readonly room: string;
      readonly id: PeerId;
      readonly info: Json;
      readonly host: string;
      /** The secret of the last welcome, to come back as the same member within the grace, or over a half-open socket. */
      readonly resume?: string | undefined;
      /** The room's first member decides; whoever differs is refused. Default: that of `available()`. */
      readonly charter?: Charter | undefined;
      /** Of the group whose core this member runs already: a server that forgot the room learns it from those who come back. */
      readonly epoch?: number | undefined;
      /** This member was out of contact with the server for the length of its charter: that epoch may be over. */
      readonly lapsed?: boolean | undefined;
    }
  /** A goodbye: the member is out of the view at once, and its core is silent for good. */
  | { readonly type: 'leave'; readonly channel: Channel; readonly pledge?: Pledge | undefined }
  /** For a while this member's core has known no leader, and it is bound to none. Repeated while that is so. */
  | ({ readonly type: 'standing'; readonly channel: Channel } & Pledge)
  /** The answer to `ask-pledge`. */
  | ({ readonly type: 'pledge'; readonly channel: Channel } & Pledge)
  | { readonly type: 'info'; readonly channel: Channel; readonly info: Json }
  /** Asks for the whole view. */
  | { readonly type: 'sync'; readonly channel: Channel }
  | { readonly type: 'ping'; readonly nonce: number };

export type ServerMessage =
  /** The client is in the room. The whole view follows. */
  | ({
      readonly type: 'welcome';
      readonly channel: Channel;
      /** Single use: the next welcome brings the next. */
      readonly resume: string;
      /** The client pings this often; the server ends a socket silent for 1.5 times it. */
      readonly heartbeatMs: number;
      readonly maxIdBytes: number;
    } & ClientLimits &
      BufferLimits)
  /**
   * How the room came from view `from` to view `n`. View 0 is the empty room, so what comes from 0 is the whole view. A
   * client that holds another view than `from` asks for the whole one (D2).
   */
  | {
      readonly type: 'view';
      readonly channel: Channel;
      /** Life of the server's memory of this room; views are ordered within one. */
      readonly era: string;
      readonly from: number;
      readonly n: number;
      /** Named once per epoch, atomically: who founds the room. Null: nobody that this server knows of. */
      readonly founder: PeerId | null;
      /** 0: the room is not founded yet. */
      readonly epoch: number;
      /** Votes at the server, under this id, where the charter says so. */
      readonly witness: PeerId | null;
      /** The epoch that this one goes on from, with all that was committed in it. Null: it begins anew. */
      readonly continues: number | null;
      /** While the room is not founded: within this time it is. */
      readonly foundsInMs?: number | undefined;
      /** Who said goodbye, and is not in view `n`. */
      readonly bye: readonly PeerId[];
      /** Whose socket closed and who did not come back within the grace. */
      readonly gone: readonly PeerId[];
      /** As they are in view `n`: all that joined or changed. */
      readonly members: readonly WireMember[];
      /** The rest did not fit into this frame and comes in the next. */
      readonly more: boolean;
    }
  /**
   * That member has no open socket here: it closed without a goodbye, or did so before the client joined and something was
   * relayed to it. A hint, not a departure: it may come back within the grace. Given once, until it does.
   */
  | { readonly type: 'hint'; readonly channel: Channel; readonly id: PeerId }
  /** Those who know no leader may be enough to found the room anew: whoever is still free gives its `pledge`. */
  | { readonly type: 'ask-pledge'; readonly channel: Channel; readonly epoch: number }
  | { readonly type: 'pong'; readonly nonce: number }
  /** The server is about to close this connection; come back `retryAfterMs` after that. */
  | { readonly type: 'drain'; readonly retryAfterMs: number }
  /** What the client sent was not done. The socket stays open, unless a close follows. */
  | {
      readonly type: 'error';
      readonly code: ServerErrorCode;
      readonly message: string;
      readonly channel?: Channel | undefined;
    };

/** Stable names of what the server refuses. */
export type ServerErrorCode =
  | 'malformed'
  | 'too-large'
  | 'not-joined'
  | 'already-joined'
  | 'id-taken'
  | 'room-full'
  | 'too-many-rooms'
  | 'charter-differs'
  | 'epoch-refused'
  | 'not-asked'
  | 'rate-limited'
  | 'unauthorised';

/**
 * Why the server closes a socket. 4000 to 4499: come back (after a while). 4500 to 4999: stay away, coming back with
 * the same words would end the same.
 */
export const closeCodes = {
  drain: 4000,
  heartbeat: 4001,
  slow: 4002,
  rate: 4003,
  tokenExpired: 4004,
  protocol: 4500,
  forbidden: 4501,
  replaced: 4502,
  version: 4503,
} as const;

/** Whether a client that was closed with `code` may try again. */
export function mayReconnect(code: number): boolean {
  return !(code >= 4500 && code <= 4999);
}
