import { platform as runtime } from '#platform';
import type { Cluster } from './cluster.ts';
import { checkClusterOptions, type ClusterOptions } from './options.ts';
import { RunningCluster } from './running-cluster.ts';

/**
 * Makes this program a member of a room, which elects one leader. Returns at once and joins by itself; listeners
 * attached in the same turn miss nothing.
 *
 * A page that goes (`pagehide`) leaves the room. If it comes back, out of the back/forward cache, it joins again as a
 * new member: the same cluster under a fresh `id`.
 *
 * @throws TypeError or RangeError for wrong options, naming the option and what it may be.
 */
export function createCluster(options: ClusterOptions): Cluster {
  checkClusterOptions(options);
  return new RunningCluster(options, options.network.platform?.() ?? runtime);
}
