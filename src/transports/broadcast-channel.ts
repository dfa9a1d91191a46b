import { isPeerId } from '../core/parsing.ts';
import type { Broadcast, BroadcastPort } from '../platform/broadcast.ts';
import type { Timers, Undo } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Path, Transport, TransportEvents } from './transport.ts';

const maxFrameBytes = 256 * 1024;

/** So long a channel to somebody else stays open unused. It costs to open one, and each one that is open hears all. */
const idleMs = 100;

/** Beside others, who no longer tell who is there when this path is the only one. */
const askEveryMs = 5_000;

export interface BroadcastTransportOptions {
  readonly room: string;
  readonly broadcast: Broadcast;
  readonly timers: Timers;
  /** Beside other transports: only for those who share this page's host. */
  readonly only?: 'near';
}

/**
 * From page to page of one origin: each page has a channel of its own, which it alone listens to, so that what is for one
 * wakes, and is copied for, no other. Whoever speaks to it opens that channel for as long as it has something to say.
 */
export class BroadcastTransport implements Transport {
  readonly kind = 'broadcast';
  readonly only: 'near' | undefined;
  readonly #options: BroadcastTransportOptions;
  readonly #paths = new Map<PeerId, Path>();
  /** To those that were spoken to lately. */
  readonly #outlets = new Map<PeerId, Outlet>();
  #self: PeerId = '';
  #inlet: BroadcastPort | undefined;
  #events: TransportEvents | undefined;
  #cancelTimer: Undo = () => {};

  constructor(options: BroadcastTransportOptions) {
    this.#options = options;
    this.only = options.only;
  }

  start(self: PeerId, events: TransportEvents): void {
    this.#self = self;
    this.#events = events;
    try {
      this.#inlet = this.#options.broadcast(this.#nameOf(self), (message) => this.#hear(message));
    } catch (error) {
      // Refused, as by browsers that block cookies. Beside other transports it can be done without.
      if (!this.only) throw error;
    }
  }

  want(peers: ReadonlySet<PeerId>): void {
    for (const [peer, path] of this.#paths) {
      if (peers.has(peer)) continue;
      this.#paths.delete(peer);
      this.#events?.onPathClosed(path);
    }
    if (this.#inlet) for (const peer of peers) if (peer !== this.#self) this.#open(peer);
  }

  close(): void {
    this.#events = undefined;
    this.#cancelTimer();
    this.#paths.clear();
    for (const { port } of this.#outlets.values()) port.close();
    this.#outlets.clear();
    this.#inlet?.close();
  }

  /** Rooms of different names, whatever they hold, never share a channel. */
  #nameOf(peer: PeerId): string {
    return JSON.stringify(['bellwether', this.#options.room, 'frames', peer]);
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
      askEveryMs: this.only && askEveryMs,
      bufferedBytes: () => 0,
      send: (frame) => {
        if (this.#paths.get(peer) === path && frame.byteLength <= maxFrameBytes)
          this.#outlet(peer).post([this.#self, alone(frame)]);
      },
    };
    this.#paths.set(peer, path);
    this.#events?.onPath(path);
    return path;
  }

  #outlet(peer: PeerId): BroadcastPort {
    let outlet = this.#outlets.get(peer);
    if (!outlet) {
      outlet = { port: this.#options.broadcast(this.#nameOf(peer)), isIdle: false };
      this.#outlets.set(peer, outlet);
      if (this.#outlets.size === 1) this.#closeIdleLater();
    }
    outlet.isIdle = false;
    return outlet.port;
  }

  #closeIdleLater(): void {
    this.#cancelTimer = this.#options.timers.after(idleMs, () => {
      for (const [peer, outlet] of this.#outlets) {
        if (outlet.isIdle) {
          this.#outlets.delete(peer);
          outlet.port.close();
        }
        outlet.isIdle = true;
      }
      if (this.#outlets.size > 0) this.#closeIdleLater();
    });
  }
}

interface Outlet {
  readonly port: BroadcastPort;
  /** Since the timer last fired. */
  isIdle: boolean;
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
