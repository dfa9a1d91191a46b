import type { Cluster, Json } from 'bellwether';

/** Changes a part of what this page says of itself, and leaves the rest as it is. */
export function amendInfo(cluster: Cluster, change: Readonly<Record<string, Json>>): void {
  cluster.setInfo({ ...(Object(cluster.members.get(cluster.id)?.info) as Record<string, Json>), ...change });
}
