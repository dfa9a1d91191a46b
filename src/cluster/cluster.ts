/// <reference lib="esnext.disposable" preserve="true" />
import type { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Role } from '../protocol/members.ts';
import type { PathKind } from '../transports/transport.ts';

/**
 * `joining`: not found the room yet. `initializing`: running `init`. `online`: taking part. `suspect`: leadership
 * cannot be proved from here. `left`: over, for good.
 */
export type ClusterState = 'joining' | 'initializing' | 'online' | 'suspect' | 'left';

export interface Leader {
  readonly id: PeerId;
  /** The fencing token: grows with each leadership. */
  readonly term: number;
  readonly info: Json;
  readonly isSelf: boolean;
}

export interface Member {
  readonly id: PeerId;
  /**
   * `voter`: has a say in who leads. `learner`: follows, and gets a vote when it is its turn. `witness`: the server itself,
   * which votes, never leads, and hears no messages. Everyone votes where no quorum is needed. A change of votes shows when
   * it is done.
   */
  readonly role: Role;
  readonly isLeader: boolean;
  readonly isSelf: boolean;
  readonly info: Json;
  /** `null`: no path at the moment. */
  readonly path: 'self' | PathKind | null;
  /** The round trip of the session with it, in milliseconds; `null` until measured. */
  readonly rttMs: number | null;
  /** False where the member is known by discovery but does not answer. */
  readonly reachable: boolean;
  readonly visible: boolean;
  readonly host: string;
}

/** One leadership, as the work run by `whileLeader` sees it. */
export interface Lead {
  readonly term: number;
  /** Aborts before anyone else can lead, where the elector promises so (F1). */
  readonly signal: AbortSignal;
  /** What the leader before published last, or `undefined`. */
  readonly published: Json | undefined;
  /** Throws `not-leader` unless this member leads in this term at this very moment. */
  check(): void;
}

export interface ConflictParty {
  readonly id: PeerId;
  readonly term: number;
  readonly info: Json;
  readonly published: Json | undefined;
}

export type ClusterEvents = {
  /** A leader is known, another one leads, or (`null` in `leader`) there is none. */
  leader: { readonly leader: Leader | null; readonly term: number | null };
  /** The members changed in any way: who, path, role, info. */
  members: { readonly members: ReadonlyMap<PeerId, Member> };
  state: { readonly state: ClusterState };
  discovery: { readonly discovery: 'connecting' | 'online' | 'offline' };
  /** The leader published something. */
  published: { readonly value: Json };
  /** `available()`: two groups met, and one of their leaders stepped down. */
  conflict: { readonly winner: ConflictParty; readonly loser: ConflictParty };
  /** Where nobody listens, the console tells of it. */
  error: ClusterError;
};

export interface Snapshot {
  readonly id: PeerId;
  readonly state: ClusterState;
  readonly discovery: 'connecting' | 'online' | 'offline';
  readonly leader: Leader | null;
  readonly isLeader: boolean;
  readonly members: ReadonlyMap<PeerId, Member>;
  readonly published: Json | undefined;
}

/** Plain messages under a name of the application's own: JSON values or bytes. */
export interface Channel<T = Json | Uint8Array> {
  /**
   * Resolves when no more than a window is left to be acknowledged before the end of the message: await it, and a slow
   * receiver slows the sender down. Rejects with `unknown-peer`, `too-large`, `peer-reset` or `left`. The value is copied
   * within the call: what becomes of it afterwards changes nothing.
   */
  send(to: PeerId, value: T): Promise<void>;
  /** To every other reachable member; resolves when all of them took it or are gone. Else rejects as `send` does. */
  broadcast(value: T): Promise<void>;
  on(run: (value: T, from: PeerId) => void): () => void;
}

export interface Cluster {
  /** Fresh for every cluster, and again when a page comes back out of the back/forward cache. */
  readonly id: PeerId;
  readonly room: string;
  readonly state: ClusterState;
  readonly discovery: 'connecting' | 'online' | 'offline';
  readonly leader: Leader | null;
  /** Reads the lease at this moment. */
  readonly isLeader: boolean;
  readonly members: ReadonlyMap<PeerId, Member>;
  /**
   * `quorum()`: for how long the leader may lead without hearing from anybody, in milliseconds, as it announced last. `null`:
   * no leader is known, or leaders have no leases.
   */
  readonly leaseMs: number | null;
  /**
   * `quorum()`: the signaling server does not remember this room, and until it founds it, within so many milliseconds, nobody
   * leads: for somebody may still do whom it does not know. `null`: the room is founded. A server that keeps its data, or was
   * started with `--fresh`, founds at once.
   */
  readonly foundsInMs: number | null;
  readonly published: Json | undefined;
  /**
   * Counts what was dropped. `badMessages`: malformed, of another version, or not their sender's to send, whoever that was;
   * each `bad-message` error says why, in a word as well: `malformed`, `stranger`, `other-epoch`, `term-jump` or
   * `impossible`. `otherEpoch`: of an epoch of the room that this member is not in yet, or any more, which is no error.
   */
  readonly counters: { readonly badMessages: number; readonly otherEpoch: number };
  /**
   * Attaches a listener and returns its undo. Never replays what happened before. All listeners hear all events in the
   * order in which things happened; `left` is the last state, and only an `error` can come after it. What a listener
   * throws is an uncaught error of the program, and harms neither the others nor the cluster.
   */
  on<Name extends keyof ClusterEvents>(name: Name, run: (event: ClusterEvents[Name]) => void): () => void;
  /** Resolves when online; rejects when `init` fails or the cluster leaves. Aborting `signal` ends only this wait. */
  ready(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Runs `work` once per term that this member leads, from the moment in which it does: until the first `await` of `work`
   * nobody else is told. Settles when `signal` aborts or the cluster leaves.
   */
  whileLeader(work: (lead: Lead) => unknown, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Leader only (`not-leader`): replaces the published value. `too-large` above 64 KiB of JSON. */
  publish(value: Json): void;
  /**
   * Leader only (`not-leader`): hands over to `to` or to the first in line; settles when this member leads no more.
   * Whoever has only just been met needs a few round trips to be in line, and gets up to `handoverMs` for it; then, or
   * at once where no candidate has a path to here, it rejects with `no-successor`, and the work goes on.
   */
  transfer(to?: PeerId): Promise<void>;
  /**
   * Says goodbye and ends: within the call, unless this member leads and has work running. Never rejects; calling it
   * again returns the same promise.
   */
  leave(): Promise<void>;
  channel<T = Json | Uint8Array>(name: string): Channel<T>;
  /**
   * What the others may know of this member. `too-large` above what the server takes: 1 KiB of JSON, unless it says
   * otherwise; under `tabs()`, 64 KiB. It throws that; or tells it by `error`, where the server had not said yet.
   */
  setInfo(info: Json): void;
  setPriority(priority: number): void;
  /** Runs `run` after every event: whenever `snapshot()` may have changed. Returns its undo. */
  subscribe(run: () => void): () => void;
  /** The same object until something changes. */
  snapshot(): Snapshot;
  [Symbol.asyncDispose](): Promise<void>;
}
