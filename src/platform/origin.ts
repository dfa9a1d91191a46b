import type { Opening } from './begin-origin.ts';
import type { Counters } from './counters.ts';
import { indexedCounters } from './indexed-counters.ts';
import type { Locks } from './locks.ts';
import type { Platform } from './platform.ts';
import { webLocks } from './web-locks.ts';

// What the pages of one origin share, made of what the runtime has: here, so that only those who use it load it.

/** `undefined` where there are none, as on pages served over plain http. */
export function locksOf({ locks }: Platform): Locks | undefined {
  return locks && 'query' in locks ? webLocks(locks) : locks;
}

/** `opening`: of `beginOrigin`. */
export function countersOf({ counters, clock, timers }: Platform, opening?: Opening): Counters | undefined {
  return typeof counters === 'function'
    ? indexedCounters({ factory: counters, begun: opening, clock, timers })
    : counters;
}
