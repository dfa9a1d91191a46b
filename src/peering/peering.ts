import type { Platform, Socket, Undo } from '../platform/platform.ts';
import type { Listening, SocketAddress, Sockets } from '../platform/sockets.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import { type PeerHello, peerProtocolVersion } from '../protocol/peer-message.ts';
import { PeerConnection } from './connection.ts';
import type { Lives } from './lives.ts';

export interface PeeringOptions {
  readonly self: PeerId;
  readonly room: string;
  /** The URLs of all members by their ids, this one's left aside. */
  readonly urls: ReadonlyMap<PeerId, string>;
  readonly listen: SocketAddress;
  readonly sockets: Sockets;
  readonly platform: Platform;
  /** There from the moment that the storage is open, and so before `start`. */
  readonly lives: () => Lives;
}

/** What a peer says of itself. */
interface PeerMember {
  readonly info: Json;
  readonly host: string;
}

export interface PeerFacts extends PeerMember {
  readonly id: PeerId;
}

export interface PeeringListener {
  onOpen?(peer: PeerFacts): void;
  onInfo?(peer: PeerFacts): void;
  /** `bye`: it left for good. */
  onClosed?(peer: PeerId, bye: boolean): void;
  onFrame?(peer: PeerId, frame: Uint8Array): void;
  /** One of the two refuses the other, or they have not met for long. They go on trying. */
  onError?(error: ClusterError): void;
}

interface OpenConnection {
  readonly connection: PeerConnection;
  facts: PeerFacts;
}

/** The next attempt comes at some moment of this time, so that those who lost each other do not all call at once. */
const redialWithinMs = 500;
/** Who was not met by then may run nowhere, or elsewhere: from here these look the same, and whoever runs this can tell. */
const meetWithinMs = 5000;

/**
 * The sockets to all other members, which discovery and transport share: one for each, opened by the one with the
 * smaller id. The addresses are known beforehand, and whoever is not among them is refused.
 */
export class Peering {
  readonly #options: PeeringOptions;
  readonly #voters: readonly PeerId[];
  readonly #listeners = new Set<PeeringListener>();
  readonly #open = new Map<PeerId, OpenConnection>();
  /** Until they have said hello. */
  readonly #greeting = new Set<PeerConnection>();
  readonly #redials = new Map<PeerId, Undo>();
  readonly #neverMet: Set<PeerId>;
  #cancelMeeting: Undo | undefined;
  /** The last refusal by peer: each is told once, not at every attempt. The other side may refuse what this one opened. */
  readonly #refusals = new Map<PeerId | null, string>();
  #member: PeerMember = { info: null, host: '' };
  #listening: Listening | undefined;
  #over = false;

  constructor(options: PeeringOptions) {
    this.#options = options;
    this.#voters = [options.self, ...options.urls.keys()].toSorted();
    this.#neverMet = new Set(options.urls.keys());
  }

