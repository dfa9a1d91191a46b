/**
 * `bellwether/log`: one order of entries for all members of a cluster under `quorum()`.
 *
 *     import { openLog } from 'bellwether/log';
 *
 *     const log = openLog<{ add: number }, number>(cluster);
 *     await log.append({ add: 1 }); // committed: every member reads it, at the same place, exactly once
 *
 *     let sum = 0;
 *     for await (const item of log.entries()) {
 *       sum = item.type === 'snapshot' ? item.state : sum + item.value.add;
 *     }
 */
import type { Cluster } from './cluster/cluster.ts';
import { electionOfCluster } from './cluster/election-of.ts';
import { onAbort } from './cluster/on-abort.ts';
import { assertJson } from './cluster/values.ts';
import { appendFailed, type ReplicatedLog } from './electors/replicated-log.ts';
import { ClusterError } from './protocol/errors.ts';
import type { Json } from './protocol/json.ts';
import { checkOptions, type OptionRule } from './protocol/options.ts';

/** A value at its place in the order. Places rise, and not always by one. */
export interface LogEntry<Entry> {
  readonly type: 'entry';
  readonly index: number;
  /** Of the leader that put it there. */
  readonly term: number;
  readonly value: Entry;
}

/** The application's state, in place of all entries up to `index`, that one included. */
export interface LogSnapshot<State> {
  readonly type: 'snapshot';
  readonly index: number;
  readonly state: State;
}

export interface EntriesOptions {
  /** The first index that is wanted. Default 1: all there are, or the snapshot that stands for the first of them. */
  readonly from?: number;
  /** Aborting it ends the iteration by throwing its reason. */
  readonly signal?: AbortSignal;
}

export interface Log<Entry, State> {
  /**
   * Resolves with the index when the entry is committed: it is held by a majority, and every member reads it once (Q5);
   * `null` if this member learnt it only by a snapshot that stands for it. From any member, and in the order of the
   * calls. Waits while there is no leader, or no majority has room for it: the server's witness may be full, until the
   * leader's log is compacted.
   *
   * Rejects with `not-committed`: it never was and never will be, as when 131,072 entries wait here already; with
   * `unknown`: it may be, now or later, as when the cluster was left meanwhile; with `too-large` above 1,048,575
   * characters of JSON; and with a `TypeError` for what is not JSON.
   */
  append(entry: Entry): Promise<number | null>;
  /**
   * All that is committed, in order, and then whatever comes, until the cluster is left. Each iteration reads by itself.
   * Throws `superseded` where this member had to join anew: then begin from the start, for entries may have been lost.
   * Values are as others sent them: check them where you do not trust those.
   */
  entries(options?: EntriesOptions): AsyncIterable<LogEntry<Entry> | LogSnapshot<State>>;
  /**
   * A linearizable read: resolves with the index of the last item, when all that was committed at the call can be read
   * here; 0 if there is none. Whoever has read that far is up to date. Waits while there is no leader.
   */
  read(): Promise<number>;
  /**
   * The application's state after the entry at `index`, as JSON: entries up to there are kept no longer, neither in
   * memory nor in the storage of this member, and whoever begins before it reads the state first. Call it now and then,
   * else the log grows for ever.
   */
  compact(index: number, state: State): Promise<void>;
}

const entriesRules: { readonly [Name in keyof EntriesOptions]-?: OptionRule } = {
  from: {
    mayBe: 'a whole number from 1',
    type: 'number',
    test: (value) => Number.isSafeInteger(value) && Number(value) >= 1,
  },
  signal: {
    mayBe: 'an AbortSignal',
    type: 'object',
    test: (value) => typeof (value as AbortSignal).throwIfAborted === 'function',
  },
};

/**
 * The log of that cluster: the same one, however often it is opened. `Entry` and `State` are JSON.
 *
 * @throws TypeError for a cluster that has no log: only `quorum()` gives one.
 */
export function openLog<Entry = Json, State = Json>(cluster: Cluster): Log<Entry, State> {
  const election = electionOfCluster('openLog', cluster);
  const open = async (): Promise<ReplicatedLog> => {
    const { log } = await election();
    if (!log) throw new TypeError('openLog: the elector of this cluster keeps no log; take quorum()');
    return log;
  };
  return {
    async append(entry) {
      assertJson(entry, 'append: the entry');
      const copy = structuredClone(entry);
      return (await open().catch(neverBegan)).append(copy);
    },
    entries(options = {}) {
      checkOptions('entries', options, entriesRules, []);
      return itemsOf(open, options) as AsyncIterable<LogEntry<Entry> | LogSnapshot<State>>;
    },
    read: async () => (await open()).read(),
    async compact(index, state) {
      assertJson(state, 'compact: the state');
      (await open()).compact(index, structuredClone(state));
    },
  };
}

/** The cluster was left before it elected at all: nothing was sent to anybody. */
function neverBegan(error: unknown): never {
  throw error instanceof ClusterError ? appendFailed('not-committed', error) : error;
}

async function* itemsOf(open: () => Promise<ReplicatedLog>, { from = 1, signal }: EntriesOptions): AsyncGenerator {
  const log = await open();
  for (let index = from - 1; ;) {
    signal?.throwIfAborted();
    const item = log.after(index);
    if (item) {
      yield item;
      ({ index } = item);
    } else if (log.over) return ended(log.over);
    else await more(log, signal);
  }
}

/** Leaving is no failure of whoever read; that the log is another one from now on has to be known. */
function ended(error: ClusterError): void {
  if (error.code !== 'left') throw error;
}

function more(log: ReplicatedLog, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const undos = [log.onMore(() => done()), onAbort(signal, () => done())];
    const done = (): void => {
      for (const undo of undos) undo();
      resolve();
    };
  });
}
