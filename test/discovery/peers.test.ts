import { virtualClock } from 'bellwether/testing';
import { expect, it } from 'vitest';
import type { DiscoveryEvents, ViewChange } from '../../src/discovery/discovery.ts';
import { PeersDiscovery } from '../../src/discovery/peers.ts';
import type { Peering, PeeringListener } from '../../src/peering/peering.ts';

it('who says hello again is told of as one that has joined, whether its goodbye was heard or not', async () => {
  let hears: PeeringListener = {};
  const peering = { listen: (listener: PeeringListener) => (hears = listener), start: () => Promise.resolve() };
  const discovery = new PeersDiscovery(peering as unknown as Peering, ['a', 'b'], virtualClock().platform());
  const changes: ViewChange[] = [];
  const ignore = (): void => {};
  const events: Partial<DiscoveryEvents> = {
    onView: (_, change) => changes.push(change),
    onStatus: ignore,
    onHint: ignore,
  };
  const b = { id: 'b', info: null, host: '' };

  discovery.start({ id: 'a', info: null, host: '' }, events as DiscoveryEvents);
  await Promise.resolve();
  hears.onOpen?.(b);
  hears.onInfo?.({ ...b, info: 'busy' });
  hears.onClosed?.('b', false);
  hears.onOpen?.(b);
  hears.onClosed?.('b', true);
  hears.onOpen?.(b);

  expect(changes).toEqual([
    { joined: ['a'], bye: [] },
    { joined: ['b'], bye: [] },
    { joined: [], bye: [] },
    { joined: ['b'], bye: [] },
    { joined: [], bye: ['b'] },
    { joined: ['b'], bye: [] },
  ]);
});