  listen(listener: PeeringListener): Undo {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Begins to listen, and then to call. Rejects with `listen-failed`. */
  async start({ info, host }: PeerMember): Promise<void> {
    const { listen, sockets, urls, self, platform } = this.#options;
    this.#member = { info, host };
    let listening: Listening;
    try {
      listening = await sockets.listen(listen, (socket) => this.#called(socket));
    } catch (cause) {
      const message = `this member cannot listen on ${listen.host}:${listen.port}: ${String((cause as Error).message)}`;
      throw new ClusterError('listen-failed', message, { cause });
    }
    if (this.#over) return void listening.close();
    this.#listening = listening;
    for (const peer of urls.keys()) if (self < peer) this.#dial(peer);
    this.#cancelMeeting = platform.timers.after(meetWithinMs, () => this.#tellNeverMet());
  }

  setInfo(info: Json): void {
    this.#member = { ...this.#member, info };
    for (const { connection } of this.#open.values()) this.#sayInfo(connection);
  }

  isOpen(peer: PeerId): boolean {
    return this.#open.has(peer);
  }

  /** Bytes that the socket to that member has taken and the network has not. */
  bufferedBytes(peer: PeerId): number {
    return this.#open.get(peer)?.connection.bufferedBytes ?? 0;
  }

  send(peer: PeerId, frame: Uint8Array): void {
    this.#open.get(peer)?.connection.send(frame);
  }

  /** Says goodbye to all. */
  leave(): void {
    for (const { connection } of this.#open.values()) connection.say({ type: 'bye' });
    this.abandon();
  }

  /** Without a word. */
  abandon(): void {
    this.#over = true;
    this.#listeners.clear();
    this.#cancelMeeting?.();
    for (const cancel of this.#redials.values()) cancel();
    for (const connection of this.#greeting) connection.end();
    for (const { connection } of this.#open.values()) connection.end();
    void this.#listening?.close();
  }

  #called(socket: Socket): void {
    if (this.#over) return socket.close();
    this.#connect(socket, null);
  }

  #dial(peer: PeerId): void {
    this.#redials.delete(peer);
    const url = this.#options.urls.get(peer);
    if (this.#over || url === undefined || this.#open.has(peer)) return;
    this.#connect(this.#options.sockets.dial(url), peer);
  }

  #redial(peer: PeerId): void {
    if (this.#over) return;
    const { platform } = this.#options;
    const [share = 0] = platform.randomBytes(1);
    this.#redials.get(peer)?.();
    this.#redials.set(
      peer,
      platform.timers.after((redialWithinMs * share) / 256, () => this.#dial(peer)),
    );
  }

  /** @param dialed Who was called; `null` if somebody called here. */
  #connect(socket: Socket, dialed: PeerId | null): void {
    const { self, platform } = this.#options;
    let peer = dialed;
    let greetedAs = this.#member;
    const connection: PeerConnection = new PeerConnection({
      socket,
      platform,
      hello: () => this.#hello((greetedAs = this.#member)),
      events: {
        hello: (hello) => {
          const refusal = this.#judge(hello, dialed);
          if (refusal !== null) return refusal;
          peer = hello.id;
          this.#opened(connection, hello, dialed);
          // What changed between the two hellos nobody was told.
          if (greetedAs !== this.#member) this.#sayInfo(connection);
          return null;
        },
        info: ({ info }) => this.#informed(peer, connection, info),
        bye: () => this.#ended(connection, peer, true, null),
        frame: (frame) => {
          this.#refusals.delete(peer); // it speaks: neither refuses the other any more
          this.#tell((listener) => listener.onFrame?.(peer as PeerId, frame));
        },
        ended: (refusal) => {
          this.#ended(connection, peer, false, refusal);
          if (peer !== null && self < peer && !this.#open.has(peer)) this.#redial(peer);
        },
      },
    });
    this.#greeting.add(connection);
  }

  #hello(member: PeerMember): PeerHello {
    const { room, self, lives } = this.#options;
    const version = peerProtocolVersion;
    return { type: 'hello', version, room, id: self, voters: this.#voters, life: lives().own, ...member };
  }

  #sayInfo(connection: PeerConnection): void {
    connection.say({ type: 'info', info: this.#member.info });
  }

  /** In words, why that peer is not the one that belongs there; `null` if it is. */
  #judge(hello: PeerHello, dialed: PeerId | null): string | null {
    const { room, urls, lives } = this.#options;
    const { id } = hello;
    if (hello.version !== peerProtocolVersion)
      return `${id} speaks version ${hello.version}, not ${peerProtocolVersion}`;
    if (hello.room !== room) return `${id} is in the room ${hello.room}, not in ${room}`;
    if (!urls.has(id)) return `${id} is none of the peers: ${this.#voters.join(', ')}`;
    if (dialed !== null && id !== dialed) return `at the address of ${dialed} is ${id}`;
    if (hello.voters.join() !== this.#voters.join())
      return `${id} was told of the peers ${hello.voters.join(', ')}, not of ${this.#voters.join(', ')}`;
    if (!lives().isSame(id, hello.life))
      return `${id} has another storage than before, so it has forgotten what it had promised: give it its own back`;
    return null;
  }

  #opened(connection: PeerConnection, { id, info, host }: PeerHello, dialed: PeerId | null): void {
    const before = this.#open.get(id);
    if (before) {
      before.connection.end();
      this.#close(before.connection, id, false);
    }
    this.#greeting.delete(connection);
    this.#neverMet.delete(id);
    const facts = { id, info, host };
    this.#open.set(id, { connection, facts });
    if (dialed === null) connection.sayHello();
    this.#tell((listener) => listener.onOpen?.(facts));
  }

  #informed(peer: PeerId | null, connection: PeerConnection, info: Json): void {
    const open = peer === null ? undefined : this.#open.get(peer);
    if (open?.connection !== connection) return;
    open.facts = { ...open.facts, info };
    const { facts } = open;
    this.#tell((listener) => listener.onInfo?.(facts));
  }

  #ended(connection: PeerConnection, peer: PeerId | null, bye: boolean, refusal: string | null): void {
    if (!this.#greeting.delete(connection) && peer !== null) this.#close(connection, peer, bye);
    if (refusal === null || this.#refusals.get(peer) === refusal) return;
    this.#refusals.set(peer, refusal);
    const who = peer === null ? 'somebody who called' : `the peer ${peer}`;
    this.#tell((listener) => listener.onError?.(new ClusterError('rejected', `no connection with ${who}: ${refusal}`)));
  }

  #tellNeverMet(): void {
    const unknown = [...this.#neverMet].filter((peer) => !this.#refusals.has(peer));
    if (unknown.length === 0) return;
    const who = unknown.map((peer) => `${peer} (${this.#options.urls.get(peer)})`).join(', ');
    const message = `no connection yet with ${who}: see that they run, and are there. This member goes on trying`;
    this.#tell((listener) => listener.onError?.(new ClusterError('connect-failed', message)));
  }

  #close(connection: PeerConnection, peer: PeerId, bye: boolean): void {
    if (this.#open.get(peer)?.connection !== connection) return;
    this.#open.delete(peer);
    this.#tell((listener) => listener.onClosed?.(peer, bye));
  }

  #tell(run: (listener: PeeringListener) => void): void {
    if (!this.#over) for (const listener of this.#listeners) run(listener);
  }
}
