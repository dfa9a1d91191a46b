import type { Platform } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { type RelayEntry, ports } from '../protocol/relay-frame.ts';
import type { SignalingConnection } from '../signaling/connection.ts';
import type { Transport, TransportEvents } from './transport.ts';
import type { WebRtcPairs } from './webrtc/pairs.ts';
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

/** Signals that are held while WebRTC is being loaded; what is lost is asked for again. */
const maxEarlySignals = 256;

/**
 * Data channels between members, by simple-peer. All of it is loaded when the first one is wanted. Does nothing where
 * the runtime has no WebRTC and none is given: then everything stays on the relay.
 */
export class WebRtcTransport implements Transport {
  readonly kind = 'webrtc';
  readonly #options: WebRtcTransportOptions;
  #self: PeerId = '';
  #events: TransportEvents | null = null;
  #stopListening: () => void = () => undefined;
  #wanted: ReadonlySet<PeerId> = new Set();
  #early: RelayEntry[] = [];
  #loading = false;
  #pairs: WebRtcPairs | null = null;

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
        if (status !== 'online') return;
        this.#pairs?.signalingIsBack();
        void this.#load();
      },
      onRelay: (entry) => {
        if (entry.port === ports.signal) this.#heard(entry);
      },
    });
  }

  want(peers: ReadonlySet<PeerId>): void {
    this.#wanted = new Set(peers);
    this.#pairs?.want(peers);
    void this.#load();
  }

  close(): void {
    this.#stopListening();
    this.#events = null;
    this.#pairs?.close();
  }

  #heard(entry: RelayEntry): void {
    if (this.#pairs !== null) return this.#pairs.heard(entry.peer, entry.payload);
    if (this.#early.length < maxEarlySignals) this.#early.push(entry);
    void this.#load();
  }

  /** Once, when there is a use for it; what failed is tried again when there is one anew, or the server is back. */
  async #load(): Promise<void> {
    const idle = this.#wanted.size === 0 && this.#early.length === 0;
    if (idle || this.#loading || this.#pairs !== null || this.#events === null) return;
    this.#loading = true;
    try {
      const Given = this.#options.Peer;
      const [{ WebRtcPairs }, Peer] = await Promise.all([import('./webrtc/pairs.ts'), Given ?? loadSimplePeer()]);
      const events = this.#events as TransportEvents | null; // it may have been closed meanwhile
      if (events === null) return;
      this.#pairs = new WebRtcPairs({ ...this.#options, self: this.#self, events, Peer });
      this.#pairs.want(this.#wanted);
      for (const { peer, payload } of this.#early) this.#pairs.heard(peer, payload);
    } catch (cause) {
      const message = 'WebRTC could not be loaded; traffic stays on the relay';
      this.#events?.onError(null, new ClusterError('webrtc-failed', message, { cause }));
    }
    this.#loading = false;
    this.#early = [];
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
