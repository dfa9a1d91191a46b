import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { attachSignaling } from 'bellwether/server';
import { virtualClock, type Transport, type DiscoveryRig, type TransportRig } from 'bellwether/testing';
import { platform } from '#platform';
import { MemoryRooms } from '../../src/discovery/memory.ts';
import { SignalingDiscovery } from '../../src/discovery/signaling.ts';
import { Clocks } from '../../src/driver/clocks.ts';
import { SignalingConnection } from '../../src/signaling/connection.ts';
import { Relay } from '../../src/signaling/relay.ts';
import { MemoryMedium } from '../../src/transports/memory.ts';

/** A rig, and how to take it down. */
export type Rigged<Rig> = Rig & { close(): Promise<void> };

/** In memory and in virtual time. */
export function memoryRig(): Rigged<TransportRig & { readonly discovery: DiscoveryRig }> {
  const clock = virtualClock();
  const medium = new MemoryMedium({ delayMs: 3 });
  const rooms = new MemoryRooms({ platform: clock.platform(), delayMs: 3 });
  const time = { until: clock.runUntil, settle: () => clock.advance(1_000) };
  return {
    ...time,
    join(self, events) {
      const transport = medium.transport(clock.platform());
      transport.start(self, events);
      return Promise.resolve(transport);
    },
    discovery: {
      ...time,
      join(self, events) {
        const runtime = clock.platform();
        const discovery = rooms.discovery({
          room: 'room',
          charter: { elector: 'available' },
          platform: runtime,
          clocks: new Clocks(runtime.clock),
        });
        discovery.start(self, events);
        return Promise.resolve(discovery);
      },
    },
    close: () => Promise.resolve(),
  };
}

const silence = { onView: () => {}, onHint: () => {}, onStatus: () => {}, onError: () => {} };

/** Through a real server on the loopback. `transportOf` makes the transport of a member at its relay. */
export async function signalingRig(
  transportOf: (relay: Relay) => Transport,
): Promise<Rigged<TransportRig & { readonly discovery: DiscoveryRig }>> {
  const http = createServer();
  const signaling = attachSignaling(http, { path: '/' });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`;
  const closing: (() => void)[] = [];
  const connect = (self: string) => new SignalingConnection({ url, room: 'room', self, platform });
  const discoveryOver = (connection: SignalingConnection) =>
    new SignalingDiscovery(connection, platform.timers, new Clocks(platform.clock));
  const time = { until: eventually, settle: () => new Promise<void>((resolve) => platform.timers.after(150, resolve)) };

  return {
    ...time,
    join(self, events) {
      const connection = connect(self);
      const transport = transportOf(new Relay(connection, platform));
      const discovery = discoveryOver(connection);
      transport.start(self, events);
      discovery.start({ id: self, info: null, host: 'host' }, silence);
      closing.push(() => {
        transport.close();
        discovery.leave();
      });
      return Promise.resolve(transport);
    },
    discovery: {
      ...time,
      join(self, events) {
        const discovery = discoveryOver(connect(self.id));
        discovery.start(self, events);
        closing.push(() => discovery.leave());
        return Promise.resolve(discovery);
      },
    },
    async close() {
      for (const end of closing) end();
      await signaling.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

/** Asks again and again in real time, for as long as the test may run. */
async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => platform.timers.after(2, resolve));
}
