import type { Platform } from '../platform/platform.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Lane, PathKind, Transport } from '../transports/transport.ts';

export type { Lane } from '../transports/transport.ts';

export interface LinkState {
  /** The kind of path that the next message takes; `null` while none is open. */
  readonly path: PathKind | null;
  /** Smoothed round trip of that path; `null` until measured. */
  readonly rttMs: number | null;
}

export interface LinksEvents {
  onMessage(from: PeerId, topic: string, value: Json | Uint8Array): void;
  /** The session ended and began anew: whatever was not confirmed may be lost (T1, `peer-reset`). */
  onReset(peer: PeerId): void;
  onLinkState(peer: PeerId, state: LinkState): void;
  /** Something malformed or out of place was dropped. */
  onBadFrame(peer: PeerId | null, reason: string): void;
  /** A transport could not open a path, or failed otherwise; it goes on by itself. */
  onTransportError(peer: PeerId | null, error: Error): void;
}

export interface LinksOptions {
  readonly self: PeerId;
  readonly platform: Platform;
  /** Best first: messages take the first that has a working path to the member. Started and closed by the links. */
  readonly transports: readonly Transport[];
  readonly events: LinksEvents;
  /** Largest message either way, in bytes with its topic. Default 64 MiB. */
  readonly maxMessageBytes?: number;
}

/**
 * The sessions with all members, over whatever paths there are. Starts its transports when made. No event is ever
 * called from within a call to these methods.
 */
export class Links {
  constructor(options: LinksOptions) {
    void options;
  }

  /**
   * Resolves when the message is taken in the window that the receiver granted; bytes must not change until then.
   * Rejects with `unknown-peer`, `too-large`, `peer-reset` or `left`, and with a `TypeError` for what is not JSON.
   */
  send(to: PeerId, topic: string, value: Json | Uint8Array, lane: Lane): Promise<void> {
    return Promise.reject(new Error(`the links are being built: ${to} ${topic} ${lane} ${typeof value}`));
  }

  /** Says who may have a session, beside this member itself. Sessions with all others end, without `onReset`. */
  setMembers(peers: ReadonlySet<PeerId>): void {
    void peers;
  }

  /** Says to which members a path that has to be opened first (WebRTC) is worth it. */
  want(peers: ReadonlySet<PeerId>): void {
    void peers;
  }

  state(peer: PeerId): LinkState {
    void peer;
    return { path: null, rttMs: null };
  }

  /** Sends what is still unconfirmed once more on every path, says that this member is gone, and closes. Synchronous. */
  goodbye(): void {}

  /** Closes without a word. Waiting sends reject with `left`. */
  close(): void {}
}
