import type { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Lane } from '../protocol/lane.ts';

export type PathKind = 'webrtc' | 'relay' | 'websocket' | 'broadcast' | 'memory';

export type { Lane } from '../protocol/lane.ts';

/** Every path takes frames of so many bytes: about what one packet of a network carries. */
export const leastFrameBytes = 1500;

/**
 * One way to send frames to one member. Frames may be lost, duplicated or reordered: the session above (`links/`) makes
 * them whole. A frame never arrives altered or cut.
 */
export interface Path {
  readonly kind: PathKind;
  readonly peer: PeerId;
  /** Largest frame that `send` takes, in bytes; at least `leastFrameBytes`. */
  readonly maxFrameBytes: number;
  /** Bytes taken by `send` and not yet given to the network. Senders of bulk wait while it is high. */
  bufferedBytes(): number;
  /**
   * Never throws. After the path closed, or when the medium is full, the frame is lost. `frame` is given away: nobody
   * writes to it any more. A medium that queues frames lets `urgent` ones pass.
   */
  send(frame: Uint8Array, lane: Lane): void;
  /**
   * Media that never tell that the other end is gone: how often to ask whether it is there, where there is no other path to
   * it. Default: never.
   */
  readonly askEveryMs?: number | undefined;
  /** Media that have to be opened: closes a path that does not answer, and opens another one, with backoff. */
  giveUp?(): void;
}

export interface TransportEvents {
  /** A path opened, by either side's doing. At most one path per peer and transport is open at a time. */
  onPath(path: Path): void;
  onFrame(path: Path, frame: Uint8Array): void;
  /** The path is dead, given up, or not wanted any more. */
  onPathClosed(path: Path): void;
  /** A path could not be opened, or a frame made no sense. The transport goes on. */
  onError(peer: PeerId | null, error: ClusterError): void;
}

/** A medium. Made by a network preset for one cluster; never used again after `close`. */
export interface Transport {
  readonly kind: PathKind;
  /**
   * Whom it is for. Default: all members. `wanted`: those to whom it is worth opening a path. `near`: those of this
   * member's own host, who need no path that is `wanted` beside it.
   */
  readonly only?: 'wanted' | 'near' | undefined;
  start(self: PeerId, events: TransportEvents): void;
  /**
   * Says which members this one wants a path to; replaces what was said before. Media that need no opening (relay,
   * broadcast, memory) open at once for each, and also when a frame arrives from a member not named. WebRTC begins
   * connecting, retries with backoff, and closes what is wanted no more.
   */
  want(peers: ReadonlySet<PeerId>): void;
  /** Closes every path. No event follows. */
  close(): void;
}
