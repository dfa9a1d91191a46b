import type { Elector, LazyElector } from './elector.ts';
import { byLock, type ElectByLock, type LockElectorOptions, lockParts } from './lock-elector.ts';

/** What elects by locks, and what elects where there are none. */
export interface LateLock {
  readonly electByLock: ElectByLock;
  readonly withoutLocks: () => Promise<Pick<Elector, 'start'>>;
}

/**
 * `lock()`, its code loaded when a cluster is to elect by it: meanwhile the browser opens what it elects by. What elects
 * where there are no locks is loaded after that, and nowhere else.
 */
export function lazyLock(load: () => Promise<LateLock>, options: LockElectorOptions): LazyElector {
  return {
    ...byLock,
    async load(platform, room) {
      const parts = lockParts(platform, options);
      const { electByLock, withoutLocks } = await load();
      return parts ? electByLock(byLock, room, parts) : { ...(await withoutLocks()), ...byLock };
    },
  };
}
