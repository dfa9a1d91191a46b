import { type Cluster, createCluster, type LazyElector } from 'bellwether';
import { memoryNetwork, virtualClock } from 'bellwether/testing';
import { expect, test } from 'vitest';
import { lazyLock } from '../../src/electors/lazy-lock.ts';
import { lock } from '../../src/electors/lock.ts';
import { LockKeeper } from '../../src/platform/memory-locks.ts';
import { FakeDatabases } from '../platform/fake-databases.ts';

/** A page that elects so, and what its browser has stored. */
function page(elector: LazyElector) {
  const clock = virtualClock();
  const memory = memoryNetwork({ clock, delayMs: 2 });
  const disk = new FakeDatabases();
  const platform = clock.platform({ host: 'browser' });
  const carry = (run: () => void): void => void platform.timers.after(1, run);
  const locks = new LockKeeper().page({ to: carry, from: carry });
  const network = memory.network({ platform: { ...platform, locks, counters: () => disk.factory } });
  const cluster: Cluster = createCluster({ room: 'room', network, elector });
  const errors: string[] = [];
  cluster.on('error', ({ message }) => errors.push(message));
  return { clock, platform, disk, cluster, errors };
}

const loadRest = () => import('../../src/tabs/rest.ts');

test.each([
  ['lock()', lock()],
  ['tabs(), which loads it', lazyLock(loadRest, {})],
] as const)('L2: under %s a page that comes back after its database was closed opens it again', async (_, elector) => {
  await loadRest();
  const { clock, platform, disk, cluster, errors } = page(elector);
  await clock.runUntil(() => cluster.isLeader);
  const { term } = cluster.leader!;
  for (const database of disk.open) database.dispatchEvent(new Event('versionchange'));
  expect(disk.open.size).toBe(0);
  platform.hide({ mayReturn: true });
  await clock.advance(1_000);
  platform.show();
  await clock.runUntil(() => cluster.isLeader);
  expect(errors).toEqual([]);
  expect(cluster.leader!.term).toBeGreaterThan(term);
  expect([...disk.values.values()]).toEqual([cluster.leader!.term]);
});

test.each([
  ['leaves', ({ cluster }: ReturnType<typeof page>) => cluster.leave()],
  ['goes into the back/forward cache', ({ platform }: ReturnType<typeof page>) => platform.hide({ mayReturn: true })],
])('a page that %s lets go of its database', async (_, go) => {
  await loadRest();
  const tab = page(lazyLock(loadRest, {}));
  await tab.clock.runUntil(() => tab.cluster.isLeader);
  expect(tab.disk.open.size).toBe(1);
  await go(tab);
  await tab.clock.settle();
  expect(tab.disk.open.size).toBe(0);
});

test('a database that was begun with is let go of also where the rest is never loaded', async () => {
  const { clock, disk, cluster } = page(lazyLock(() => Promise.reject(new Error('offline')), {}));
  await clock.runUntil(() => cluster.state === 'left');
  for (const database of disk.open) database.dispatchEvent(new Event('versionchange'));
  expect(disk.open.size).toBe(0);
});
