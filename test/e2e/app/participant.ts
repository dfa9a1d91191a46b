import { available, createCluster, type Json, quorum, type QuorumOptions } from 'bellwether';
import { cuttable } from 'bellwether/testing';
import { tabs } from 'bellwether/tabs';
import { web } from 'bellwether/web';
import type { Cluster, ClusterState } from '../../../src/cluster/cluster.ts';
import type { SocketConstructor } from '../../../src/platform/platform.ts';
import {
  keepDiary,
  type Leadership,
  leadershipOf,
  now,
  numberedBytes,
  type Received,
  type Seen,
  summed,
  type Work,
} from './diary.ts';
import { notePauses, type Pause } from './pauses.ts';
import { watchSockets } from './watched-sockets.ts';

/** What a test asks of a new member; plain data, as it travels into pages and child processes. */
export interface ParticipantOptions {
  readonly url: string;
  readonly room: string;
  readonly info?: Json;
  readonly priority?: number;
  readonly minMembers?: number;
  /** Without the server: among the tabs of one browser, by `lock()`. */
  readonly tabs?: boolean;
  /** With `tabs`: elects by `available()`, and not by `lock()`. */
  readonly available?: boolean;
  /** Elects by `quorum()` with these options. Default: `available()`. */
  readonly quorum?: QuorumOptions;
  /** Of `tabs()`. */
  readonly preferVisible?: boolean;
  /** Never hears the server's hints about sockets that closed. */
  readonly hintless?: boolean;
}

export interface Report {
  readonly id: string;
  readonly state: ClusterState;
  readonly discovery: Cluster['discovery'];
  readonly leader: Leadership | null;
  readonly isLeader: boolean;
  readonly leaseMs: number | null;
  readonly published: Json | undefined;
  readonly badMessages: number;
  readonly members: readonly {
    readonly id: string;
    readonly role: string;
    readonly path: string | null;
    readonly host: string;
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
  /** When it was held up: nothing is noted of a tab that elects by `lock()`, where little runs by timers. */
  pauses(): readonly Pause[];
  received(): readonly Received[];
  /** What `lead.check()` of its newest leadership throws at this moment, by its code; `null`: nothing. */
  check(): string | null;
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
  /** Cuts every path to these members, as a pulled cable would: nobody is told. Adds to the cut before. */
  cut(peers: readonly string[]): void;
  heal(): void;
  /** Closes the socket to the signaling server under the cluster. */
  dropSocket(): void;
}

export interface ParticipantParts {
  readonly WebSocket: SocketConstructor;
  /** What `@roamhq/wrtc` exports, in Node. */
  readonly wrtc?: unknown;
  /** Keeps what each leadership was, where it outlives the page. */
  readonly keep?: (work: Work) => void;
}

/** Joins a room and writes down all that happens. */
export function participate(options: ParticipantOptions, parts: ParticipantParts): Participant {
  const sockets = watchSockets(parts.WebSocket, { hintless: options.hintless ?? false });
  const leaving = new AbortController();
  const { network, cut, heal } = cuttable(
    options.tabs
      ? tabs({ preferVisible: options.preferVisible ?? true })
      : web({ url: options.url, WebSocket: sockets.WebSocket, ...(parts.wrtc ? { wrtc: parts.wrtc as never } : {}) }),
  );
  const elects = !options.tabs || options.available;
  const createdAt = now();
  const cluster = createCluster({
    room: options.room,
    network,
    ...(elects && { elector: options.quorum ? quorum(options.quorum) : available() }),
    info: options.info ?? null,
    priority: options.priority ?? 0,
    minMembers: options.minMembers ?? 1,
    signal: leaving.signal,
  });
  const { seen, works, received, check } = keepDiary(cluster, parts.keep);
  const pauses = elects ? notePauses(() => cluster.state !== 'left') : () => [];
  return {
    id: cluster.id,
    report: () => reportOf(cluster),
    seen: () => seen,
    works: () => works,
    pauses,
    received: () => received,
    check,
    times: () => ({ createdAt, openedAt: sockets.openedAt }),
    now,
    publish: (value) => cluster.publish(value),
    transfer: (to) => cluster.transfer(to),
    leave: () => cluster.leave(),
    abort: () => leaving.abort(),
    cut,
    heal,
    dropSocket: sockets.drop,
    ...senders(cluster),
  };
}

function senders(cluster: Cluster): Pick<Participant, 'send' | 'sendBytes' | 'startStream' | 'stopStream'> {
  let stream: { timer: ReturnType<typeof setInterval>; sends: Promise<void>[] } | null = null;
  return {
    send: (channel, to, value) => cluster.channel(channel).send(to, value),
    sendBytes: async (channel, to, count) => {
      const bytes = numberedBytes(count);
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
  };
}

function reportOf(cluster: Cluster): Report {
  return {
    id: cluster.id,
    state: cluster.state,
    discovery: cluster.discovery,
    leader: leadershipOf(cluster.leader),
    isLeader: cluster.isLeader,
    leaseMs: cluster.leaseMs,
    published: cluster.published,
    badMessages: cluster.counters.badMessages,
    members: [...cluster.members.values()].map(({ id, role, path, host, rttMs, reachable, isLeader, info }) => ({
      id,
      role,
      path,
      host,
      rttMs,
      reachable,
      isLeader,
      info,
    })),
  };
}
