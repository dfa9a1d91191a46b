import type { Election } from '../electors/elector.ts';
import type { Cluster } from './cluster.ts';

/** Under this name add-ons find what the application does not see. */
export const electionOf: unique symbol = Symbol('election');

export interface WithElection {
  /** Resolves when the election has begun; rejects with `left`, or why it never began. */
  [electionOf](): Promise<Election>;
}

/** The running election of a cluster that `createCluster` made. Throws a `TypeError` for anything else. */
export function electionOfCluster(call: string, cluster: Cluster): () => Promise<Election> {
  const run = (cluster as Partial<WithElection> | null)?.[electionOf];
  if (typeof run !== 'function') throw new TypeError(`${call}: the cluster must be one that createCluster returned`);
  return () => run.call(cluster as Cluster & WithElection);
}
