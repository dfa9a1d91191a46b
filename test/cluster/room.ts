import { createCluster, type Cluster, type ClusterEvents, type ClusterOptions } from 'bellwether';
import {
  memoryNetwork,
  virtualClock,
  type MemoryNetwork,
  type MemoryNetworkOptions,
  type VirtualClock,
  type VirtualPlatform,
} from 'bellwether/testing';
import { MemoryCounters } from '../../src/platform/memory-counters.ts';
import { LockKeeper } from '../../src/platform/memory-locks.ts';

/** A member with its runtime, and everything that its cluster has said since it was made. */
export interface Participant {
  readonly cluster: Cluster;
  readonly platform: VirtualPlatform;
  events<Name extends keyof ClusterEvents>(name: Name): readonly ClusterEvents[Name][];
}

export interface Room {
  readonly clock: VirtualClock;
  readonly memory: MemoryNetwork;
  join(options?: Partial<ClusterOptions>): Participant;
  /** Joins so many, and waits until they agree. The leader comes first. */
  gather(count: number, options?: Partial<ClusterOptions>): Promise<readonly Participant[]>;
}

const names = ['leader', 'members', 'state', 'discovery', 'published', 'conflict', 'error'] as const;

/** A room in memory and in virtual time, 5 ms from anyone to anyone, and 1 ms to the keeper of the locks that all share. */
export function room(options: Omit<MemoryNetworkOptions, 'clock'> & { readonly seed?: number } = {}): Room {
  const { seed = 1, ...medium } = options;
  const clock = virtualClock({ seed });
  const memory = memoryNetwork({ clock, delayMs: 5, ...medium });
  const keeper = new LockKeeper();
  const counters = new MemoryCounters();

  const join = (clusterOptions: Partial<ClusterOptions> = {}): Participant => {
    const platform = clock.platform();
    const carry = (run: () => void): void => void platform.timers.after(1, run);
    const locks = keeper.page({ to: carry, from: carry });
    const network = memory.network({ platform: { ...platform, locks, counters } });
    const cluster = createCluster({ room: 'room', network, ...clusterOptions });
    const seen: { name: keyof ClusterEvents; event: unknown }[] = [];
    for (const name of names) cluster.on(name, (event) => seen.push({ name, event }));
    return {
      cluster,
      platform,
      events: (name) => seen.filter((one) => one.name === name).map(({ event }) => event) as never,
    };
  };

  return {
    clock,
    memory,
    join,
    async gather(count, clusterOptions) {
      const all = Array.from({ length: count }, () => join(clusterOptions));
      await clock.runUntil(() => agreed(all.map(({ cluster }) => cluster)));
      // The followers know their leader; a few trips later the leader knows its followers.
      await clock.advance(100);
      return all.toSorted((one, other) => Number(other.cluster.isLeader) - Number(one.cluster.isLeader));
    },
  };
}

/** Exactly one leads, all name it, and all see all. */
export function agreed(clusters: readonly Cluster[]): boolean {
  const leaders = clusters.filter((cluster) => cluster.isLeader);
  return (
    leaders.length === 1 &&
    clusters.every(
      (cluster) =>
        cluster.leader?.id === leaders[0]?.id &&
        clusters.every((other) => cluster.members.get(other.id)?.reachable === true),
    )
  );
}

/** What a test takes for granted. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the test expected something here');
  return value;
}
