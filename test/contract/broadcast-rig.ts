import type { DiscoveryRig, TransportRig } from 'bellwether/testing';
import { platform } from '#platform';
import { BroadcastDiscovery } from '../../src/discovery/broadcast-channel.ts';
import { webBroadcast as broadcast } from '../../src/platform/web-broadcast.ts';
import { BroadcastTransport } from '../../src/transports/broadcast-channel.ts';
import type { Rigged } from './rigs.ts';

/** Over the real BroadcastChannel, which Node has as well; each rig in a room of its own. */
export function broadcastRig(): Rigged<TransportRig & { readonly discovery: DiscoveryRig }> {
  const room = `rig ${String(platform.randomBytes(8))}`;
  const closing: (() => void)[] = [];
  const time = {
    until: async (condition: () => boolean) => {
      while (!condition()) await new Promise<void>((resolve) => platform.timers.after(2, resolve));
    },
    settle: () => new Promise<void>((resolve) => platform.timers.after(100, resolve)),
  };
  return {
    ...time,
    join(self, events) {
      const transport = new BroadcastTransport({ room, broadcast, timers: platform.timers });
      transport.start(self, events);
      closing.push(() => transport.close());
      return Promise.resolve(transport);
    },
    discovery: {
      ...time,
      foundsNothing: true,
      join(self, events) {
        const discovery = new BroadcastDiscovery({ room, broadcast, platform, elector: 'lock', askEveryMs: 200 });
        discovery.start(self, events);
        closing.push(() => discovery.leave());
        return Promise.resolve(discovery);
      },
    },
    close: () => {
      for (const end of closing) end();
      return Promise.resolve();
    },
  };
}
