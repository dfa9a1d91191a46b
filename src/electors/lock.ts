import type { LazyElector } from './elector.ts';
import { electByLock } from './lock-election.ts';
import { checkOptions } from '../protocol/options.ts';
import { byLock, type LockElectorOptions, lockElectorRules, lockParts } from './lock-elector.ts';
import { availableWithoutLocks } from './without-locks.ts';

/**
 * Elects one of the pages of one browser: whoever has an exclusive lock, and shows that it runs (L1). They lead in the
 * order in which they came.
 *
 * Browsers have no such locks on pages served over plain http. There the pages agree by what they hear of each other, as
 * under `available()`, and promise what it promises: two of them may lead while they do not hear each other. Their terms are
 * above the seconds since 1970.
 *
 * @throws TypeError for wrong options.
 */
export function lock(options: LockElectorOptions = {}): LazyElector {
  checkOptions('lock', options, lockElectorRules, []);
  return {
    ...byLock,
    load(platform, room) {
      const parts = lockParts(platform, options);
      return parts ? electByLock(byLock, room, parts) : { ...availableWithoutLocks(), ...byLock };
    },
  };
}
