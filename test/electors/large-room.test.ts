import { expect, it } from 'vitest';
import { SimulatedRoom } from '../bench/rooms/simulated-room.ts';
import { traffic } from '../bench/rooms/traffic.ts';

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

it('who follows sends and hears no more in a large room than in a small one', { timeout: 60_000 }, async () => {
  const figures = await traffic(() => {}, [10, 40]);
  const ofBoth = (name: string): readonly number[] => [10, 40].map((size) => figures[`${name}${size}`]!.samples[0]!);
  for (const who of ['voter', 'learner']) {
    const [fewFrames, manyFrames] = ofBoth(`${who}Frames`) as [number, number];
    expect(manyFrames).toBeCloseTo(fewFrames, 1);
    const [fewBytes, manyBytes] = ofBoth(`${who}Bytes`) as [number, number];
    expect(fewBytes).toBeGreaterThan(0);
    expect(manyBytes / fewBytes).toBeLessThan(1.02); // indexes and rounds have more digits
  }
});

it(
  'the last of sixty-four has what is published as soon as the second has, though many came and went',
  { timeout: 60_000 },
  async () => {
    const room = new SimulatedRoom(64);
    while (room.members.length < 63) {
      room.join();
      await room.clock.advance(150);
    }
    for (let time = 0; time < 30; time++) {
      void room.members.splice(20, 1)[0]?.cluster.leave();
      room.join();
      await room.clock.advance(150);
    }
    room.members.find(({ cluster }) => cluster.isLeader)?.cluster.publish('here');
    await room.clock.advance(10_000);
    const { cluster, traffic: passed } = room.join();
    await room.clock.advance(1_000);
    expect(cluster.published).toBe('here');
    // The view and the configuration name everybody; nothing else of it depends on who is there, or was.
    expect(passed.bytes).toBeLessThan(25_000);
    room.end();
  },
);
