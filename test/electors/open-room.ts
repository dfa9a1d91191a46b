import { createCluster, quorum, type Cluster, type ClusterOptions, type QuorumOptions } from 'bellwether';
import { openLog, type Log } from 'bellwether/log';
import {
  memoryNetwork,
  virtualClock,
  type MemoryNetwork,
  type VirtualClock,
  type VirtualPlatform,
} from 'bellwether/testing';

/** A member that came by itself, and all that it has seen. */
export interface Guest {
  readonly cluster: Cluster;
  readonly platform: VirtualPlatform;
  readonly log: Log<unknown, unknown>;
  readonly read: string[];
  readonly notes: string[];
}

export interface OpenRoom {
  readonly clock: VirtualClock;
  readonly memory: MemoryNetwork;
  /** All that were started and are not lost. */
  readonly guests: Set<Guest>;
  join(options?: Partial<ClusterOptions>): Guest;
  /** Joins so many, and waits until all of them have a vote. The leader comes first. */
  gather(count: number, options?: Partial<ClusterOptions>): Promise<readonly Guest[]>;
  /** Waits until all name the same leader, which leads. */
  agree(): Promise<Guest>;
  /** And until so many of them have a vote. */
  settle(voters: number): Promise<Guest>;
  /** What a promise comes to, and the time that it takes. */
  time<T>(work: Promise<T>): Promise<T>;
  crash(guest: Guest, options?: { readonly hint?: boolean }): void;
}

/** A room of quorum() to which members come and from which they go, in memory and in virtual time: 5 ms to anyone. */
export function openRoom({ seed = 1, ...options }: QuorumOptions & { readonly seed?: number } = {}): OpenRoom {
  const clock = virtualClock({ seed });
  const memory = memoryNetwork({ clock, delayMs: 5 });
  const guests = new Set<Guest>();
  const elector = quorum(options);

  const join: OpenRoom['join'] = (clusterOptions = {}) => {
    const platform = clock.platform();
    const network = memory.network({ platform });
    const cluster = createCluster({ room: 'room', network, elector, ...clusterOptions });
    const guest: Guest = { cluster, platform, log: openLog(cluster), read: [], notes: [] };
    guests.add(guest);
    void note(guest);
    return guest;
  };

  const agree: OpenRoom['agree'] = async () => {
    await clock.runUntil(() => leaderOf([...guests]) !== null);
    return leaderOf([...guests]) as Guest;
  };

  const settle: OpenRoom['settle'] = async (voters) => {
    const hasVotes = (): boolean => [...guests].every(({ cluster }) => votersOf(cluster).length === voters);
    await clock.runUntil(() => leaderOf([...guests]) !== null && hasVotes());
    return leaderOf([...guests]) as Guest;
  };

  return {
    clock,
    memory,
    guests,
    join,
    agree,
    settle,
    async gather(count, clusterOptions) {
      for (let at = 1; at <= count; at++) join(clusterOptions);
      const leader = await settle(count);
      return [leader, ...[...guests].filter((guest) => guest !== leader)];
    },
    async time(work) {
      let isDone = false;
      void work.catch(() => {}).finally(() => (isDone = true));
      await clock.runUntil(() => isDone);
      return work;
    },
    crash(guest, how) {
      guests.delete(guest);
      memory.crash(guest.cluster.id, how);
    },
  };
}

export function votersOf(cluster: Cluster): readonly string[] {
  return [...cluster.members.values()].filter(({ role }) => role === 'voter').map(({ id }) => id);
}

/** The one that leads, and that all name. */
function leaderOf(guests: readonly Guest[]): Guest | null {
  const [leader, ...more] = guests.filter(({ cluster }) => cluster.isLeader);
  if (leader === undefined || more.length > 0) return null;
  return guests.every(({ cluster }) => cluster.leader?.id === leader.cluster.id) ? leader : null;
}

async function note({ cluster, log, read, notes }: Guest): Promise<void> {
  cluster.on('leader', ({ leader }) => notes.push(leader ? 'a leader' : 'nobody leads'));
  cluster.on('error', ({ code }) => notes.push(`error ${code}`));
  void cluster.whileLeader(({ signal }) => {
    notes.push('works');
    signal.addEventListener('abort', () => notes.push('stops'));
  });
  try {
    for await (const item of log.entries()) {
      read.push(item.type === 'entry' ? String(item.value) : `snapshot ${String(item.state)}`);
    }
    read.push('the end');
  } catch (error) {
    read.push(`thrown ${(error as { readonly code?: string }).code}`);
  }
}
