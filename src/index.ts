/** One leader for a group of tabs, browsers or processes. */
export { createCluster } from './cluster/create-cluster.ts';
export type {
  Channel,
  Cluster,
  ClusterEvents,
  ClusterState,
  ConflictParty,
  Lead,
  Leader,
  Member,
  Snapshot,
} from './cluster/cluster.ts';
export type { ClusterOptions } from './cluster/options.ts';
export type { Lazy } from './cluster/lazy.ts';
export type { MemberStorage, Network, NetworkContext, NetworkParts } from './cluster/network.ts';
export { talkOver, type Talk } from './cluster/talk.ts';
export type { AnyElector, Elector, LazyElector } from './electors/elector.ts';
export { lazyAvailable as available } from './electors/lazy-available.ts';
export { lock } from './electors/lock.ts';
export type { LockElectorOptions } from './electors/lock-elector.ts';
export { quorum, type QuorumOptions } from './electors/quorum.ts';
export { ClusterError, type ClusterErrorCode } from './protocol/errors.ts';
export type { PeerId } from './protocol/ids.ts';
export type { Json } from './protocol/json.ts';
