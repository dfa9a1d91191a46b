import { expect, test, vi } from 'vitest';
import { until } from './stage/member.ts';
import {
  appendAll,
  led,
  linkedDirectly,
  others,
  readsAll,
  reportsOf,
  type RoomMember,
  useRooms,
  voting,
} from './stage/rooms.ts';

// Those that vanish are missed for fifteen seconds before they lose their vote.
vi.setConfig({ testTimeout: 180_000 });

const rooms = useRooms();

/** Longer than a busy machine holds a process up. */
const calm = { minLeaseMs: 3_000 };
/** So is half of it, which is over when a lease is renewed. */
const calmest = { minLeaseMs: 10_000, maxLeaseMs: 10_000 };

const numbered = (name: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${name}${at}`);

/** Everybody but that one. */
test.each(['the leader', 'the follower'])(
  'Q8: of two peers and the server %s is killed, and the other peer leads with all that was committed',
  async (which) => {
    const room = await rooms.open(calm);
    const pair = await room.start(2);
    await voting(pair);
    const before = await led(pair);
    const committed = numbered('pair-', 20);
    await Promise.all(pair.map((member, at) => appendAll(member, committed.slice(at * 10, at * 10 + 10))));
    const [follower] = others(pair, before.member) as [RoomMember];
    const [killed, survivor] = which === 'the leader' ? [before.member, follower] : [follower, before.member];

    await room.kill(killed);

    const after = await led([survivor]);
    if (which === 'the leader') expect(after.term).toBeGreaterThan(before.term);
    await appendAll(survivor, ['alone']);
    await readsAll(survivor, [...committed, 'alone']);
    const [newcomer] = (await room.start(1)) as [RoomMember];
    await led([survivor, newcomer]);
    await readsAll(newcomer, [...committed, 'alone']);
  },
);

test('Q8: of two peers and the server the server is killed, and one of the linked peers leads on', async () => {
  const room = await rooms.open(calm);
  const pair = await room.start(2, { wrtc: true });
  await voting(pair);
  await linkedDirectly(pair);
  await led(pair);

  await room.server.kill();

  const words = pair.map(({ program }) => `${program.id} without the server`);
  await Promise.all(pair.map((member, at) => appendAll(member, words.slice(at, at + 1))));
  await led(pair);
  await Promise.all(pair.map((member) => readsAll(member, words)));
});

test.each(['the leader among them', 'the leader spared'])(
  'Q8: of five peers on the relay four are killed at once, %s, and the last one leads with all that was committed',
  async (which) => {
    const room = await rooms.open(calm);
    const members = await room.start(5);
    await voting(members);
    const before = await led(members);
    const committed = numbered('five-', 50);
    await Promise.all(members.map((member, at) => appendAll(member, committed.slice(at * 10, at * 10 + 10))));
    const last = which === 'the leader spared' ? before.member : (others(members, before.member)[1] as RoomMember);

    await room.kill(...others(members, last));

    const after = await led([last]);
    if (last !== before.member) expect(after.term).toBeGreaterThan(before.term);
    await appendAll(last, ['the last one']);
    await readsAll(last, [...committed, 'the last one']);
  },
);

test('the server is killed under five peers, and leadership does not move; then a peer, and a leader remains', async () => {
  const room = await rooms.open(calmest);
  const members = await room.start(5, { wrtc: true });
  await voting(members);
  await linkedDirectly(members);
  const before = await led(members);

  await room.server.kill();
  await until(
    'the witness has no vote any more, while entries go on being committed',
    async () => {
      await Promise.all(members.map((member) => appendAll(member, [`${member.program.id} ${performance.now()}`])));
      return reportsOf(members);
    },
    (reports) => reports.every((report) => report.members.every(({ role }) => role !== 'witness')),
    60_000,
  );
  expect(await led(members)).toMatchObject({ id: before.id, term: before.term });

  await room.kill(before.member);
  const rest = others(members, before.member);
  const after = await led(rest);
  expect(after.term).toBeGreaterThan(before.term);
  await appendAll(after.member, ['four without a server']);
  await Promise.all(rest.map((member) => readsAll(member, ['four without a server'])));

  await room.server.restart();
  const [newcomer] = await room.start(1, { wrtc: true });
  await voting([...rest, newcomer as RoomMember]);
  expect((await led([...rest, newcomer as RoomMember])).term).toBeGreaterThanOrEqual(after.term);
});
