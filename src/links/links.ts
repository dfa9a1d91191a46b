import type { Platform } from '../platform/platform.ts';
import type { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Lane } from '../protocol/lane.ts';
import type { Neighbour } from '../protocol/members.ts';
import type { PathKind, Transport } from '../transports/transport.ts';
import type { WantedPaths } from './wanted-paths.ts';

export interface LinkState {
  /** The kind of path that the next message takes; `null` while none is open, or known to lead anywhere. */
  readonly path: PathKind | null;
  /** Smoothed round trip of that path; `null` until measured. */
  readonly rttMs: number | null;
}

export interface LinksEvents {
  onMessage(from: PeerId, topic: string, value: Json | Uint8Array): void;
  /** The session ended and began anew: whatever was not confirmed may be lost (T1, `peer-reset`). */
  onReset(peer: PeerId): void;
  /**
   * It said that it is gone, and said nothing after that. For links that go by other ways than the discovery: it may hear of
   * it later, or never.
   */
  onGoodbye(peer: PeerId): void;
  onLinkState(peer: PeerId, state: LinkState): void;
  /**
   * `bad-message`: something malformed or out of place was dropped. Else a transport could not open a path, or failed
   * otherwise; it goes on by itself.
   */
  onError(peer: PeerId | null, error: ClusterError): void;
}

/** The largest message, in bytes of its JSON in UTF-8, or of its own, unless links are told another. */
export const mostMessageBytes: number = 64 * 1024 * 1024;

export interface LinksOptions {
  readonly self: PeerId;
  readonly room: string;
  readonly platform: Platform;
  /** Best first: messages take the first that has a working path to the member. Started and closed by the links. */
  readonly transports: readonly Transport[];
  readonly events: LinksEvents;
  /** The largest message either way. Default: `mostMessageBytes`. */
  readonly maxMessageBytes?: number;
}

/** The sessions with all members (T1). No event is ever called from within a call to these methods. */
export interface Links {
  /**
   * Resolves when no more than a window is left to be acknowledged before the end of the message. Bytes are given away: nobody
   * writes to them any more. Whoever takes the value from the application has checked that it is either. Rejects with
   * `unknown-peer`, `too-large`, `peer-reset` or `left`.
   */
  send(to: PeerId, topic: string, value: Json | Uint8Array, lane: Lane): Promise<void>;
  /**
   * Says who may have a session, among them this member itself, and where they are. Sessions with all others end, without
   * `onReset`. Tell whoever listens to `onMessage` of new members in the same turn: their first words may be here already.
   */
  setMembers(members: readonly Neighbour[]): void;
  /** Undefined for one that there is no session with. */
  state(peer: PeerId): LinkState | undefined;
  /**
   * Sends what is urgent and unconfirmed, says that this member is gone, and closes. Synchronous: call it before leaving
   * the discovery, which may share its socket with a path. Waiting sends reject with `left`.
   */
  goodbye(): void;
  /** Which direct paths are worth it, where some cost something to open. */
  readonly paths?: WantedPaths;
}
