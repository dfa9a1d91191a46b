import { expect, test, vi } from 'vitest';
import { appendAll, led, others, readsAll, type RoomMember, useRooms, voting } from './stage/rooms.ts';

vi.setConfig({ testTimeout: 240_000 });

const rooms = useRooms();

/** Longer than a busy machine takes to start the server again, and members to find it. */
const patient = { maxLeaseMs: 1_000, charterMs: 30_000 };
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

test('Q2: whose clock is set on may have slept, and leads no more; set back, it leads on: and all that was committed is', async () => {
  const room = await rooms.open(patient);
  const three = await room.start(3);
  await voting(three);
  const words: string[] = [];
  for (const aheadMs of [-hourMs, 0, hourMs, -dayMs, dayMs]) {
    const { member, term } = await led(three);
    for (const one of [member, ...others(three, member)]) {
      await one.setClock(aheadMs);
      words.push(`${one.program.id} at ${aheadMs}`);
      await appendAll(one, words.slice(-1));
    }
    expect((await led(three)).term).toBeGreaterThanOrEqual(term);
  }
  await Promise.all(three.map((one) => readsAll(one, words)));
});

test.each([
  ['an hour', -hourMs],
  ['three days', -3 * dayMs],
])(
  'Q10: a server that is killed and started again with its clock %s back goes on with its rooms',
  async (_, aheadMs) => {
    const room = await rooms.open(patient);
    const pair = await room.start(2);
    const witness = await voting(pair);
    const before = await led(pair);
    await appendAll(before.member, ['before']);

    await room.server.kill();
    await room.server.restart({ aheadMs });

    expect(await voting(pair)).toBe(witness);
    const between = await led(pair);
    expect(between.term).toBeGreaterThanOrEqual(before.term);
    await room.kill(between.member);
    const [last] = others(pair, between.member) as [RoomMember];
    const [newcomer] = (await room.start(1)) as [RoomMember];
    expect((await led([last, newcomer])).term).toBeGreaterThan(between.term);
    await readsAll(newcomer, ['before']);
  },
);

test.each([
  ['an hour back', -hourMs],
  ['three days back', -3 * dayMs],
  ['three days on', 3 * dayMs],
])(
  'Q2: a server that lost its store, its clock %s, founds nothing over the heads of those who come back',
  async (_, aheadMs) => {
    const room = await rooms.open(patient);
    const three = await room.start(3);
    await voting(three);
    const before = await led(three);
    await appendAll(before.member, ['before']);

    await room.server.kill();
    await room.server.restart({ deleteData: true, aheadMs });
    const [newcomer] = (await room.start(1)) as [RoomMember];

    const all = [...three, newcomer];
    expect((await led(all, 90_000)).term).toBeGreaterThanOrEqual(before.term);
    await voting(all);
    await readsAll(newcomer, ['before']);
  },
);

test('Q2: a server that remembered is started again with memory only, and then with its folder again: nothing is led twice', async () => {
  const room = await rooms.open(patient);
  const pair = await room.start(2);
  await voting(pair);
  let { term, member } = await led(pair);
  await appendAll(member, ['on disk']);

  for (const flags of [['--memory'], undefined, ['--memory']]) {
    await room.server.kill();
    await room.server.restart(flags ? { flags } : {});
    await voting(pair, 90_000);
    const next = await led(pair);
    expect(next.term).toBeGreaterThanOrEqual(term);
    ({ term, member } = next);
    await appendAll(member, [`in term ${term}, ${flags?.join() ?? 'with its folder'}`]);
  }
  await Promise.all(pair.map((one) => readsAll(one, ['on disk'])));
});

test('F1: everything sleeps, the server too, for longer than any lease and than the charter: one leads again', async () => {
  const room = await rooms.open({ ...patient, charterMs: 4_000 });
  const three = await room.start(3);
  await voting(three);
  const before = await led(three);
  await appendAll(before.member, ['before']);

  for (const ms of [1_500, 6_000]) {
    await room.sleep(ms);
    const after = await led(three);
    expect(after.term).toBeGreaterThanOrEqual(before.term);
    await appendAll(after.member, [`after ${ms} ms`]);
  }
  await Promise.all(three.map((one) => readsAll(one, ['before', 'after 1500 ms', 'after 6000 ms'])));
});
