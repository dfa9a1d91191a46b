import type { AnyElector, Election, ElectionOptions } from '../../src/electors/elector.ts';

/** Starts it as the facade does, for electors that need not be loaded. */
export function startElection(elector: AnyElector, options: ElectionOptions): Election {
  const loaded = 'load' in elector ? elector.load(options.platform, options.room) : elector;
  if (!('start' in loaded)) throw new TypeError('this elector has to be loaded first');
  return loaded.start(options);
}
