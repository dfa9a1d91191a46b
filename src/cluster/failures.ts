import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';

/** The errors that several calls of a cluster have in common. */

export function left(): ClusterError {
  return new ClusterError('left', 'the cluster has been left; make a new one with createCluster');
}

export function notLeader(what: string): ClusterError {
  return new ClusterError('not-leader', `${what}: this member does not lead`);
}

export function unknownPeer(id: PeerId): ClusterError {
  return new ClusterError('unknown-peer', `no other member has the id ${id}; look into cluster.members`);
}
