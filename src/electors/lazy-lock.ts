import type { PreparedElector } from './elector.ts';
import { lazyAvailable } from './lazy-available.ts';
import { type ElectByLock, type LockElectorOptions, lockOf } from './lock-elector.ts';

/**
 * `lock()`, its code loaded when a cluster is to elect by it: meanwhile the browser opens what it elects by. Where there are
 * no locks, what elects without is loaded in its place.
 *
 * @param load Loads `lock-election.ts`, by itself or together with what else is needed then.
 */
export function lazyLock(
  load: () => Promise<{ readonly electByLock: ElectByLock }>,
  options: LockElectorOptions,
): PreparedElector {
  const elect: ElectByLock = (elector, room, parts) => ({
    ...elector,
    async load() {
      const { electByLock } = await load();
      const found = electByLock(elector, room, parts);
      return 'load' in found ? found.load() : found;
    },
  });
  return lockOf(elect, lazyAvailable(), options);
}
