import type { Platform } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { ports } from '../protocol/relay-frame.ts';
import type { SignalingConnection } from '../signaling/connection.ts';
import type { Transport, TransportEvents } from './transport.ts';
import { WebRtcPair, type WebRtcParts } from './webrtc/pair.ts';
import { decodeSignal, encodeSignal } from './webrtc/signal.ts';
import type { IceServer, SimplePeerConstructor } from './webrtc/simple-peer.ts';

export interface WebRtcTransportOptions {
  readonly connection: Pick<SignalingConnection, 'listen' | 'relay' | 'status'>;
  readonly platform: Platform;
  /**
   * Asked before each connection, so that TURN credentials may be short-lived. Default: none, so that members meet on
   * one machine, one local network, or between public addresses; elsewhere the traffic stays on the relay.
   */
  readonly iceServers?: () => Promise<readonly IceServer[]>;
  /** An implementation of WebRTC for runtimes that have none, such as `@roamhq/wrtc`. */
  readonly wrtc?: object;
  /** A class compatible with simple-peer's, in its stead. */
  readonly Peer?: SimplePeerConstructor;
}

/** What others ask for is bounded: each connection costs memory and ports. */
const maxPairs = 64;

/**
 * Data channels between members, by simple-peer, which is loaded when the first one is wanted. Does nothing where the
 * runtime has no WebRTC and none is given: then everything stays on the relay.
 */
export class WebRtcTransport implements Transport {
  readonly kind = 'webrtc';
  readonly #options: WebRtcTransportOptions;
  readonly #pairs = new Map<PeerId, WebRtcPair>();
  #self: PeerId = '';
  #events: TransportEvents | null = null;
  #stopListening: () => void = () => undefined;
  #peerClass: Promise<SimplePeerConstructor> | null = null;

  constructor(options: WebRtcTransportOptions) {
    this.#options = options;
  }

  start(self: PeerId, events: TransportEvents): void {
    const { platform, wrtc, connection } = this.#options;
    if (!platform.hasWebRtc && wrtc === undefined) return;
    this.#self = self;
    this.#events = events;
    this.#stopListening = connection.listen({
      onStatus: (status) => {
        if (status === 'online') for (const pair of this.#pairs.values()) pair.signalingIsBack();
      },
      onRelay: ({ peer, port, payload }) => {
        if (port === ports.signal) this.#signal(peer, payload);
      },
    });
  }

  want(peers: ReadonlySet<PeerId>): void {
    if (this.#events === null) return;
    for (const peer of peers) if (peer !== this.#self) this.#pair(peer).setWanted(true);
    for (const [peer, pair] of this.#pairs) {
      if (!peers.has(peer)) pair.setWanted(false);
      this.#forgetIdle(peer, pair);
    }
  }

  close(): void {
    this.#stopListening();
    this.#events = null;
    for (const pair of this.#pairs.values()) pair.close();
    this.#pairs.clear();
  }

  #signal(peer: PeerId, payload: Uint8Array): void {
    const signal = decodeSignal(payload);
    if (signal === null) {
      this.#events?.onError(peer, new ClusterError('bad-message', `a WebRTC signal of ${peer} makes no sense`));
      return;
    }
    if (!this.#pairs.has(peer) && this.#pairs.size >= maxPairs) return;
    const pair = this.#pair(peer);
    pair.heard(signal);
    this.#forgetIdle(peer, pair);
  }

  #forgetIdle(peer: PeerId, pair: WebRtcPair): void {
    if (!pair.idle) return;
    pair.close();
    this.#pairs.delete(peer);
  }

  #pair(peer: PeerId): WebRtcPair {
    const known = this.#pairs.get(peer);
    if (known !== undefined) return known;
    const pair = new WebRtcPair(this.#parts(peer));
    this.#pairs.set(peer, pair);
    return pair;
  }

  #parts(peer: PeerId): WebRtcParts {
    const { platform, connection, wrtc, iceServers } = this.#options;
    return {
      peer,
      initiator: this.#self < peer,
      platform,
      events: {
        onPath: (path) => this.#events?.onPath(path),
        onFrame: (path, frame) => this.#events?.onFrame(path, frame),
        onPathClosed: (path) => this.#events?.onPathClosed(path),
        onDrain: (path) => this.#events?.onDrain(path),
        onError: (error) => this.#events?.onError(peer, error),
      },
      send: (signal) => connection.relay({ peer, port: ports.signal, payload: encodeSignal(signal) }, 'urgent'),
      makePeer: async (initiator) => {
        const [Peer, servers] = await Promise.all([this.#loadPeer(), iceServers?.() ?? []]);
        const options = { initiator, trickle: true, config: { iceServers: servers } } as const;
        return new Peer(wrtc === undefined ? options : { ...options, wrtc });
      },
    };
  }

  /** Once; but what failed is tried again. */
  async #loadPeer(): Promise<SimplePeerConstructor> {
    if (this.#options.Peer !== undefined) return this.#options.Peer;
    this.#peerClass ??= loadSimplePeer();
    try {
      return await this.#peerClass;
    } catch (error) {
      this.#peerClass = null;
      throw error;
    }
  }
}

/**
 * The prebuilt file runs under every bundler without polyfills, where the package's main file does not. Imported
 * natively by a browser it exports nothing and sets a global.
 */
export async function loadSimplePeer(): Promise<SimplePeerConstructor> {
  const module = (await import('simple-peer/simplepeer.min.js')) as { readonly default?: unknown };
  const Peer = module.default ?? (globalThis as { readonly SimplePeer?: unknown }).SimplePeer;
  if (typeof Peer !== 'function') throw new TypeError('simple-peer was loaded and exports no class: give one as Peer');
  return Peer as SimplePeerConstructor;
}
