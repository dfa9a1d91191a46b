import type { Platform, Undo } from '../../platform/platform.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { TokenBucket } from '../../core/token-bucket.ts';
import type { Backoff } from '../../signaling/backoff.ts';
import type { SimplePeer } from './simple-peer.ts';
import type { TransportEvents } from '../transport.ts';
import type { Lent } from './lent.ts';
import { WebRtcPath } from './path.ts';
import { type ConnectionSignal, type WebRtcSignal, readConnectionSignal } from './signal.ts';

export interface WebRtcParts {
  readonly peer: PeerId;
  /** The smaller id makes the offers. */
  readonly initiator: boolean;
  readonly platform: Platform;
  readonly events: TransportEvents;
  readonly lent: Lent;
  readonly send: (signal: WebRtcSignal) => void;
  readonly makePeer: (initiator: boolean) => Promise<SimplePeer>;
}

const connectTimeoutMs = 15_000;
/** A connection that ends sooner is no reason to try again at once: it may never have carried anything. */
const stableMs = 60_000;
/** An honest connection takes a few dozen at most. */
const maxSignalsPerConnection = 200;
const offersPerSecond = 0.5;
const offerBurst = 5;

/** One connection from its first signal to its end. */
interface Connection {
  readonly id: string;
  readonly madeMs: number;
  /** Signals that arrive before the peer is made: that waits for the ICE servers. */
  readonly early: ConnectionSignal[];
  /** What was said to open it, as long as the other side says nothing about it. */
  readonly offered: ConnectionSignal[];
  /** So many were heard. */
  signals: number;
  peer: SimplePeer | null;
  path: WebRtcPath | null;
  cancelTimeout: Undo;
}

/**
 * The data channel to one member, made anew with backoff whenever it ends, for as long as either side wants it. One
 * connection at a time; its number, drawn by the initiator, keeps late signals of an earlier one out. With a connection
 * ends what the other side wanted of it: whoever wants another one says so, again and again, and who has gone does not.
 */
export class WebRtcPair {
  readonly #parts: WebRtcParts;
  readonly #backoff: Backoff;
  readonly #offers: TokenBucket;
  #wanted = false;
  /** As far as it was said since the last connection ended. */
  #wantedThere = false;
  #connection: Connection | null = null;
  #lost: string | null = null;
  #cancelRetry: Undo | null = null;
  #closed = false;

  constructor(parts: WebRtcParts) {
    this.#parts = parts;
    this.#backoff = new parts.lent.Backoff(parts.platform.randomBytes);
    this.#offers = new parts.lent.TokenBucket(offersPerSecond, offerBurst);
  }

  /** It is not wanted here, and none is under way. */
  get idle(): boolean {
    return !this.#wanted && this.#connection === null;
  }

  setWanted(wanted: boolean): void {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.#say(wanted, null);
    this.#reconsider();
  }

