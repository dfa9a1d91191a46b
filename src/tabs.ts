/**
 * `bellwether/tabs`: the pages of one browser, without any server.
 *
 *     import { createCluster } from 'bellwether';
 *     import { tabs } from 'bellwether/tabs';
 *
 *     const cluster = createCluster({ room: 'doc-42', network: tabs() });
 */
import type { Network } from './cluster/network.ts';
import { lazyLock } from './electors/lazy-lock.ts';
import { type LockElectorOptions, lockElectorRules } from './electors/lock-elector.ts';
import { checkOptions } from './protocol/options.ts';

export type TabsOptions = LockElectorOptions;

/**
 * The pages of one browser that are of one origin: tabs, windows, frames. They elect by `lock()`, and talk to each other
 * over BroadcastChannel. Rooms of different names, whatever they hold, stay apart from each other and from everything else
 * of that origin.
 *
 * What a cluster needs of code beyond the first load is on its way from this call on.
 *
 * @throws TypeError for wrong options, naming the option and what it may be; and, when a cluster is made with it, where
 * there is no BroadcastChannel.
 */
export function tabs(options: TabsOptions = {}): Network {
  checkOptions('tabs', options, lockElectorRules, []);
  loadRest().catch(() => {}); // whoever describes it means to use it: a cluster that does tells if that fails
  return {
    name: 'tabs',
    elector: lazyLock(loadRest, options),
    electors: ['lock', 'available'],
    open(context) {
      if (!context.platform.broadcast)
        throw new TypeError('tabs: this runtime has no BroadcastChannel; take web() or nodes()');
      return {
        discovery: { load: async () => (await loadRest()).discoveryOf(context) },
        talk: { load: async () => (await loadRest()).talk },
      };
    },
  };
}

const loadRest = () => import('./tabs/rest.ts');
