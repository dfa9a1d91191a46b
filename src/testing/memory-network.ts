import { platform as runtime } from '#platform';
import type { Network } from '../cluster/network.ts';
import { OwnStorage } from '../cluster/own-storage.ts';
import { talkOver } from '../cluster/talk.ts';
import { Clocks } from '../driver/clocks.ts';
import { MemoryRooms } from '../discovery/memory.ts';
import { available } from '../electors/available.ts';
import { pausable, type Pausable } from '../platform/pausable.ts';
import type { Platform } from '../platform/platform.ts';
import type { StoragePlace } from '../platform/storage.ts';
import type { VirtualClock } from '../platform/virtual.ts';
import type { PeerId } from '../protocol/ids.ts';
import { MemoryMedium, type MemoryMediumOptions } from '../transports/memory.ts';

export interface MemoryNetworkOptions extends MemoryMediumOptions {
  /** Time goes by only as this clock is told. Default: real time. */
  readonly clock?: VirtualClock;
  /** How long a member that vanished stays in the view. Default 30,000 ms. */
  readonly graceMs?: number;
}

export interface MemoryNetwork {
  /** For `createCluster`. Every cluster made with it is a member of its own. */
  network(options?: MemoryMemberOptions): Network;
  /** Cuts both directions between two members. Discovery goes on. */
  cut(one: PeerId, other: PeerId): void;
  cutOneWay(from: PeerId, to: PeerId): void;
  /** Only members of the same group hear each other; those that are in none are a group as well. */
  partition(...groups: readonly (readonly PeerId[])[]): void;
  /** Undoes every cut and partition. */
  heal(): void;
  /** Ends a member without a word. With a hint (the default), discovery sees its connection close. */
  crash(id: PeerId, options?: { readonly hint?: boolean }): void;
  /** Stops a member's time; what is sent to it waits. */
  freeze(id: PeerId): void;
  thaw(id: PeerId): void;
  /** Discovery goes away, and forgets. */
  stopDiscovery(): void;
  restartDiscovery(): void;
}

export interface MemoryMemberOptions {
  /** The runtime of that member. Default: a new one on the network's clock, else the real one. */
  readonly platform?: Platform;
  /** A member that keeps its id: the `voters` of `quorum()` are named so. Default: fresh for every cluster. */
  readonly id?: PeerId;
  /** What it must not forget under that id, such as a `MemoryDisk`. Default: it forgets. */
  readonly storage?: StoragePlace;
}

/** Rooms within one process, for tests: real time or virtual, and every fault that a network has. */
export function memoryNetwork(options: MemoryNetworkOptions = {}): MemoryNetwork {
  const { clock, graceMs } = options;
  const shared = clock?.platform({ host: 'memory' }) ?? runtime;
  const medium = new MemoryMedium({ random: randomOf(shared), ...options });
  const rooms = new MemoryRooms({
    platform: shared,
    ...(typeof options.delayMs === 'number' ? { delayMs: options.delayMs } : {}),
    ...(graceMs === undefined ? {} : { graceMs }),
  });
  const lives = new Map<Platform, Pausable>();
  const members = new Map<PeerId, Pausable>();

  return {
    network: ({ platform: given, id, storage } = {}) => ({
      name: 'memory',
      ...(id !== undefined && { id }),
      elector: available(),
      platform() {
        const life = pausable(given ?? clock?.platform() ?? runtime);
        lives.set(life.platform, life);
        return life.platform;
      },
      open({ room, self, platform, charter }) {
        const life = lives.get(platform);
        if (life) members.set(self, life);
        const clocks = new Clocks(platform.clock);
        const discovery = rooms.discovery({ room, charter, platform, clocks });
        return {
          discovery,
          clocks,
          talk: talkOver([medium.transport(platform)], discovery.witness),
          ...(storage && { storage: new OwnStorage(storage, self) }),
        };
      },
    }),
    cut: (one, other) => medium.cut(one, other),
    cutOneWay: (from, to) => medium.cutOneWay(from, to),
    partition: (...groups) => medium.partition(groups),
    heal: () => medium.heal(),
    crash(id, how) {
      members.get(id)?.pause();
      medium.unplug(id);
      rooms.crash(id, how);
    },
    freeze: (id) => members.get(id)?.pause(),
    thaw: (id) => members.get(id)?.resume(),
    stopDiscovery: () => rooms.stop(),
    restartDiscovery: () => rooms.restart(),
  };
}

/** Numbers in [0, 1). */
function randomOf(platform: Platform): () => number {
  return () => (platform.randomBytes(4).reduce((number, byte) => number * 256 + byte, 0) + 0.5) / 2 ** 32;
}
