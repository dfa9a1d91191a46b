import type { Elector, LazyElector } from '../electors/elector.ts';
import type { Platform } from '../platform/platform.ts';
import type { ClusterOptions } from './options.ts';

/** With the elector that the cluster runs. */
export interface PreparedOptions extends ClusterOptions {
  readonly elector: Elector | LazyElector;
}

/** The same, by an elector that has begun with what takes time, if there is such. */
export function prepared(options: ClusterOptions, platform: Platform): PreparedOptions {
  const { network, room, elector = network.elector } = options;
  return { ...options, elector: 'prepare' in elector ? elector.prepare(platform, room) : elector };
}
