import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Neighbour } from '../protocol/members.ts';
import type { Lane, Path, Transport } from '../transports/transport.ts';
import { type Links, type LinksOptions, type LinkState, mostMessageBytes } from './links.ts';
import { encodeMessage } from './message.ts';
import type { Pairing } from './pairing.ts';
import { Session, type SessionOptions } from './session.ts';
import { Sessions } from './sessions.ts';
import { WantedPaths } from './wanted-paths.ts';

/** Over whatever paths there are, of which any may lose, repeat or reorder frames. Starts its transports when made. */
export class SessionLinks implements Links {
  readonly #options: LinksOptions & SessionOptions;
  readonly #sessions: Sessions<Session>;
  /** All that are open, with the rank of their transport. */
  readonly #paths = new Map<Path, number>();
  #wanted: ReadonlySet<PeerId> = new Set();
  #near: ReadonlySet<PeerId> = new Set();
  /** Whether there is a transport for the members of one host. */
  readonly #hasNear: boolean;
  readonly paths: WantedPaths;
  #closed = false;

  constructor(options: LinksOptions) {
    const { self, platform, transports } = options;
    this.#options = { maxMessageBytes: mostMessageBytes, ...options };
    this.#sessions = new Sessions({
      self,
      clock: platform.clock,
      open: (peer, pairing) => this.#open(peer, pairing),
      bad: (peer, reason) => this.#bad(peer, reason),
    });
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
    await this.#sessions.with(to).send(encodeMessage(topic, value), lane);
  }

  setMembers(members: readonly Neighbour[]): void {
    if (this.#closed) return;
    const own = members.find(({ id }) => id === this.#options.self);
    if (this.#hasNear) this.#near = new Set(members.filter(({ host }) => host === own?.host).map(({ id }) => id));
    this.#sessions.setMembers(members);
    this.paths.setMembers(members);
    this.#wantPaths();
  }

  /** Says to which members a path that has to be opened first (WebRTC) is worth it. */
  want(peers: ReadonlySet<PeerId>): void {
    this.#wanted = peers;
    this.#wantPaths();
  }

  state(peer: PeerId): LinkState | undefined {
    return this.#sessions.all.get(peer)?.state();
  }

  /** What is urgent and unconfirmed goes out once more on every path. */
  goodbye(): void {
    for (const session of this.#sessions.all.values()) session.goodbye();
    this.close();
  }

  /** Closes without a word. Waiting sends reject with `left`. */
  close(): void {
    this.#closed = true;
    this.paths.close();
    this.#sessions.close();
    for (const transport of this.#options.transports) transport.close();
    this.#paths.clear();
  }

  #start(transport: Transport, rank: number): void {
    transport.start(this.#options.self, {
      onPath: (path) => {
        this.#paths.set(path, rank);
        if (!this.#isAstray(path, rank)) this.#sessions.all.get(path.peer)?.pathOpened(path, rank);
      },
      onPathClosed: (path) => {
        this.#paths.delete(path);
        this.#sessions.all.get(path.peer)?.pathClosed(path);
      },
      onFrame: (path, frame) => {
        if (!this.#isAstray(path, rank))
          return this.#sessions.hear(path.peer, frame.byteLength, (session) => session.frame(path, frame));
        this.#bad(path.peer, 'a frame by a way that only members of one host have');
      },
      onError: (peer, error) => this.#options.events.onError(peer, error),
    });
  }

  /** Of a member that is known not to be there. Strangers may turn out to be. */
  #isAstray({ peer }: Path, rank: number): boolean {
    const isForNear = this.#options.transports[rank]?.only === 'near';
    return isForNear && this.#sessions.all.has(peer) && !this.#near.has(peer);
  }

  #bad(peer: PeerId, reason: string): void {
    this.#options.events.onError(peer, new ClusterError('bad-message', reason));
  }

  #open(peer: PeerId, pairing: Pairing): Session {
    const session = new Session(peer, this.#options, pairing);
    for (const [path, rank] of this.#paths) if (path.peer === peer) session.pathOpened(path, rank);
    return session;
  }

  /** A path that costs something to open is opened only to members that are wanted, and have no better one. */
  #wantPaths(): void {
    if (this.#closed) return;
    const members = [...this.#sessions.all.keys()];
    const near = new Set(members.filter((peer) => this.#near.has(peer)));
    const wanted = new Set(members.filter((peer) => this.#wanted.has(peer) && !near.has(peer)));
    const sets = { near, wanted, all: new Set(members) };
    for (const transport of this.#options.transports) transport.want(sets[transport.only ?? 'all']);
  }
}