  heard(signal: WebRtcSignal): void {
    if (signal.type === 'signal') return this.#heardSignal(signal.connection, signal.signal);
    this.#wantedThere = signal.want;
    if (signal.lost !== null && signal.lost === this.#connection?.id) this.#end(this.#connection);
    else if (signal.want) this.#offerAgain();
    this.#reconsider();
  }

  /** Signals were lost meanwhile. */
  signalingIsBack(): void {
    if (this.#connection?.path || !this.#wanted) return;
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    if (this.#connection) this.#end(this.#connection);
    this.#ask();
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry?.();
    const connection = this.#connection;
    this.#connection = null;
    if (connection) this.#dispose(connection);
  }

  #reconsider(): void {
    if (!this.#wanted && !this.#wantedThere) {
      this.#cancelRetry?.();
      this.#cancelRetry = null;
      if (this.#connection) this.#end(this.#connection);
      return;
    }
    if (this.#connection === null && this.#cancelRetry === null) this.#ask();
  }

  /** Makes an offer, or asks for one. */
  #ask(): void {
    if (this.#parts.initiator) {
      // What another one asks for is bounded; it asks again.
      if (this.#wanted || this.#offers.take(1, this.#nowMs())) this.#begin(this.#freshId(), true);
      return;
    }
    if (!this.#wanted) return; // who wants it will say so
    this.#say(true, this.#lost);
    this.#retryLater();
  }

  #say(want: boolean, lost: string | null): void {
    this.#parts.send({ type: 'want', want, lost });
  }

  /** Whoever asks for a connection may not have been there when the one that is under way was offered. */
  #offerAgain(): void {
    const connection = this.#connection;
    if (!this.#parts.initiator || connection === null || connection.signals > 0) return;
    if (connection.offered.length === 0 || !this.#offers.take(1, this.#nowMs())) return;
    for (const signal of connection.offered) this.#parts.send({ type: 'signal', connection: connection.id, signal });
  }

  #heardSignal(id: string, signal: ConnectionSignal): void {
    if (signal.type === 'offer' && !this.#parts.initiator) {
      if (id === this.#connection?.id) return; // offered again
      this.#heardOffer(id);
    }
    const connection = this.#connection;
    if (connection?.id !== id || ++connection.signals > maxSignalsPerConnection) return;
    if (connection.peer === null) connection.early.push(signal);
    else this.#give(connection.peer, signal);
  }

  #heardOffer(id: string): void {
    if (!this.#offers.take(1, this.#nowMs())) return;
    this.#wantedThere = true;
    if (this.#connection) this.#end(this.#connection);
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#begin(id, false);
  }

  #begin(id: string, initiator: boolean): void {
    const cancelTimeout = this.#parts.platform.timers.after(connectTimeoutMs, () =>
      this.#fail(connection, `no data channel within ${connectTimeoutMs / 1000} s`),
    );
    const connection: Connection = {
      id,
      madeMs: this.#nowMs(),
      early: [],
      offered: [],
      signals: 0,
      peer: null,
      path: null,
      cancelTimeout,
    };
    this.#connection = connection;
    void this.#open(connection, initiator);
  }

  async #open(connection: Connection, initiator: boolean): Promise<void> {
    try {
      const peer = await this.#parts.makePeer(initiator);
      if (connection !== this.#connection) return peer.destroy();
      connection.peer = peer;
      this.#listen(connection, peer);
      for (const signal of connection.early.splice(0)) this.#give(peer, signal);
    } catch (error) {
      this.#fail(connection, 'it could not be begun', error);
    }
  }

  #listen(connection: Connection, peer: SimplePeer): void {
    const current = (): boolean => connection === this.#connection;
    peer.on('signal', (value) => {
      const signal = readConnectionSignal(value);
      if (!current() || signal === null) return;
      if (connection.signals === 0) connection.offered.push(signal);
      this.#parts.send({ type: 'signal', connection: connection.id, signal });
    });
    peer.on('connect', () => {
      if (current()) this.#connected(connection, peer);
    });
    peer.on('data', (data) => {
      // simple-peer hands out Buffers, whose slice() is no copy and whose toString() is not ours.
      const frame = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      if (current() && connection.path) this.#parts.events.onFrame(connection.path, frame);
    });
    peer.on('error', (error) => this.#fail(connection, error.message, error));
    peer.on('close', () => this.#ended(connection));
  }

  #connected(connection: Connection, peer: SimplePeer): void {
    connection.cancelTimeout();
    const giveUp = (): void => this.#ended(connection);
    connection.path = new WebRtcPath(peer, this.#parts.peer, this.#parts.platform.timers, giveUp);
    this.#parts.events.onPath(connection.path);
    // The offer came before this side asked for it; without this, the other one might end it as its own alone.
    if (!this.#parts.initiator && this.#wanted) this.#say(true, null);
  }

  #give(peer: SimplePeer, signal: ConnectionSignal): void {
    try {
      peer.signal(signal);
    } catch (error) {
      // It is being destroyed, or the signal is nonsense: the connection ends by itself or by its timeout.
      this.#error('a signal was refused', error);
    }
  }

  #fail(connection: Connection, reason: string, cause?: unknown): void {
    if (connection !== this.#connection) return;
    if (connection.path === null && !isClosedThere(cause)) this.#error(reason, cause);
    this.#ended(connection);
  }

  /** It is over, and is made anew after a while, if it is wanted here; or when it is asked for. */
  #ended(connection: Connection): void {
    if (connection !== this.#connection) return;
    if (connection.path !== null && this.#nowMs() - connection.madeMs >= stableMs) this.#backoff.worked();
    this.#wantedThere = false;
    this.#end(connection);
    if (this.#wanted) this.#retryLater();
  }

  #end(connection: Connection): void {
    this.#connection = null;
    this.#lost = connection.id;
    this.#dispose(connection);
    if (connection.path !== null) this.#parts.events.onPathClosed(connection.path);
  }

  #dispose({ cancelTimeout, peer, path }: Connection): void {
    cancelTimeout();
    if (path) path.end();
    else peer?.destroy();
  }

  #retryLater(): void {
    if (this.#closed) return;
    this.#cancelRetry?.();
    this.#cancelRetry = this.#parts.platform.timers.after(this.#backoff.nextMs(), () => {
      this.#cancelRetry = null;
      if (this.#connection === null) this.#ask();
    });
  }

  #error(reason: string, cause: unknown): void {
    const message = `no data channel to ${this.#parts.peer}: ${reason}; traffic stays on the relay`;
    const error = new this.#parts.lent.ClusterError('webrtc-failed', message, cause === undefined ? {} : { cause });
    this.#parts.events.onError(this.#parts.peer, error);
  }

  #freshId(): string {
    return [...this.#parts.platform.randomBytes(8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  #nowMs(): number {
    return this.#parts.platform.clock.monotonicMs();
  }
}

/**
 * The other end closed it, as one does that leaves while it connects, by an ABORT of its user (RFC 9260, section 3.3.10.12):
 * Chromium tells of that as of an error of the data channel.
 */
function isClosedThere(cause: unknown): boolean {
  return (cause as { readonly sctpCauseCode?: unknown } | undefined)?.sctpCauseCode === 12;
}
