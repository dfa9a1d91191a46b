import { createCluster, quorum, type Cluster, type ClusterOptions, type Lead } from 'bellwether';
import { openLog, type Log } from 'bellwether/log';
import {
  memoryNetwork,
  virtualClock,
  MemoryDisk,
  type MemoryNetwork,
  type VirtualClock,
  type VirtualPlatform,
} from 'bellwether/testing';

export interface Voter {
  readonly id: string;
  readonly cluster: Cluster;
  readonly platform: VirtualPlatform;
  readonly disk: MemoryDisk;
  readonly log: Log<unknown, unknown>;
  /** Everything that this member has read of the log. */
  readonly read: string[];
  /** What its work and its listeners noted. */
  readonly notes: string[];
}

export interface QuorumRoom {
  readonly clock: VirtualClock;
  readonly memory: MemoryNetwork;
  /** All that were started and not lost. */
  readonly members: Map<string, Voter>;
  start(id: string, options?: Partial<ClusterOptions> & { readonly disk?: MemoryDisk }): Voter;
  /** Starts a, b and c, or those that are named, and waits until all name the same leader. The leader comes first. */
  gather(...ids: string[]): Promise<readonly Voter[]>;
  /** Waits until those name the same leader, which leads. */
  agree(voters?: readonly Voter[]): Promise<Voter>;
  /** Ends a member without a word; what it wrote is there for whoever starts it again. */
  crash(voter: Voter): MemoryDisk;
}

/** A room of voters a, b and c in memory and in virtual time, 5 ms from anyone to anyone. */
export function quorumRoom({ seed = 1, writeMs = 0 } = {}): QuorumRoom {
  const clock = virtualClock({ seed });
  const memory = memoryNetwork({ clock, delayMs: 5 });
  const members = new Map<string, Voter>();
  const elector = quorum({ voters: ['a', 'b', 'c'] });

  const start: QuorumRoom['start'] = (id, { disk: given, ...options } = {}) => {
    const platform = clock.platform();
    const disk = given ?? new MemoryDisk({ writeMs, timers: platform.timers });
    const network = memory.network({ platform, id, storage: disk });
    const cluster = createCluster({ room: 'room', network, elector, ...options });
    const voter: Voter = { id, cluster, platform, disk, log: openLog(cluster), read: [], notes: [] };
    members.set(id, voter);
    void note(voter);
    return voter;
  };

  const agree: QuorumRoom['agree'] = async (voters = [...members.values()]) => {
    await clock.runUntil(() => agreed(voters));
    return voters.find(({ cluster }) => cluster.isLeader) as Voter;
  };

  return {
    clock,
    memory,
    members,
    start,
    agree,
    async gather(...ids) {
      const voters = (ids.length > 0 ? ids : ['a', 'b', 'c']).map((id) => start(id));
      const leader = await agree(voters);
      await clock.advance(100);
      return [leader, ...voters.filter((voter) => voter !== leader)];
    },
    crash(voter) {
      memory.crash(voter.id);
      members.delete(voter.id);
      return voter.disk.copy();
    },
  };
}

function agreed(voters: readonly Voter[]): boolean {
  const leaders = voters.filter(({ cluster }) => cluster.isLeader);
  return leaders.length === 1 && voters.every(({ cluster }) => cluster.leader?.id === leaders[0]?.id);
}

async function note(voter: Voter): Promise<void> {
  const { cluster, log, read, notes } = voter;
  cluster.on('leader', ({ leader, term }) => notes.push(leader ? `${leader.id} leads in ${term}` : 'nobody leads'));
  cluster.on('error', ({ code }) => notes.push(`error ${code}`));
  void cluster.whileLeader((lead) => work(lead, notes));
  try {
    for await (const item of log.entries()) {
      read.push(item.type === 'entry' ? String(item.value) : `snapshot ${String(item.state)}`);
    }
    read.push('the end');
  } catch {
    read.push('never began');
  }
}

function work({ term, signal }: Lead, notes: string[]): Promise<void> {
  notes.push(`works in ${term}`);
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      notes.push(`stops in ${term}`);
      reject(signal.reason as Error);
    });
  });
}
