import { type DiscoveryRig, MemoryDisk, type TransportRig } from 'bellwether/testing';
import { platform } from '#platform';
import { PeersDiscovery } from '../../src/discovery/peers.ts';
import { Lives } from '../../src/peering/lives.ts';
import { Peering } from '../../src/peering/peering.ts';
import { nodeSockets } from '../../src/platform/node/sockets.ts';
import { PeerSocketsTransport } from '../../src/transports/peer-sockets.ts';
import { freePorts } from '../peering/ports.ts';
import type { Rigged } from './rigs.ts';

const silence = { onView: () => {}, onHint: () => {}, onStatus: () => {}, onError: () => {} };

/** Straight between members that know each other's ports on the loopback. */
export async function peersRig(
  ids: readonly string[],
): Promise<Rigged<TransportRig & { readonly discovery: DiscoveryRig }>> {
  const ports = new Map<string, number>();
  for (const [at, port] of (await freePorts(ids.length)).entries()) ports.set(ids[at] ?? '', port);
  const closing: (() => void)[] = [];

  const peeringOf = async (self: string): Promise<Peering> => {
    const lives = await Lives.open(await new MemoryDisk().open(self), platform.randomBytes);
    const others = [...ports].filter(([id]) => id !== self);
    return new Peering({
      self,
      room: 'room',
      urls: new Map(others.map(([id, port]) => [id, `ws://127.0.0.1:${port}`])),
      listen: { host: '127.0.0.1', port: ports.get(self) ?? 0 },
      sockets: nodeSockets,
      platform,
      lives: () => lives,
    });
  };

  const time = {
    until: async (condition: () => boolean) => {
      while (!condition()) await new Promise<void>((resolve) => platform.timers.after(2, resolve));
    },
    settle: () => new Promise<void>((resolve) => platform.timers.after(150, resolve)),
  };

  return {
    ...time,
    async join(self, events) {
      const peering = await peeringOf(self);
      const transport = new PeerSocketsTransport(peering);
      const discovery = new PeersDiscovery(peering, ids, platform);
      transport.start(self, events);
      discovery.start({ id: self, info: null, host: 'host' }, silence);
      closing.push(() => {
        transport.close();
        discovery.leave();
      });
      return transport;
    },
    discovery: {
      ...time,
      async join(self, events) {
        const discovery = new PeersDiscovery(await peeringOf(self.id), ids, platform);
        discovery.start(self, events);
        closing.push(() => discovery.leave());
        return discovery;
      },
    },
    close: () => {
      for (const end of closing) end();
      return Promise.resolve();
    },
  };
}
