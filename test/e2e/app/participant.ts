import { available, createCluster, type Json } from 'bellwether';
import { cuttable } from 'bellwether/testing';
import { web } from 'bellwether/web';
import type { Cluster, ClusterState, ConflictParty } from '../../../src/cluster/cluster.ts';
import type { SocketConstructor } from '../../../src/platform/platform.ts';

/** What a test asks of a new member; plain data, as it travels into pages and child processes. */
export interface ParticipantOptions {
  readonly url: string;
  readonly room: string;
  readonly info?: Json;
  readonly priority?: number;
  readonly minMembers?: number;
  /** Never hears the server's hints about sockets that closed. */
  readonly hintless?: boolean;
}

export interface Leadership {
  readonly id: string;
  readonly term: number;
}

/** One event of the cluster, with the time at which it was heard: milliseconds since 1970, with fractions. */
export type Seen = { readonly at: number } & (
  | { readonly name: 'leader'; readonly leader: Leadership | null }
  | { readonly name: 'state'; readonly state: ClusterState }
  | { readonly name: 'discovery'; readonly discovery: Cluster['discovery'] }
  | { readonly name: 'published'; readonly value: Json }
  | { readonly name: 'conflict'; readonly winner: ConflictParty; readonly loser: ConflictParty }
  | { readonly name: 'error'; readonly code: string; readonly message: string }
);

/** One leadership as `whileLeader` ran it. */
export interface Work {
  readonly term: number;
  readonly published: Json | undefined;
  readonly startedAt: number;
  abortedAt: number | null;
  /** Whether somebody else was known to lead, or this member still did, in the very moment of the abort. */
  leaderAtAbort: Leadership | null;
}

/** One message that arrived: bytes are told by their length and a sum over all of them. */
export interface Received {
  readonly at: number;
  readonly channel: string;
  readonly from: string;
  readonly value: Json | { readonly bytes: number; readonly sum: number };
}

export interface Report {
  readonly id: string;
  readonly state: ClusterState;
  readonly discovery: Cluster['discovery'];
  readonly leader: Leadership | null;
  readonly isLeader: boolean;
  readonly published: Json | undefined;
  readonly badMessages: number;
  readonly members: readonly {
    readonly id: string;
    readonly path: string | null;
    readonly rttMs: number | null;
    readonly reachable: boolean;
    readonly isLeader: boolean;
    readonly info: Json;
  }[];
}

/** A member that tests drive from outside: every method takes and returns plain data. */
export interface Participant {
  readonly id: string;
  report(): Report;
  seen(): readonly Seen[];
  works(): readonly Work[];
  received(): readonly Received[];
  /** When `createCluster` was called, and when each of its sockets opened. */
  times(): { readonly createdAt: number; readonly openedAt: readonly number[] };
  now(): number;
  publish(value: Json): void;
  transfer(to?: string): Promise<void>;
  leave(): Promise<void>;
  abort(): void;
  send(channel: string, to: string, value: Json): Promise<void>;
  /** Sends `count` bytes as one message; resolves with their sum. */
  sendBytes(channel: string, to: string, count: number): Promise<number>;
  /** Sends 0, 1, 2 … on `channel`, one every `everyMs`, until `stopStream`, which resolves with how many there were. */
  startStream(channel: string, to: string, everyMs: number): void;
  stopStream(): Promise<number>;
  /** Cuts every path to these members, as a pulled cable would: nobody is told. Replaces the cut before. */
  cut(peers: readonly string[]): void;
  heal(): void;
  /** Closes the socket to the signaling server under the cluster. */
  dropSocket(): void;
}

export interface ParticipantParts {
  readonly WebSocket: SocketConstructor;
  /** What `@roamhq/wrtc` exports, in Node. */
  readonly wrtc?: unknown;
}

