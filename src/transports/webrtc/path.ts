import type { Timers } from '../../platform/platform.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { SimplePeer } from './simple-peer.ts';
import type { Path } from '../transport.ts';

/** A connection that is closed forgets what it has not sent yet: last words get so long to leave. */
const lingerMs = 200;

/** An open data channel. */
export class WebRtcPath implements Path {
  readonly kind = 'webrtc';
  readonly peer: PeerId;
  /** What every implementation carries in one piece. */
  readonly maxFrameBytes: number = 16 * 1024;
  readonly giveUp: () => void;
  readonly #channel: SimplePeer;
  readonly #timers: Timers;
  #closed = false;

  constructor(channel: SimplePeer, peer: PeerId, timers: Timers, giveUp: () => void) {
    this.#channel = channel;
    this.peer = peer;
    this.#timers = timers;
    this.giveUp = giveUp;
  }

  bufferedBytes(): number {
    return this.#closed ? 0 : this.#channel.bufferSize;
  }

  send(frame: Uint8Array): void {
    if (this.#closed) return;
    try {
      this.#channel.send(frame);
    } catch {
      // It is closing: the frame is lost, as on any path, and `close` follows.
    }
  }

  /** Nothing more is sent; what was goes out first. */
  end(): void {
    this.#closed = true;
    this.#timers.after(lingerMs, () => this.#channel.destroy());
  }
}
