import type { PeerId } from '../protocol/ids.ts';
import { ports } from '../protocol/relay-frame.ts';
import type { Relay } from '../signaling/relay.ts';
import type { Path, Transport, TransportEvents } from './transport.ts';

/** Through the signaling server: there from the first round trip on, for as long as the connection to it stands. */
export class RelayTransport implements Transport {
  readonly kind = 'relay';
  readonly #relay: Relay;
  readonly #paths = new Map<PeerId, Path>();
  #events: TransportEvents | undefined;
  #wanted: ReadonlySet<PeerId> = new Set();
  #stopListening: (() => void) | undefined;

  constructor(relay: Relay) {
    this.#relay = relay;
  }

  start(_self: PeerId, events: TransportEvents): void {
    this.#events = events;
    this.#stopListening = this.#relay.listen({
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
    const wanted = this.#relay.status === 'online' ? this.#wanted : new Set<PeerId>();
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
    const relay = this.#relay;
    const path: Path = {
      kind: this.kind,
      peer,
      maxFrameBytes: relay.maxPayloadBytes,
      bufferedBytes: () => relay.queuedBytes(peer),
      send: (payload, lane) => {
        if (this.#paths.get(peer) === path) relay.send({ peer, port: ports.link, payload }, lane);
      },
    };
    this.#paths.set(peer, path);
    this.#events?.onPath(path);
    return path;
  }
}
