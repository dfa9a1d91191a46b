import type { Broadcast, BroadcastPort } from '../platform/broadcast.ts';
import { ClusterError } from '../protocol/errors.ts';
import { isPeerId, type PeerId } from '../protocol/ids.ts';
import type { Path, Transport, TransportEvents } from './transport.ts';

const maxFrameBytes = 256 * 1024;

/** From page to page of one origin: every page hears every frame, and takes what is addressed to it. */
export class BroadcastTransport implements Transport {
  readonly kind = 'broadcast';
  readonly #broadcast: Broadcast;
  readonly #name: string;
  readonly #paths = new Map<PeerId, Path>();
  #self: PeerId = '';
  #port: BroadcastPort | undefined;
  #events: TransportEvents | undefined;

  /** Rooms of different names, whatever they hold, never share a channel. */
  constructor(broadcast: Broadcast, room: string) {
    this.#broadcast = broadcast;
    this.#name = JSON.stringify(['bellwether', room, 'frames']);
  }

  start(self: PeerId, events: TransportEvents): void {
    this.#self = self;
    this.#events = events;
    this.#port = this.#broadcast(this.#name, (message) => this.#hear(message));
  }

  want(peers: ReadonlySet<PeerId>): void {
    for (const [peer, path] of this.#paths) {
      if (peers.has(peer)) continue;
      this.#paths.delete(peer);
      this.#events?.onPathClosed(path);
    }
    for (const peer of peers) if (peer !== this.#self) this.#open(peer);
  }

  close(): void {
    this.#events = undefined;
    this.#paths.clear();
    this.#port?.close();
  }

  #hear(message: unknown): void {
    if (!isFrame(message)) {
      const error = new ClusterError('bad-message', 'something that is no frame was posted on the channel of the room');
      this.#events?.onError(null, error);
      return;
    }
    const [to, from, frame] = message;
    if (to === this.#self && from !== this.#self) this.#events?.onFrame(this.#open(from), frame);
  }

  #open(peer: PeerId): Path {
    const open = this.#paths.get(peer);
    if (open) return open;
    const path: Path = {
      kind: this.kind,
      peer,
      maxFrameBytes,
      bufferedBytes: () => 0,
      send: (frame) => {
        if (this.#paths.get(peer) === path && frame.byteLength <= maxFrameBytes)
          this.#port?.post([peer, this.#self, alone(frame)]);
      },
    };
    this.#paths.set(peer, path);
    this.#events?.onPath(path);
    return path;
  }
}

/** Copying a part of a buffer copies all of it. */
function alone(frame: Uint8Array): Uint8Array {
  return frame.byteLength === frame.buffer.byteLength ? frame : frame.slice();
}

function isFrame(message: unknown): message is readonly [to: PeerId, from: PeerId, frame: Uint8Array] {
  if (!Array.isArray(message) || message.length !== 3) return false;
  const [to, from, frame] = message as readonly unknown[];
  return isPeerId(to) && isPeerId(from) && frame instanceof Uint8Array && frame.byteLength <= maxFrameBytes;
}
