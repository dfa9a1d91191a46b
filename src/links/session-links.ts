import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Neighbour } from '../protocol/members.ts';
import type { Lane, Path, Transport } from '../transports/transport.ts';
import type { Links, LinksOptions, LinkState } from './links.ts';
import { encodeMessage } from './message.ts';
import { Pairing } from './pairing.ts';
import { Session, type SessionOptions } from './session.ts';
import { Strangers } from './strangers.ts';
import { WantedPaths } from './wanted-paths.ts';

/** Former members of whom is remembered which sessions are over. */
const maxFormer = 1024;

/** Over whatever paths there are, of which any may lose, repeat or reorder frames. Starts its transports when made. */
export class SessionLinks implements Links {
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
  readonly paths: WantedPaths;
  #closed = false;

  constructor(options: LinksOptions) {
    const { self, platform, transports } = options;
    this.#options = { maxMessageBytes: 64 * 1024 * 1024, ...options };
    this.#hasNear = transports.some(({ only }) => only === 'near');
    this.paths = new WantedPaths({
      self,
      timers: platform.timers,
      hasNear: this.#hasNear,
      want: (peers) => this.want(peers),
    });
    transports.forEach((transport, rank) => this.#start(transport, rank));
  }

  async send(to: PeerId, topic: string, value: Json | Uint8Array, lane: Lane): Promise<void> {
    if (this.#closed) throw new ClusterError('left', 'the cluster has been left');
    const session = this.#sessions.get(to);
    if (session === undefined) throw new ClusterError('unknown-peer', `no member has the id ${to} (any more)`);
    await session.send(encodeMessage(topic, value), lane);
  }

  setMembers(members: readonly Neighbour[]): void {
    if (this.#closed) return;
    const { self } = this.#options;
    const own = members.find(({ id }) => id === self);
    const peers = new Set(members.map(({ id }) => id));
    if (this.#hasNear) this.#near = new Set(members.filter(({ host }) => host === own?.host).map(({ id }) => id));
    for (const [peer, session] of this.#sessions) {
      if (peers.has(peer)) continue;
      this.#sessions.delete(peer);
      session.close('unknown-peer', 'it is a member no more');
      this.#former.set(peer, session.pairing);
      const [oldest] = this.#former.keys();
      if (this.#former.size > maxFormer && oldest !== undefined) this.#former.delete(oldest);
    }
    for (const peer of peers) if (peer !== self && !this.#sessions.has(peer)) this.#open(peer);
    this.paths.setMembers(members);
    this.#wantPaths();
  }

  /** Says to which members a path that has to be opened first (WebRTC) is worth it. */
  want(peers: ReadonlySet<PeerId>): void {
    this.#wanted = peers;
    this.#wantPaths();
  }

  state(peer: PeerId): LinkState | undefined {
    return this.#sessions.get(peer)?.state();
  }

  /** What is urgent and unconfirmed goes out once more on every path. */
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
        this.#bad(path.peer, 'a frame by a way that only members of one host have');
      },
      onError: (peer, error) => this.#options.events.onError(peer, error),
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
      this.#bad(peer, 'a frame from somebody who is not a member');
  }

  #bad(peer: PeerId, reason: string): void {
    this.#options.events.onError(peer, new ClusterError('bad-message', reason));
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
