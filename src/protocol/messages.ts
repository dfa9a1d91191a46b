import type { PeerId } from './ids.ts';
import type { Json } from './json.ts';
import type { Limits } from './limits.ts';

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

/**
 * `bye`: it said so. `gone`: its socket closed and it did not come back within the grace. `kicked`: the server put it
 * out.
 */
export type LeaveReason = 'bye' | 'gone' | 'kicked';

export type ClientMessage =
  | { readonly type: 'hello'; readonly version: number; readonly token?: string }
  | {
      readonly type: 'join';
      readonly channel: Channel;
      readonly room: string;
      readonly id: PeerId;
      readonly info: Json;
      readonly host: string;
      /** The secret of the last welcome, to come back as the same member within the grace, or over a half-open socket. */
      readonly resume?: string;
    }
  /** A goodbye: the member is out of the view at once. */
  | { readonly type: 'leave'; readonly channel: Channel }
  | { readonly type: 'info'; readonly channel: Channel; readonly info: Json }
  /** Asks for a `view`. */
  | { readonly type: 'sync'; readonly channel: Channel }
  | { readonly type: 'ping'; readonly nonce: number };

export type ServerMessage =
  | {
      readonly type: 'welcome';
      readonly channel: Channel;
      /** Life of the server's memory of this room; views are ordered within one. */
      readonly era: string;
      readonly n: number;
      readonly members: readonly WireMember[];
      /** Named once per epoch, atomically: who founds the room. */
      readonly founder: PeerId;
      readonly epoch: number;
      /** Single use: the next welcome brings the next. */
      readonly resume: string;
      /** True where the member came back under its old place in the view. */
      readonly resumed: boolean;
      readonly limits: Limits;
      /** The client pings when it has sent nothing for this long; the server ends a socket silent for 1.5 times it. */
      readonly heartbeatMs: number;
    }
  | {
      readonly type: 'view';
      readonly channel: Channel;
      readonly era: string;
      readonly n: number;
      readonly members: readonly WireMember[];
      readonly founder: PeerId;
      readonly epoch: number;
    }
  | {
      readonly type: 'delta';
      readonly channel: Channel;
      readonly era: string;
      /** The number this change starts from; a client that holds another asks for the whole view. */
      readonly from: number;
      readonly n: number;
      /** Apply `left` first, then `joined`, then `updated`: an id in both `left` and `joined` came back anew. */
      readonly joined: readonly WireMember[];
      readonly updated: readonly WireMember[];
      readonly left: readonly { readonly id: PeerId; readonly reason: LeaveReason }[];
    }
  /** The socket of that member closed without a goodbye. A hint, not a departure: it may come back within the grace. */
  | { readonly type: 'hint'; readonly channel: Channel; readonly id: PeerId }
  /** What was relayed to these members went nowhere: they have no open socket here. */
  | { readonly type: 'absent'; readonly channel: Channel; readonly ids: readonly PeerId[] }
  | { readonly type: 'pong'; readonly nonce: number }
  /** The server is about to stop; come back after `retryAfterMs`. */
  | { readonly type: 'drain'; readonly retryAfterMs: number }
  /** What the client sent was not done. The socket stays open, unless a close follows. */
  | { readonly type: 'error'; readonly code: ServerErrorCode; readonly message: string; readonly channel?: Channel };

/** Stable names of what the server refuses. */
export type ServerErrorCode =
  | 'malformed'
  | 'unknown-type'
  | 'too-large'
  | 'not-joined'
  | 'already-joined'
  | 'id-taken'
  | 'room-full'
  | 'too-many-rooms'
  | 'rate-limited'
  | 'unauthorised'
  | 'version';

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
  resync: 4005,
  protocol: 4500,
  unauthorised: 4501,
  forbidden: 4502,
  replaced: 4503,
  version: 4504,
  kicked: 4505,
  limit: 4506,
} as const;

/** Whether a client that was closed with `code` may try again. */
export function mayReconnect(code: number): boolean {
  return !(code >= 4500 && code <= 4999);
}
