import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { PathKind } from '../transports/transport.ts';

/** `urgent` never waits behind `bulk`. Order is kept within a lane. */
export type Lane = 'urgent' | 'bulk';

export interface LinkState {
  readonly path: PathKind | null;
  /** Smoothed round trip of the session; `null` until measured. */
  readonly rttMs: number | null;
}

export interface LinksEvents {
  onMessage(from: PeerId, topic: string, value: Json | Uint8Array): void;
  /** The session ended and began anew: whatever was not confirmed may be lost (T1, `peer-reset`). */
  onReset(peer: PeerId): void;
  onLinkState(peer: PeerId, state: LinkState): void;
  onBadFrame(peer: PeerId | null, reason: string): void;
}
