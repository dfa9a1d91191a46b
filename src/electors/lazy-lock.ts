import type { LazyElector, PreparedElector } from './elector.ts';
import { type ElectByLock, type LockElectorOptions, lockOf } from './lock-elector.ts';

/** What elects by locks, and what elects where there are none. */
export interface LateLock {
  readonly electByLock: ElectByLock;
  readonly withoutLocks: Pick<LazyElector, 'load'>;
}

/**
 * `lock()`, its code loaded when a cluster is to elect by it: meanwhile the browser opens what it elects by. What elects
 * where there are no locks is loaded after that, and nowhere else.
 */
export function lazyLock(load: () => Promise<LateLock>, options: LockElectorOptions): PreparedElector {
  const elect: ElectByLock = (elector, room, parts) => ({
    ...elector,
    async load() {
      const found = (await load()).electByLock(elector, room, parts);
      return 'load' in found ? found.load() : found;
    },
  });
  return lockOf(elect, { load: async () => (await load()).withoutLocks.load() }, options);
}
