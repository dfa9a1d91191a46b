import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';

/** The errors that several calls of a cluster have in common. */

export function left(): ClusterError {
  return new ClusterError('left', 'the cluster has been left; make a new one with createCluster');
}

export function notLeader(what: string): ClusterError {
  return new ClusterError('not-leader', `${what}: this member does not lead`);
}

export function over(): ClusterError {
  return notLeader('this leadership is over');
}

export function initFailed(cause: unknown): ClusterError {
  return new ClusterError('init-failed', 'init threw: see the cause; the cluster left', { cause });
}

export function notLoaded(cause: unknown): ClusterError {
  return new ClusterError(
    'connect-failed',
    'its code was not loaded: load the page again (a service worker needs all in one file)',
    { cause },
  );
}

export function workFailed(cause: unknown): ClusterError {
  return new ClusterError('work-failed', 'the work of whileLeader threw: see the cause', { cause });
}

export function unknownPeer(id: PeerId): ClusterError {
  return new ClusterError('unknown-peer', `no other member has the id ${id}; look into cluster.members`);
}

/** Where the platform refuses what members talk by. */
export function silenced(cause: unknown): ClusterError {
  const message = 'this page may not talk to others here: is it sandboxed, or are its cookies blocked? See the cause';
  return new ClusterError('storage-failed', message, { cause });
}
