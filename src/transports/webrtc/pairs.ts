import type { Platform, Undo } from '../../platform/platform.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { RelayEntry } from '../../protocol/relay-frame.ts';
import type { Relay } from '../../signaling/relay.ts';
import type { TransportEvents } from '../transport.ts';
import type { Lent } from './lent.ts';
import { WebRtcPair, type WebRtcParts } from './pair.ts';
import { decodeSignal, encodeSignal } from './signal.ts';
import { type IceServer, type SimplePeerConstructor, simplePeerOf } from './simple-peer.ts';

export interface WebRtcPairsParts {
  readonly self: PeerId;
  readonly events: TransportEvents;
  readonly relay: Pick<Relay, 'listen' | 'send'>;
  readonly platform: Platform;
  readonly iceServers?: () => Promise<readonly IceServer[]>;
  readonly wrtc?: object;
  readonly lent: Lent;
}

/** What others ask for is bounded: each connection costs memory and ports. */
const maxPairs = 64;

/** The data channels to all members that either side wants one to. */
export class WebRtcPairs {
  readonly #parts: WebRtcPairsParts;
  readonly #Peer: SimplePeerConstructor;
  readonly #pairs = new Map<PeerId, WebRtcPair>();
  readonly #stopListening: Undo;

  /** `module` is what simple-peer exports. */
  constructor(parts: WebRtcPairsParts, module: unknown) {
    this.#parts = parts;
    this.#Peer = simplePeerOf(module);
    this.#stopListening = parts.relay.listen({
      onStatus: (status) => {
        // Signals were lost meanwhile.
        if (status === 'online') for (const pair of this.#pairs.values()) pair.signalingIsBack();
      },
      onRelay: (entry) => this.heard(entry),
    });
  }

  want(peers: ReadonlySet<PeerId>): void {
    for (const peer of peers) if (peer !== this.#parts.self) this.#pair(peer).setWanted(true);
    for (const [peer, pair] of this.#pairs) if (!peers.has(peer)) pair.setWanted(false);
    this.#forgetIdle();
  }

  /** Something of `peer` came through the relay. */
  heard({ peer, port, payload }: RelayEntry): void {
    const { lent, events } = this.#parts;
    if (port !== lent.ports.signal) return;
    const signal = decodeSignal(payload, lent.parseJson);
    if (signal === null) {
      const error = new lent.ClusterError('bad-message', `a WebRTC signal of ${peer} makes no sense`);
      return events.onError(peer, error);
    }
    if (!this.#pairs.has(peer) && this.#pairs.size >= maxPairs) {
      this.#forgetIdle();
      if (this.#pairs.size >= maxPairs) return;
    }
    this.#pair(peer).heard(signal);
  }

  close(): void {
    this.#stopListening();
    for (const pair of this.#pairs.values()) pair.close();
    this.#pairs.clear();
  }

  /** Not before there is a reason to look: until then they know how much was asked of them. */
  #forgetIdle(): void {
    for (const [peer, pair] of this.#pairs) {
      if (!pair.idle) continue;
      pair.close();
      this.#pairs.delete(peer);
    }
  }

  #pair(peer: PeerId): WebRtcPair {
    const known = this.#pairs.get(peer);
    if (known !== undefined) return known;
    const pair = new WebRtcPair(this.#partsOf(peer));
    this.#pairs.set(peer, pair);
    return pair;
  }

  #partsOf(peer: PeerId): WebRtcParts {
    const { self, platform, relay, events, wrtc, iceServers, lent } = this.#parts;
    return {
      peer,
      initiator: self < peer,
      platform,
      events,
      lent,
      send: (signal) => relay.send({ peer, port: lent.ports.signal, payload: encodeSignal(signal) }, 'urgent'),
      makePeer: async (initiator) => {
        const options = { initiator, trickle: true, config: { iceServers: (await iceServers?.()) ?? [] } } as const;
        return new this.#Peer(wrtc === undefined ? options : { ...options, wrtc });
      },
    };
  }
}
