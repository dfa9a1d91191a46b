import type { Platform } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Lane, Path, Transport } from '../transports/transport.ts';
import { encodeMessage } from './message.ts';
import { Pairing } from './pairing.ts';
import type { LinkState } from './link-state.ts';
import { Session, type SessionEvents, type SessionOptions } from './session.ts';
import { Strangers } from './strangers.ts';
import { WantedPaths } from './wanted-paths.ts';

export type { Lane } from '../transports/transport.ts';

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
  /**
   * Whether a direct path to that member may be worth it where pages of one host reach each other without. When that
   * changes, call `paths.changed`. Default: it is.
   */
  readonly isWorthIt?: (peer: PeerId) => boolean;
  /** Largest message either way, in bytes with its topic. Default 64 MiB. */
  readonly maxMessageBytes?: number;
}

/** Former members of whom is remembered which sessions are over. */
const maxFormer = 1024;

/**
 * The sessions with all members, over whatever paths there are. Starts its transports when made. No event is ever
 * called from within a call to these methods.
 */
export class Links {
  readonly #options: LinksOptions & SessionOptions;
  readonly #sessions = new Map<PeerId, Session>();
  /** All that are open, with the rank of their transport. */
  readonly #paths = new Map<Path, number>();
  readonly #strangers = new Strangers();
  /** Of members that left: they may come back. */
  readonly #former = new Map<PeerId, Pairing>();
  #wanted: ReadonlySet<PeerId> = new Set();
  #near: ReadonlySet<PeerId> = new Set();
  /** Whether there is a transport for the members of one host. */
  readonly #hasNear: boolean;
  /** Which direct paths are worth it. */
  readonly paths: WantedPaths;
  #closed = false;

  constructor(options: LinksOptions) {
    this.#options = { maxMessageBytes: 64 * 1024 * 1024, ...options };
    this.#hasNear = options.transports.some(({ only }) => only === 'near');
    this.paths = new WantedPaths({
      timers: options.platform.timers,
      isWorthIt: (peer) => !this.#hasNear || options.isWorthIt?.(peer) !== false,
      want: (peers) => this.want(peers),
    });
    options.transports.forEach((transport, rank) => this.#start(transport, rank));
  }

  /**
   * Resolves when no more than a window is left to be acknowledged before the end of the message; bytes must not change
   * until then. Rejects with `unknown-peer`, `too-large`, `peer-reset` or `left`, and with a `TypeError` or `RangeError`
   * for what is not JSON, or nested too deep.
   */
  async send(to: PeerId, topic: string, value: Json | Uint8Array, lane: Lane): Promise<void> {
    if (this.#closed) throw new ClusterError('left', 'the cluster has been left');
    const session = this.#sessions.get(to);
    if (session === undefined) throw new ClusterError('unknown-peer', `no member has the id ${to} (any more)`);
    await session.send(encodeMessage(topic, value), lane);
  }

  /**
   * Says who may have a session, this member itself left aside, and who of them is of its own host. Sessions with all
   * others end, without `onReset`. Tell whoever listens to `onMessage` of new members in the same turn: their first words
   * may be here already.
   */
  setMembers(peers: ReadonlySet<PeerId>, near: ReadonlySet<PeerId> = new Set()): void {
    if (this.#closed) return;
    if (this.#hasNear) this.#near = near;
    for (const [peer, session] of this.#sessions) {
      if (peers.has(peer)) continue;
      this.#sessions.delete(peer);
      session.close('unknown-peer', 'it is a member no more');
      this.#former.set(peer, session.pairing);
      const [oldest] = this.#former.keys();
      if (this.#former.size > maxFormer && oldest !== undefined) this.#former.delete(oldest);
    }
    for (const peer of peers) if (peer !== this.#options.self && !this.#sessions.has(peer)) this.#open(peer);
    this.#wantPaths();
  }

  /** Says to which members a path that has to be opened first (WebRTC) is worth it. */
  want(peers: ReadonlySet<PeerId>): void {
    this.#wanted = peers;
    this.#wantPaths();
  }

  /** Undefined for one that there is no session with. */
  state(peer: PeerId): LinkState | undefined {
    return this.#sessions.get(peer)?.state();
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
    this.paths.close();
    for (const session of this.#sessions.values()) session.close('left', 'the cluster has been left');
    for (const transport of this.#options.transports) transport.close();
    this.#sessions.clear();
    this.#paths.clear();
  }

  #start(transport: Transport, rank: number): void {
    transport.start(this.#options.self, {
      onPath: (path) => {
        this.#paths.set(path, rank);
        if (!this.#isAstray(path, rank)) this.#sessions.get(path.peer)?.pathOpened(path, rank);
      },
      onPathClosed: (path) => {
        this.#paths.delete(path);
        this.#sessions.get(path.peer)?.pathClosed(path);
      },
      onFrame: (path, frame) => {
        if (!this.#isAstray(path, rank)) return this.#frame(path, frame);
        this.#options.events.onBadFrame(path.peer, 'a frame by a way that only members of one host have');
      },
      onError: (peer, error) => this.#options.events.onTransportError(peer, error),
    });
  }

  /** Of a member that is known not to be there. Strangers may turn out to be. */
  #isAstray({ peer }: Path, rank: number): boolean {
    const isForNear = this.#options.transports[rank]?.only === 'near';
    return isForNear && this.#sessions.has(peer) && !this.#near.has(peer);
  }

  #frame(path: Path, frame: Uint8Array): void {
    const session = this.#sessions.get(path.peer);
    if (session !== undefined) return session.frame(path, frame);
    for (const peer of this.#strangers.hold(path, frame, this.#options.platform.clock.monotonicMs()))
      this.#options.events.onBadFrame(peer, 'a frame from somebody who is not a member');
  }

  #open(peer: PeerId): void {
    const session = new Session(peer, this.#options, this.#former.get(peer) ?? new Pairing());
    this.#former.delete(peer);
    this.#sessions.set(peer, session);
    for (const [path, rank] of this.#paths) if (path.peer === peer) session.pathOpened(path, rank);
    const early = this.#strangers.release(peer, this.#options.platform.clock.monotonicMs());
    queueMicrotask(() => {
      for (const { path, frame } of early) session.frame(path, frame);
    });
  }

  /** A path that costs something to open is opened only to members that are wanted, and have no better one. */
  #wantPaths(): void {
    if (this.#closed) return;
    const members = [...this.#sessions.keys()];
    const near = new Set(members.filter((peer) => this.#near.has(peer)));
    const wanted = new Set(members.filter((peer) => this.#wanted.has(peer) && !near.has(peer)));
    const sets = { near, wanted, all: new Set(members) };
    for (const transport of this.#options.transports) transport.want(sets[transport.only ?? 'all']);
  }
}
