import { createCluster, quorum, type Cluster } from 'bellwether';
import { openLog } from 'bellwether/log';
import { memoryNetwork } from 'bellwether/testing';
import { entryBytes, rate, type Rate } from './throughput.ts';

const ids = ['a', 'b', 'c'];
const warmUpMs = 500;
const measureMs = 800;
/** The application's own state takes the place of the entries so often, as it does in a program that runs for long. */
const compactEvery = 50_000;

/** Resolves with the one that leads. */
export function leaderOf(clusters: readonly Cluster[]): Promise<Cluster> {
  return new Promise((resolve) => {
    for (const cluster of clusters) cluster.on('leader', ({ leader }) => leader?.isSelf && resolve(cluster));
  });
}

/** Entries a second through `openLog().append` of the leader, of three clusters over the memory transport. */
export async function appended(inFlight: number): Promise<Rate> {
  const memory = memoryNetwork();
  const elector = quorum({ voters: ids });
  const clusters = ids.map((id) => createCluster({ room: 'bench', network: memory.network({ id }), elector }));
  const leader = await leaderOf(clusters);
  const log = openLog<string>(leader);
  const [value, isOver] = ['x'.repeat(entryBytes - 3), new AbortController()];
  let committed = 0;

  async function client(): Promise<void> {
    while (!isOver.signal.aborted) {
      const index = await log.append(value);
      committed++;
      if (index !== null && committed % compactEvery === 0)
        await Promise.all(clusters.map((one) => compact(one, index)));
    }
  }

  const clients = Array.from({ length: inFlight }, client);
  const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));
  try {
    await rate(wait, () => committed, warmUpMs);
    return await rate(wait, () => committed, measureMs);
  } finally {
    isOver.abort();
    await Promise.all(clients);
    await Promise.all(clusters.map((cluster) => cluster.leave()));
  }
}

/** Every member puts the state in the place of what it has read by then. */
async function compact(cluster: Cluster, index: number): Promise<void> {
  const log = openLog(cluster);
  await log.read();
  await log.compact(index, 'state');
}
