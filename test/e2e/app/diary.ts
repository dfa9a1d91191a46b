import type { ClusterError, Json } from 'bellwether';
import type { Cluster, ClusterState, ConflictParty, Lead } from '../../../src/cluster/cluster.ts';

export interface Leadership {
  readonly id: string;
  readonly term: number;
}

/** One event of the cluster, with the time at which it was heard: milliseconds since 1970, with fractions. */
export type Seen = { readonly at: number } & (
  | { readonly name: 'leader'; readonly leader: Leadership | null }
  | { readonly name: 'state'; readonly state: ClusterState }
  | { readonly name: 'discovery'; readonly discovery: Cluster['discovery'] }
  | { readonly name: 'role'; readonly role: string }
  | { readonly name: 'published'; readonly value: Json | undefined }
  | { readonly name: 'conflict'; readonly winner: ConflictParty; readonly loser: ConflictParty }
  | { readonly name: 'error'; readonly code: string; readonly message: string }
);

/** One leadership as `whileLeader` ran it. */
export interface Work extends Leadership {
  readonly published: Json | undefined;
  readonly startedAt: number;
  abortedAt: number | null;
  /** Whether somebody else was known to lead, or this member still did, in the very moment of the abort. */
  leaderAtAbort: Leadership | null;
}

/** What a page tells the site that served it, which outlives the page. */
export interface ToldWork {
  readonly room: string;
  readonly work: Work;
}

/** One message that arrived: bytes are told by their length and a sum. */
export interface Received {
  readonly at: number;
  readonly channel: string;
  readonly from: string;
  readonly value: Json | { readonly bytes: number; readonly sum: number };
}

export interface Diary {
  readonly seen: readonly Seen[];
  readonly works: readonly Work[];
  readonly received: readonly Received[];
  /** What `check()` of the newest leadership throws at this moment, by its code; `null`: nothing. */
  check(): string | null;
}

/** Writes down what the cluster tells, from now on. `keep` is told of each work when it starts and when it has stopped. */
export function keepDiary(cluster: Cluster, keep: (work: Work) => void = () => {}): Diary {
  const seen: Seen[] = [];
  const works: Work[] = [];
  const received: Received[] = [];
  let newest: Lead | undefined;
  cluster.on('leader', ({ leader }) => seen.push({ at: now(), name: 'leader', leader: leadershipOf(leader) }));
  cluster.on('state', ({ state }) => seen.push({ at: now(), name: 'state', state }));
  cluster.on('discovery', ({ discovery }) => seen.push({ at: now(), name: 'discovery', discovery }));
  let ownRole = '';
  cluster.on('members', ({ members }) => {
    const role = members.get(cluster.id)?.role ?? '';
    if (role === ownRole) return;
    ownRole = role;
    seen.push({ at: now(), name: 'role', role });
  });
  cluster.on('published', ({ value }) => seen.push({ at: now(), name: 'published', value }));
  cluster.on('conflict', ({ winner, loser }) => seen.push({ at: now(), name: 'conflict', winner, loser }));
  cluster.on('error', ({ code, message }) => seen.push({ at: now(), name: 'error', code, message }));
  for (const channel of ['chat', 'bulk', 'stream']) {
    cluster.channel(channel).on((value, from) => {
      received.push({ at: now(), channel, from, value: value instanceof Uint8Array ? summed(value) : value });
    });
  }
  void cluster.whileLeader(async (lead) => {
    const { term, published, signal } = lead;
    newest = lead;
    const work: Work = { id: cluster.id, term, published, startedAt: now(), abortedAt: null, leaderAtAbort: null };
    works.push(work);
    keep(work);
    await aborted(signal, () => {
      work.abortedAt = now();
      work.leaderAtAbort = leadershipOf(cluster.leader);
      keep(work);
    });
  });
  return { seen, works, received, check: () => codeOf(() => newest?.check()) };
}

function codeOf(run: () => void): string | null {
  try {
    run();
    return null;
  } catch (error) {
    return (error as ClusterError).code;
  }
}

/** Milliseconds since 1970 on the monotonic clock, comparable between the processes of one machine. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

export function leadershipOf(leader: Leadership | null): Leadership | null {
  return leader && { id: leader.id, term: leader.term };
}

/**
 * Bytes that differ from place to place, and the sum of every 97th of them and the last: enough to tell that a chunk is
 * missing, doubled or out of order, and quick enough to hold up no page.
 */
export function numberedBytes(count: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(count / 4));
  for (let at = 0; at < words.length; at++) words[at] = Math.imul(at, 0x9e3779b1);
  return new Uint8Array(words.buffer, 0, count);
}

export function summed(bytes: Uint8Array): { bytes: number; sum: number } {
  let sum = bytes.at(-1) ?? 0;
  for (let at = 0; at < bytes.byteLength; at += 97) sum = (Math.imul(sum, 31) + (bytes[at] as number)) >>> 0;
  return { bytes: bytes.byteLength, sum };
}

/** `note` is called in the moment of the abort; what waits for it goes on when all listeners of `pagehide` have run. */
function aborted(signal: AbortSignal, note: () => void): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      note();
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
