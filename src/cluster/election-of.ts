import type { Election } from '../electors/elector.ts';
import type { Cluster } from './cluster.ts';

/** What add-ons find in a cluster, and the application does not see. */
export interface WithElection {
  /** Resolves when the election has begun; rejects with `left`, or why it never began. */
  runningElection(): Promise<Election>;
}

/** The running election of a cluster that `createCluster` made. Throws a `TypeError` for anything else. */
export function electionOfCluster(call: string, cluster: Cluster): () => Promise<Election> {
  const { runningElection } = (cluster ?? {}) as Partial<WithElection>;
  if (typeof runningElection === 'function') return () => runningElection.call(cluster);
  throw new TypeError(`${call}: the cluster must be one that createCluster returned`);
}
