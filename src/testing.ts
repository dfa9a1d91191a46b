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
