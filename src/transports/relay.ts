import type { PeerId } from '../protocol/ids.ts';
import type { Lane } from '../protocol/lane.ts';
import { ports, relayEntryBytes, relayHeaderBytes } from '../protocol/relay-frame.ts';
import type { SignalingConnection } from '../signaling/connection.ts';
import type { Path, Transport, TransportEvents } from './transport.ts';

const longestId = 'x'.repeat(64);
/** What the server's frames take around a payload, whichever of the two ids is in them. */
const overheadBytes =
  relayHeaderBytes + relayEntryBytes({ peer: longestId, port: ports.link, payload: new Uint8Array(0) });

/** Through the signaling server: there from the first round trip on, for as long as the connection to it stands. */
export class RelayTransport implements Transport {
  readonly kind = 'relay';
  readonly #connection: SignalingConnection;
  readonly #paths = new Map<PeerId, RelayPath>();
  #events: TransportEvents | null = null;
  #wanted: ReadonlySet<PeerId> = new Set();
  #stopListening: () => void = () => undefined;

  constructor(connection: SignalingConnection) {
    this.#connection = connection;
  }

  start(_self: PeerId, events: TransportEvents): void {
    this.#events = events;
    this.#stopListening = this.#connection.listen({
      onStatus: (status) => (status === 'online' ? this.#openWanted() : this.#closeAll()),
      onRelay: ({ peer, port, payload }) => {
        if (port === ports.link) events.onFrame(this.#open(peer), payload);
      },
      onDrain: (peer) => {
        const path = this.#paths.get(peer);
        if (path) events.onDrain(path);
      },
    });
  }

  want(peers: ReadonlySet<PeerId>): void {
    this.#wanted = new Set(peers);
    for (const peer of [...this.#paths.keys()]) if (!peers.has(peer)) this.#close(peer);
    this.#openWanted();
  }

  /** What waits to be sent is sent before the connection says goodbye. */
  close(): void {
    this.#stopListening();
    this.#paths.clear();
    this.#events = null;
  }

  #openWanted(): void {
    if (this.#connection.status === 'online') for (const peer of this.#wanted) this.#open(peer);
  }

  #open(peer: PeerId): RelayPath {
    const open = this.#paths.get(peer);
    if (open !== undefined) return open;
    const path = new RelayPath(this.#connection, peer, () => this.#paths.delete(peer));
    this.#paths.set(peer, path);
    this.#events?.onPath(path);
    return path;
  }

  #close(peer: PeerId): void {
    const path = this.#paths.get(peer);
    this.#paths.delete(peer);
    if (path) this.#events?.onPathClosed(path);
  }

  #closeAll(): void {
    for (const peer of [...this.#paths.keys()]) this.#close(peer);
  }
}

class RelayPath implements Path {
  readonly kind = 'relay';
  readonly peer: PeerId;
  readonly maxFrameBytes: number;
  readonly #connection: SignalingConnection;
  readonly #onClose: () => void;
  #closed = false;

  constructor(connection: SignalingConnection, peer: PeerId, onClose: () => void) {
    this.#connection = connection;
    this.peer = peer;
    this.maxFrameBytes = connection.maxFrameBytes - overheadBytes;
    this.#onClose = onClose;
  }

  bufferedBytes(): number {
    return this.#connection.queuedBytes(this.peer);
  }

  send(frame: Uint8Array, lane: Lane): void {
    if (!this.#closed) this.#connection.relay({ peer: this.peer, port: ports.link, payload: frame }, lane);
  }

  close(): void {
    this.#closed = true;
    this.#onClose();
  }
}
