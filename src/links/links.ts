import type { Platform } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Lane, Path, Transport } from '../transports/transport.ts';
import { encodeMessage } from './message.ts';
import { type LinkState, Session, type SessionEvents } from './session.ts';
import { Strangers } from './strangers.ts';

export type { Lane } from '../transports/transport.ts';
export type { LinkState } from './session.ts';

export interface LinksEvents extends SessionEvents {
  /** A transport could not open a path, or failed otherwise; it goes on by itself. */
  onTransportError(peer: PeerId | null, error: ClusterError): void;
}

export interface LinksOptions {
  readonly self: PeerId;
  readonly platform: Platform;
  /** Best first: messages take the first that has a working path to the member. Started and closed by the links. */
  readonly transports: readonly Transport[];
  readonly events: LinksEvents;
  /** Largest message either way, in bytes with its topic. Default 64 MiB. */
  readonly maxMessageBytes?: number;
}

/** Former members whose sessions are remembered to be over. */
const maxFormer = 1024;

/**
 * The sessions with all members, over whatever paths there are. Starts its transports when made. No event is ever
 * called from within a call to these methods.
 */
export class Links {
  readonly #options: LinksOptions;
  readonly #maxMessageBytes: number;
  readonly #sessions = new Map<PeerId, Session>();
  /** All that are open, with the rank of their transport. */
  readonly #paths = new Map<Path, number>();
  readonly #strangers = new Strangers();
  /** What a former member sends again of an ended session must not pass for news, should it be a member once more. */
  readonly #floors = new Map<PeerId, number>();
  #wanted: ReadonlySet<PeerId> = new Set();
  #lastNumber = 0;
  #closed = false;

  constructor(options: LinksOptions) {
    this.#options = options;
    this.#maxMessageBytes = options.maxMessageBytes ?? 64 * 1024 * 1024;
    options.transports.forEach((transport, rank) => this.#start(transport, rank));
  }

  /**
   * Resolves when the message is taken in the window that the receiver granted; bytes must not change until then.
   * Rejects with `unknown-peer`, `too-large`, `peer-reset` or `left`, and with a `TypeError` or `RangeError` for what
   * is not JSON, or nested too deep.
   */
  async send(to: PeerId, topic: string, value: Json | Uint8Array, lane: Lane): Promise<void> {
    if (this.#closed) throw new ClusterError('left', 'the cluster has been left');
    const session = this.#sessions.get(to);
    if (session === undefined) throw new ClusterError('unknown-peer', `no member has the id ${to} (any more)`);
    const message = encodeMessage(topic, value);
    const bytes = message[0].byteLength + message[1].byteLength;
    if (bytes > this.#maxMessageBytes)
      throw new ClusterError(
        'too-large',
        `a message of ${bytes} bytes; at most ${this.#maxMessageBytes} are sent in one`,
      );
    await session.send(message, lane);
  }

  /**
   * Says who may have a session, this member itself left aside. Sessions with all others end, without `onReset`. Tell
   * whoever listens to `onMessage` of new members in the same turn: their first words may be here already.
   */
  setMembers(peers: ReadonlySet<PeerId>): void {
    if (this.#closed) return;
    for (const [peer, session] of this.#sessions) {
      if (peers.has(peer)) continue;
      this.#sessions.delete(peer);
      this.#rememberFloor(peer, session.close('unknown-peer', 'it is a member no more'));
    }
    for (const peer of peers) if (peer !== this.#options.self && !this.#sessions.has(peer)) this.#open(peer);
    this.#wantPaths();
  }

  /** Says to which members a path that has to be opened first (WebRTC) is worth it. */
  want(peers: ReadonlySet<PeerId>): void {
    this.#wanted = peers;
    this.#wantPaths();
  }

  state(peer: PeerId): LinkState {
    return this.#sessions.get(peer)?.state() ?? { path: null, rttMs: null };
  }

  /**
   * Sends what is urgent and unconfirmed once more on every path, says that this member is gone, and closes.
   * Synchronous: call it before leaving the discovery, which may share its socket with a path.
   */
  goodbye(): void {
    for (const session of this.#sessions.values()) session.goodbye();
    this.close();
  }

  /** Closes without a word. Waiting sends reject with `left`. */
  close(): void {
    this.#closed = true;
    for (const session of this.#sessions.values()) session.close('left', 'the cluster has been left');
    for (const transport of this.#options.transports) transport.close();
    this.#sessions.clear();
    this.#paths.clear();
  }

  #start(transport: Transport, rank: number): void {
    transport.start(this.#options.self, {
      onPath: (path) => {
        this.#paths.set(path, rank);
        this.#sessions.get(path.peer)?.pathOpened(path, rank);
      },
      onPathClosed: (path) => {
        this.#paths.delete(path);
        this.#sessions.get(path.peer)?.pathClosed(path);
      },
      onFrame: (path, frame) => this.#frame(path, frame),
      onError: (peer, error) => this.#options.events.onTransportError(peer, error),
    });
  }

  #frame(path: Path, frame: Uint8Array): void {
    if (this.#closed) return;
    const session = this.#sessions.get(path.peer);
    if (session !== undefined) return session.frame(path, frame);
    for (const peer of this.#strangers.hold(path, frame, this.#options.platform.clock.monotonicMs()))
      this.#options.events.onBadFrame(peer, 'a frame from somebody who is not a member');
  }

  #open(peer: PeerId): void {
    const { platform, events } = this.#options;
    const session = new Session({
      peer,
      platform,
      events,
      maxMessageBytes: this.#maxMessageBytes,
      floor: this.#floors.get(peer) ?? 0,
      nextNumber: () => this.#nextNumber(),
    });
    this.#sessions.set(peer, session);
    for (const [path, rank] of this.#paths) if (path.peer === peer) session.pathOpened(path, rank);
    const early = this.#strangers.release(peer, platform.clock.monotonicMs());
    queueMicrotask(() => {
      for (const { path, frame } of early) if (this.#sessions.get(peer) === session) session.frame(path, frame);
    });
  }

  #rememberFloor(peer: PeerId, floor: number): void {
    this.#floors.delete(peer);
    this.#floors.set(peer, floor);
    const [oldest] = this.#floors.keys();
    if (this.#floors.size > maxFormer && oldest !== undefined) this.#floors.delete(oldest);
  }

  /** A path that costs something to open is opened only to members that are wanted. */
  #wantPaths(): void {
    if (this.#closed) return;
    const members = new Set(this.#sessions.keys());
    const wanted = new Set([...members].filter((peer) => this.#wanted.has(peer)));
    for (const transport of this.#options.transports) transport.want(transport.kind === 'webrtc' ? wanted : members);
  }

  /** By the wall clock, so that a process that comes back under the same id starts higher than it ended. */
  #nextNumber(): number {
    this.#lastNumber = Math.max(this.#lastNumber + 1, Math.floor(this.#options.platform.clock.wallMs()), 1);
    return this.#lastNumber;
  }
}
