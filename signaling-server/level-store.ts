import { openLevel } from '../src/platform/node/level.ts';
import { Store } from './store.ts';

/**
 * The store in a folder, made when it is missing. It needs the package `classic-level`, which npm installs beside this
 * one where it can.
 *
 * Rejects with a `ClusterError`: `storage-locked` while another process has it open, or if the folder is something
 * else's; `storage-version` if a newer version has written it; `storage-full` or `storage-failed`.
 */
export async function openStore(dataDir: string): Promise<Store> {
  return Store.open(await openLevel(dataDir, 'a signaling server'));
}