/** Joins a room and writes down all that happens. */
export function participate(options: ParticipantOptions, parts: ParticipantParts): Participant {
  const seen: Seen[] = [];
  const works: Work[] = [];
  const received: Received[] = [];
  const openedAt: number[] = [];
  const sockets: { close(): void }[] = [];
  const leaving = new AbortController();

  class WatchedSocket extends parts.WebSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
      (this as unknown as EventTarget).addEventListener('open', () => openedAt.push(now()));
      if (options.hintless) this.#withholdHints();
    }

    /** Listeners are called in the order in which they were added: this one comes first. */
    #withholdHints(): void {
      (this as unknown as EventTarget).addEventListener('message', (event) => {
        const { data } = event as MessageEvent<unknown>;
        if (typeof data === 'string' && data.includes('"type":"hint"')) event.stopImmediatePropagation();
      });
    }
  }

  const { network, cut, heal } = cuttable(
    web({ url: options.url, WebSocket: WatchedSocket, ...(parts.wrtc ? { wrtc: parts.wrtc as never } : {}) }),
  );
  const createdAt = now();
  const cluster = createCluster({
    room: options.room,
    network,
    elector: available(),
    info: options.info ?? null,
    priority: options.priority ?? 0,
    minMembers: options.minMembers ?? 1,
    signal: leaving.signal,
  });
  cluster.on('leader', ({ leader }) => seen.push({ at: now(), name: 'leader', leader: plain(leader) }));
  cluster.on('state', ({ state }) => seen.push({ at: now(), name: 'state', state }));
  cluster.on('discovery', ({ discovery }) => seen.push({ at: now(), name: 'discovery', discovery }));
  cluster.on('published', ({ value }) => seen.push({ at: now(), name: 'published', value }));
  cluster.on('conflict', ({ winner, loser }) => seen.push({ at: now(), name: 'conflict', winner, loser }));
  cluster.on('error', ({ code, message }) => seen.push({ at: now(), name: 'error', code, message }));
  for (const name of ['chat', 'bulk', 'stream']) {
    cluster.channel(name).on((value, from) => {
      received.push({ at: now(), channel: name, from, value: value instanceof Uint8Array ? summed(value) : value });
    });
  }
  void cluster.whileLeader(async (lead) => {
    const work: Work = {
      term: lead.term,
      published: lead.published,
      startedAt: now(),
      abortedAt: null,
      leaderAtAbort: null,
    };
    works.push(work);
    await aborted(lead.signal);
    work.abortedAt = now();
    work.leaderAtAbort = plain(cluster.leader);
  });

  let stream: { timer: ReturnType<typeof setInterval>; sends: Promise<void>[] } | null = null;

  return {
    id: cluster.id,
    report: () => reportOf(cluster),
    seen: () => seen,
    works: () => works,
    received: () => received,
    times: () => ({ createdAt, openedAt }),
    now,
    publish: (value) => cluster.publish(value),
    transfer: (to) => cluster.transfer(to),
    leave: () => cluster.leave(),
    abort: () => leaving.abort(),
    send: (channel, to, value) => cluster.channel(channel).send(to, value),
    sendBytes: async (channel, to, count) => {
      const bytes = new Uint8Array(count);
      for (let at = 0; at < count; at++) bytes[at] = (at * 31 + (at >> 8)) & 255;
      await cluster.channel(channel).send(to, bytes);
      return summed(bytes).sum;
    },
    startStream: (channel, to, everyMs) => {
      const sends: Promise<void>[] = [];
      const timer = setInterval(() => sends.push(cluster.channel(channel).send(to, sends.length)), everyMs);
      stream = { timer, sends };
    },
    stopStream: async () => {
      if (!stream) return 0;
      clearInterval(stream.timer);
      await Promise.all(stream.sends);
      return stream.sends.length;
    },
    cut,
    heal,
    dropSocket: () => sockets.at(-1)?.close(),
  };
}

/** Milliseconds since 1970 on the monotonic clock, comparable between the processes of one machine. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

function plain(leader: Leadership | null): Leadership | null {
  return leader && { id: leader.id, term: leader.term };
}

function summed(bytes: Uint8Array): { bytes: number; sum: number } {
  let sum = 0;
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) >>> 0;
  return { bytes: bytes.byteLength, sum };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function reportOf(cluster: Cluster): Report {
  return {
    id: cluster.id,
    state: cluster.state,
    discovery: cluster.discovery,
    leader: plain(cluster.leader),
    isLeader: cluster.isLeader,
    published: cluster.published,
    badMessages: cluster.counters.badMessages,
    members: [...cluster.members.values()].map(({ id, path, rttMs, reachable, isLeader, info }) => ({
      id,
      path,
      rttMs,
      reachable,
      isLeader,
      info,
    })),
  };
}
