/** For tests of applications, and for authors of transports and discoveries: a network in memory, and a virtual clock. */
export { cuttable, type Cuttable } from './testing/cuttable.ts';
export {
  memoryNetwork,
  type MemoryMemberOptions,
  type MemoryNetwork,
  type MemoryNetworkOptions,
} from './testing/memory-network.ts';
export {
  virtualClock,
  type VirtualClock,
  type VirtualPlatform,
  type VirtualPlatformOptions,
} from './platform/virtual.ts';
export type { ContractCase } from './testing/contract.ts';
export { discoveryContract, type DiscoveryRig } from './testing/discovery-contract.ts';
export { storageContract, type StorageRig } from './testing/storage-contract.ts';
export { transportContract, type TransportRig } from './testing/transport-contract.ts';
export type {
  DiscoveredMember,
  Discovery,
  DiscoveryEvents,
  DiscoveryStatus,
  View,
  ViewChange,
} from './discovery/discovery.ts';
export type { Lane, Path, PathKind, Transport, TransportEvents } from './transports/transport.ts';
export { Clocks } from './driver/clocks.ts';
export type { Platform } from './platform/platform.ts';
export { MemoryDisk, type MemoryDiskOptions } from './platform/memory-storage.ts';
export type { Storage, StorageBatch, Stored, StoredSnapshot, StoragePlace } from './platform/storage.ts';
