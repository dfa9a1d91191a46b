import type { Elector, LazyElector } from './elector.ts';

/**
 * Elects so that every group of members that can talk to each other has a leader: during a partition each side has its
 * own, and they merge when it heals, with a `conflict` event. For those who would rather have two leaders than none.
 *
 * Its code is loaded while a cluster looks for its room: whoever takes another elector never loads it.
 */
export function lazyAvailable(): LazyElector {
  return {
    name: 'available',
    charter: { elector: 'available' },
    load: async (): Promise<Elector> => (await import('./available.ts')).available(),
  };
}
