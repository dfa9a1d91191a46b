import { expect, test } from 'vitest';
import { SimulatedRoom } from '../bench/rooms/simulated-room.ts';

const options = { charterMs: 10_000 };

test('Q2, Q10: all who vote are frozen while their browsers answer for them: a newcomer leads all the same, and they follow when they thaw', async () => {
  const room = new SimulatedRoom(10);
  const { clock } = room;
  const old = [room.join(options), room.join(options)];
  const voters = (): number =>
    [...(old[0]?.cluster.members.values() ?? [])].filter(({ role }) => role === 'voter').length;
  await clock.runUntil(() => old.some(({ cluster }) => cluster.isLeader) && voters() === 2);
  const before = old.find(({ cluster }) => cluster.isLeader)?.cluster.leader?.term ?? 0;
  for (const member of old) member.freeze();

  const newcomer = room.join(options);
  await clock.runUntil(() => newcomer.cluster.isLeader, { withinMs: 300_000 });

  const anew = newcomer.cluster.leader?.term ?? 0;
  expect(anew).toBeGreaterThan(before);
  for (const member of old) member.thaw();
  await clock.runUntil(() => old.every(({ cluster }) => cluster.leader?.id === newcomer.cluster.id), {
    withinMs: 60_000,
  });
  expect(old.map(({ cluster }) => cluster.leader?.term)).toEqual([anew, anew]);
  room.end();
});
