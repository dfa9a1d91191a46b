import { TokenBucket } from '../core/token-bucket.ts';
import type { Platform, Undo } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { parseJson } from '../protocol/foreign-json.ts';
import { type RelayEntry, ports } from '../protocol/relay-frame.ts';
import type { Backoff } from '../signaling/backoff.ts';
import type { Relay } from '../signaling/relay.ts';
import type { Transport, TransportEvents } from './transport.ts';
import type { Lent } from './webrtc/lent.ts';
import type { WebRtcPairs, WebRtcPairsParts } from './webrtc/pairs.ts';
import type { IceServer, SimplePeerConstructor } from './webrtc/simple-peer.ts';

export interface WebRtcTransportOptions {
  readonly relay: Pick<Relay, 'listen' | 'send'>;
  readonly platform: Platform;
  /**
   * Asked before each connection, so that TURN credentials may be short-lived. Default: none, so that members meet on
   * one machine, one local network, or between public addresses; elsewhere the traffic stays on the relay.
   */
  readonly iceServers?: () => Promise<readonly IceServer[]>;
  /** An implementation of WebRTC for runtimes that have none, such as `@roamhq/wrtc`. */
  readonly wrtc?: object;
  /** See `Lent`. */
  readonly Backoff: typeof Backoff;
  /** A class compatible with simple-peer's, in its stead. */
  readonly Peer?: SimplePeerConstructor;
}

/** Signals that are held while WebRTC is being loaded; what is lost is asked for again. */
const maxEarlySignals = 256;

const lent: Omit<Lent, 'Backoff'> = { ClusterError, parseJson, ports, TokenBucket };

/**
 * Data channels between members, by simple-peer. All of it is loaded when the first one is wanted. Does nothing where
 * the runtime has no WebRTC and none is given: then everything stays on the relay.
 */
export class WebRtcTransport implements Transport {
  readonly kind = 'webrtc';
  readonly only = 'wanted';
  readonly #options: WebRtcTransportOptions;
  /** From start to close. */
  #parts: WebRtcPairsParts | undefined;
  #stopListening: Undo | undefined;
  #wanted: ReadonlySet<PeerId> = new Set();
  #early: RelayEntry[] = [];
  #loading = false;
  #pairs: WebRtcPairs | undefined;

  constructor(options: WebRtcTransportOptions) {
    this.#options = options;
  }

  start(self: PeerId, events: TransportEvents): void {
    const { platform, wrtc, relay, Backoff: LentBackoff } = this.#options;
    if (!platform.hasWebRtc && !wrtc) return;
    this.#parts = { ...this.#options, self, events, lent: { ...lent, Backoff: LentBackoff } };
    this.#stopListening = relay.listen({
      onStatus: () => void this.#load(),
      onRelay: (entry) => {
        if (entry.port !== ports.signal) return;
        if (this.#early.length < maxEarlySignals) this.#early.push(entry);
        void this.#load();
      },
    });
  }

  want(peers: ReadonlySet<PeerId>): void {
    this.#wanted = peers;
    this.#pairs?.want(peers);
    void this.#load();
  }

  close(): void {
    this.#stopListening?.();
    this.#parts = undefined;
    this.#pairs?.close();
  }

  /** Once, when there is a use for it; what failed is tried again when there is one anew, or the server is back. */
  async #load(): Promise<void> {
    if (this.#loading || !this.#parts || this.#wanted.size + this.#early.length === 0) return;
    this.#loading = true;
    try {
      const { Peer } = this.#options;
      const [{ WebRtcPairs }, module] = await Promise.all([
        import('./webrtc/pairs.ts'),
        // The prebuilt file runs under every bundler without polyfills, where the package's main file does not.
        Peer ? { default: Peer } : import('simple-peer/simplepeer.min.js'),
      ]);
      if (!this.#parts) return; // closed meanwhile
      const pairs = new WebRtcPairs(this.#parts, module);
      this.#stopListening?.();
      this.#pairs = pairs;
      pairs.want(this.#wanted);
      for (const entry of this.#early) pairs.heard(entry);
    } catch (cause) {
      const message = 'WebRTC could not be loaded; traffic stays on the relay';
      this.#parts?.events.onError(null, new ClusterError('webrtc-failed', message, { cause }));
      this.#loading = false;
    }
    this.#early = [];
  }
}
