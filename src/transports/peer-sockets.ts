import type { Peering } from '../peering/peering.ts';
import type { Undo } from '../platform/platform.ts';
import { maxSocketFrameBytes } from '../platform/sockets.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Path, Transport, TransportEvents } from './transport.ts';

/** Straight from process to process: a path for as long as the socket to that member is open. */
export class PeerSocketsTransport implements Transport {
  readonly kind = 'websocket';
  readonly #peering: Peering;
  readonly #paths = new Map<PeerId, Path>();
  #events: TransportEvents | null = null;
  #wanted: ReadonlySet<PeerId> = new Set();
  #stopListening: Undo = () => {};

  constructor(peering: Peering) {
    this.#peering = peering;
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
    this.#paths.clear();
    this.#events = null;
  }

  #open(peer: PeerId): Path {
    const open = this.#paths.get(peer);
    if (open) return open;
    const path: Path = {
      kind: this.kind,
      peer,
      maxFrameBytes: maxSocketFrameBytes,
      bufferedBytes: () => this.#peering.bufferedBytes(peer),
      send: (frame) => {
        if (this.#paths.get(peer) === path) this.#peering.send(peer, frame);
      },
    };
    this.#paths.set(peer, path);
    this.#events?.onPath(path);
    return path;
  }

  #close(peer: PeerId): void {
    const path = this.#paths.get(peer);
    this.#paths.delete(peer);
    if (path) this.#events?.onPathClosed(path);
  }
}
