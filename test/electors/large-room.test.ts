import { expect, it } from 'vitest';
import { SimulatedRoom } from '../bench/rooms/simulated-room.ts';

it.each([2, 30, 70, 150])(
  'a room that as many come into as may, one each %i ms, keeps its first leader, by way of a server with the default limits',
  { timeout: 60_000 },
  async (everyMs) => {
    const room = new SimulatedRoom(64);
    const told: string[] = [];
    for (let count = 0; count < 64; count++) {
      const { cluster } = room.join();
      cluster.on('leader', ({ leader, term }) => told.push(`${leader?.id} in ${term}`));
      cluster.on('error', ({ message }) => told.push(message));
      await room.clock.advance(everyMs);
    }
    const first = room.members.find(({ cluster }) => cluster.isLeader);
    await room.clock.advance(10_000);
    const { id, leader } = first!.cluster;
    expect(told).toEqual(Array.from({ length: 64 }, () => `${id} in ${leader?.term}`));
    expect([...first!.cluster.members.values()].filter(({ role }) => role === 'voter')).toHaveLength(5);
    room.end();
  },
);
