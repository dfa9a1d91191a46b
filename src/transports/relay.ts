import type { PeerId } from '../protocol/ids.ts';
import { maxRelayOverheadBytes, ports } from '../protocol/relay-frame.ts';
import type { SignalingConnection } from '../signaling/connection.ts';
import type { Path, Transport, TransportEvents } from './transport.ts';

/** Through the signaling server: there from the first round trip on, for as long as the connection to it stands. */
export class RelayTransport implements Transport {
  readonly kind = 'relay';
  readonly #connection: SignalingConnection;
  readonly #paths = new Map<PeerId, Path>();
  #events: TransportEvents | undefined;
  #wanted: ReadonlySet<PeerId> = new Set();
  #stopListening: (() => void) | undefined;

  constructor(connection: SignalingConnection) {
    this.#connection = connection;
  }

  start(_self: PeerId, events: TransportEvents): void {
    this.#events = events;
    this.#stopListening = this.#connection.listen({
      onStatus: () => this.#update(),
      onRelay: ({ peer, port, payload }) => {
        if (port === ports.link) events.onFrame(this.#open(peer), payload);
      },
    });
  }

  want(peers: ReadonlySet<PeerId>): void {
    this.#wanted = peers;
    this.#update();
  }

  /** What waits to be sent is sent before the connection says goodbye. */
  close(): void {
    this.#stopListening?.();
    this.#paths.clear();
    this.#events = undefined;
  }

  #update(): void {
    const wanted = this.#connection.status === 'online' ? this.#wanted : new Set<PeerId>();
    for (const [peer, path] of this.#paths) {
      if (wanted.has(peer)) continue;
      this.#paths.delete(peer);
      this.#events?.onPathClosed(path);
    }
    for (const peer of wanted) this.#open(peer);
  }

  #open(peer: PeerId): Path {
    const open = this.#paths.get(peer);
    if (open !== undefined) return open;
    const connection = this.#connection;
    const path: Path = {
      kind: this.kind,
      peer,
      maxFrameBytes: connection.maxFrameBytes - maxRelayOverheadBytes,
      bufferedBytes: () => connection.queuedBytes(peer),
      send: (payload, lane) => {
        if (this.#paths.get(peer) === path) connection.relay({ peer, port: ports.link, payload }, lane);
      },
    };
    this.#paths.set(peer, path);
    this.#events?.onPath(path);
    return path;
  }
}
