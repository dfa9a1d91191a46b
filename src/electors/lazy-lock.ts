import type { PreparedElector } from './elector.ts';
import { lazyAvailable } from './lazy-available.ts';
import { type ElectByLock, type LockElectorOptions, lockOf } from './lock-elector.ts';

/**
 * `lock()`, its code loaded when a cluster is to elect by it: meanwhile the browser opens what it elects by. Where there are
 * no locks, what elects without is loaded in its place.
 */
export function lazyLock(options: LockElectorOptions): PreparedElector {
  return lockOf(loaded, lazyAvailable(), options);
}

const loaded: ElectByLock = (elector, room, parts) => ({
  ...elector,
  async load() {
    const { electByLock } = await import('./lock-election.ts');
    const found = electByLock(elector, room, parts);
    return 'load' in found ? found.load() : found;
  },
});
