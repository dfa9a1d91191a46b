import type { Peering } from '../peering/peering.ts';
import type { Platform, Undo } from '../platform/platform.ts';
import { maxSocketFrameBytes } from '../platform/sockets.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Lane } from '../protocol/lane.ts';
import type { Path, Transport, TransportEvents } from './transport.ts';

/** Looked at so often while a socket holds bytes back: a Socket does not tell when it has sent them. */
const drainEveryMs = 5;

/** Straight from process to process: a path for as long as the socket to that member is open. */
export class PeerSocketsTransport implements Transport {
  readonly kind = 'websocket';
  readonly #peering: Peering;
  readonly #platform: Pick<Platform, 'timers'>;
  readonly #paths = new Map<PeerId, PeerSocketPath>();
  #events: TransportEvents | null = null;
  #wanted: ReadonlySet<PeerId> = new Set();
  #stopListening: Undo = () => {};

  constructor(peering: Peering, platform: Pick<Platform, 'timers'>) {
    this.#peering = peering;
    this.#platform = platform;
  }

  start(_self: PeerId, events: TransportEvents): void {
    this.#events = events;
    this.#stopListening = this.#peering.listen({
      onOpen: ({ id }) => {
        if (this.#wanted.has(id)) this.#open(id);
      },
      onClosed: (peer) => this.#close(peer),
      onFrame: (peer, frame) => events.onFrame(this.#open(peer), frame),
    });
  }

  want(peers: ReadonlySet<PeerId>): void {
    this.#wanted = new Set(peers);
    for (const peer of [...this.#paths.keys()]) if (!peers.has(peer)) this.#close(peer);
    for (const peer of peers) if (this.#peering.isOpen(peer)) this.#open(peer);
  }

  close(): void {
    this.#stopListening();
    for (const path of [...this.#paths.values()]) path.close();
    this.#events = null;
  }

  #open(peer: PeerId): PeerSocketPath {
    const open = this.#paths.get(peer);
    if (open) return open;
    const path = new PeerSocketPath(peer, this.#peering, this.#platform, {
      onDrain: () => this.#events?.onDrain(path),
      onClose: () => void this.#paths.delete(peer),
    });
    this.#paths.set(peer, path);
    this.#events?.onPath(path);
    return path;
  }

  #close(peer: PeerId): void {
    const path = this.#paths.get(peer);
    if (!path) return;
    path.close();
    this.#events?.onPathClosed(path);
  }
}

interface PathEnds {
  onDrain(): void;
  onClose(): void;
}

class PeerSocketPath implements Path {
  readonly kind = 'websocket';
  readonly peer: PeerId;
  readonly maxFrameBytes: number = maxSocketFrameBytes;
  readonly #peering: Peering;
  readonly #platform: Pick<Platform, 'timers'>;
  readonly #ends: PathEnds;
  #cancelLook: Undo | null = null;
  #closed = false;

  constructor(peer: PeerId, peering: Peering, platform: Pick<Platform, 'timers'>, ends: PathEnds) {
    this.peer = peer;
    this.#peering = peering;
    this.#platform = platform;
    this.#ends = ends;
  }

  bufferedBytes(): number {
    return this.#closed ? 0 : this.#peering.bufferedBytes(this.peer);
  }

  send(frame: Uint8Array, _lane: Lane): void {
    if (this.#closed || frame.byteLength > this.maxFrameBytes) return;
    this.#peering.send(this.peer, frame);
    if (this.bufferedBytes() > 0) this.#look();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelLook?.();
    this.#ends.onClose();
  }

  #look(): void {
    this.#cancelLook ??= this.#platform.timers.after(drainEveryMs, () => {
      this.#cancelLook = null;
      if (this.bufferedBytes() > 0) this.#look();
      this.#ends.onDrain();
    });
  }
}
