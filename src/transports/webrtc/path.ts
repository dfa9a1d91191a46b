import type { Platform, Undo } from '../../platform/platform.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { SimplePeer } from './simple-peer.ts';
import type { Path } from '../transport.ts';

export interface WebRtcPathParts {
  readonly timers: Platform['timers'];
  readonly onDrain: () => void;
  readonly onClose: () => void;
}

/** simple-peer tells nobody when its channel drains: look again so often while it is full. */
const pollMs = 10;
const drainedBytes = 32 * 1024;
/** A connection that is closed forgets what it has not sent yet: last words get so long to leave. */
const lingerMs = 200;

/** An open data channel. */
export class WebRtcPath implements Path {
  readonly kind = 'webrtc';
  readonly peer: PeerId;
  /** What every implementation carries in one piece. */
  readonly maxFrameBytes: number = 16 * 1024;
  readonly #channel: SimplePeer;
  readonly #parts: WebRtcPathParts;
  #poll: Undo | null = null;
  #closed = false;

  constructor(channel: SimplePeer, peer: PeerId, parts: WebRtcPathParts) {
    this.#channel = channel;
    this.peer = peer;
    this.#parts = parts;
  }

  bufferedBytes(): number {
    return this.#closed ? 0 : this.#channel.bufferSize;
  }

  send(frame: Uint8Array): void {
    if (this.#closed) return;
    try {
      this.#channel.send(frame);
    } catch {
      return; // it is closing: the frame is lost, as on any path, and `close` follows
    }
    if (this.bufferedBytes() > drainedBytes) this.#watch();
  }

  close(): void {
    if (!this.#closed) this.#parts.onClose();
  }

  /** Nothing more is sent; what was goes out first. */
  end(): void {
    this.#closed = true;
    this.#poll?.();
    this.#parts.timers.after(lingerMs, () => this.#channel.destroy());
  }

  #watch(): void {
    this.#poll ??= this.#parts.timers.after(pollMs, () => {
      this.#poll = null;
      if (this.#closed) return;
      if (this.bufferedBytes() > drainedBytes) this.#watch();
      else this.#parts.onDrain();
    });
  }
}
