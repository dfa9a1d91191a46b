import { available } from './available.ts';
import type { Elector } from './elector.ts';

/**
 * What elects in the place of `lock()` where there are no locks: as `available()` does, and in terms above the seconds since
 * 1970, so that they go on also when all pages were closed, as far as the wall clock does.
 */
export function availableWithoutLocks(): Elector {
  const elector = available();
  return {
    ...elector,
    start(options) {
      // By a clock that was never set there are terms as well, and the lower one is the older, as for all.
      const termsAbove = Math.max(1, Math.floor(options.platform.clock.wallMs() / 1_000));
      return elector.start({ ...options, termsAbove });
    },
  };
}
