import type { Elector } from '../electors/elector.ts';
import type { Platform } from '../platform/platform.ts';
import type { Lazy } from './lazy.ts';
import type { ClusterOptions } from './options.ts';

/** With the elector that the cluster runs. */
export interface PreparedOptions extends ClusterOptions {
  readonly elector: Elector | (Omit<Elector, 'start'> & Lazy<Elector>);
}

/** The same, by an elector that has begun with what takes time, if there is such. */
export function prepared(options: ClusterOptions, platform: Platform): PreparedOptions {
  const { network, room, elector = network.elector } = options;
  if (!('load' in elector)) return { ...options, elector };
  const { name, charter } = elector;
  const loaded = elector.load(platform, room);
  if ('start' in loaded) return { ...options, elector: loaded };
  loaded.catch(() => {}); // told once the cluster is to elect by it
  return { ...options, elector: { name, charter, load: () => loaded } };
}
