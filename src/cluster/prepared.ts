import type { Platform } from '../platform/platform.ts';
import type { ClusterOptions } from './cluster.ts';

/** The same, by an elector that has begun with what takes time, if it can. */
export function prepared(options: ClusterOptions, platform: Platform): ClusterOptions {
  const elector = options.elector ?? options.network.elector;
  return 'start' in elector && elector.prepare ? { ...options, elector: elector.prepare(platform) } : options;
}
