import { createCluster, quorum } from 'bellwether';
import { memoryNetwork, MemoryDisk } from 'bellwether/testing';
import { until } from '../../e2e/stage/member.ts';
import { type Program, startProgram } from '../../e2e/stage/node.ts';
import { type Line, openLine } from '../../e2e/stage/line.ts';
import { freePorts } from '../../peering/ports.ts';
import { nowMs, spied } from './spied.ts';
import { Voter, type VoterNews } from './voter.ts';

export const ids: readonly string[] = ['a', 'b', 'c'];

/** Voters a, b and c, somewhere. */
export interface Voters {
  /** What a message takes at least, from one to another. */
  readonly oneWayMs: number;
  /** Also again, after a crash. */
  start(id: string): Promise<void>;
  /** Ends it without a word; returns when that was. */
  crash(id: string): number;
  /** Of all that run. */
  news(): Promise<readonly VoterNews[]>;
  roundTripMs(from: string, to: string): Promise<number>;
  /** Returns when the leader was told to; `null`: it goes on leading. */
  transfer(from: string, to: string): Promise<number | null>;
  end(): Promise<void>;
}

/** In this process, over the memory transport. */
export function memoryVoters(oneWayMs: number): Voters {
  const memory = memoryNetwork({ delayMs: oneWayMs });
  const elector = quorum({ voters: ids });
  const running = new Map<string, Voter>();
  const disks = new Map(ids.map((id) => [id, new MemoryDisk()]));
  const voter = (id: string): Voter => running.get(id) as Voter;
  return {
    oneWayMs,
    async start(id) {
      const make: ConstructorParameters<typeof Voter>[1] = (onBeat) => {
        const network = memory.network({ id, storage: disks.get(id) as MemoryDisk });
        return createCluster({ room: 'bench', network, elector: spied(elector, onBeat) });
      };
      running.set(id, new Voter(id, make));
    },
    crash(id) {
      memory.crash(id, { hint: false });
      running.delete(id);
      const atMs = nowMs();
      disks.set(id, (disks.get(id) as MemoryDisk).copy());
      return atMs;
    },
    news: async () => [...running.values()].map((one) => one.news()),
    roundTripMs: (from, to) => voter(from).roundTripMs(to),
    transfer: async (from, to) => voter(from).transfer(to),
    async end() {
      await Promise.all([...running.values()].map((one) => one.leave()));
    },
  };
}

/** Each in a process of its own under `folder`, over WebSockets on lines of `oneWayMs`. 0: straight over the loopback. */
export async function processVoters(folder: string, oneWayMs: number): Promise<Voters> {
  const ports = await freePorts(ids.length);
  const direct = new Map(ids.map((id, at) => [id, `ws://127.0.0.1:${ports[at]}`]));
  const lines: Line[] = [];
  for (const url of oneWayMs === 0 ? [] : direct.values()) lines.push(await openLine(url, { delayMs: oneWayMs }));
  const peers = Object.fromEntries(ids.map((id, at) => [id, lines[at]?.url ?? direct.get(id)]));
  const running = new Map<string, Program>();
  const ask = async <T>(id: string, name: string, ...args: readonly unknown[]): Promise<T> =>
    (running.get(id) as Program).ask(name, ...args);
  return {
    oneWayMs,
    async start(id) {
      const options = { id, listen: { port: ports[ids.indexOf(id)] }, peers, dataDir: `${folder}/${id}` };
      running.set(id, await startProgram('test/bench/core/process.ts', options));
    },
    crash(id) {
      running.get(id)?.process.child.kill('SIGKILL');
      running.delete(id);
      return nowMs();
    },
    news: () => Promise.all([...running.keys()].map((id) => ask<VoterNews>(id, 'news'))),
    roundTripMs: (from, to) => ask(from, 'roundTripMs', to),
    transfer: (from, to) => ask(from, 'transfer', to),
    async end() {
      await Promise.all([...running.values()].map(({ process }) => process.end('SIGKILL')));
      await Promise.all(lines.map((line) => line.close()));
    },
  };
}

/** Waits until one leads, and all of `count` take it for the leader; the leader comes first. */
export async function agreement(voters: Voters, count: number = ids.length): Promise<readonly VoterNews[]> {
  const all = await until(
    `${count} voters agree`,
    () => voters.news(),
    (news) => {
      const leading = news.filter(({ isLeader }) => isLeader);
      return news.length === count && leading.length === 1 && news.every(({ leader }) => leader === leading[0]?.id);
    },
  );
  return all.toSorted((one, other) => Number(other.isLeader) - Number(one.isLeader));
}
