import type { Broadcast } from '../platform/broadcast.ts';
import { Mailbox } from '../platform/mailbox.ts';
import type { Timers } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import { isPeerId, type PeerId } from '../protocol/ids.ts';
import type { Path, Transport, TransportEvents } from './transport.ts';

const maxFrameBytes = 256 * 1024;

/** Nobody tells who is there when this path is the only one. */
const askEveryMs = 5_000;

export interface BroadcastTransportOptions {
  readonly room: string;
  readonly broadcast: Broadcast;
  readonly timers: Timers;
}

/** From page to page of one origin, beside other transports. Who has only this one takes `BroadcastLinks`. */
export class BroadcastTransport implements Transport {
  readonly kind = 'broadcast';
  readonly only = 'near';
  readonly #options: BroadcastTransportOptions;
  readonly #paths = new Map<PeerId, Path>();
  #self: PeerId = '';
  #mailbox: Mailbox | undefined;
  #events: TransportEvents | undefined;

  constructor(options: BroadcastTransportOptions) {
    this.#options = options;
  }

  start(self: PeerId, events: TransportEvents): void {
    this.#self = self;
    this.#events = events;
    try {
      this.#mailbox = new Mailbox({ ...this.#options, self, hear: (message) => this.#hear(message) });
    } catch {
      // Refused. It can be done without.
    }
  }

  want(peers: ReadonlySet<PeerId>): void {
    for (const [peer, path] of this.#paths) {
      if (peers.has(peer)) continue;
      this.#paths.delete(peer);
      this.#events?.onPathClosed(path);
    }
    if (this.#mailbox) for (const peer of peers) if (peer !== this.#self) this.#open(peer);
  }

  close(): void {
    this.#events = undefined;
    this.#paths.clear();
    this.#mailbox?.close();
  }

  #hear(message: unknown): void {
    if (isFrame(message)) {
      const [from, frame] = message;
      if (from !== this.#self) this.#events?.onFrame(this.#open(from), frame);
      return;
    }
    const error = new ClusterError(
      'bad-message',
      'something that is no frame was posted on the channel of this member',
    );
    this.#events?.onError(null, error);
  }

  #open(peer: PeerId): Path {
    const open = this.#paths.get(peer);
    if (open) return open;
    const path: Path = {
      kind: this.kind,
      peer,
      maxFrameBytes,
      askEveryMs,
      bufferedBytes: () => 0,
      send: (frame) => {
        if (this.#paths.get(peer) === path && frame.byteLength <= maxFrameBytes)
          this.#mailbox?.post(peer, [this.#self, alone(frame)]);
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

function isFrame(message: unknown): message is readonly [from: PeerId, frame: Uint8Array] {
  if (!Array.isArray(message) || message.length !== 2) return false;
  const [from, frame] = message as readonly unknown[];
  return isPeerId(from) && frame instanceof Uint8Array && frame.byteLength <= maxFrameBytes;
}
