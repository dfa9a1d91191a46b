import { expect, test, vi } from 'vitest';
import { epochOfTerm } from '../../src/core/founding/epoch.ts';
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

vi.setConfig({ testTimeout: 240_000 });

const rooms = useRooms();

/** Short, so that a room founded anew is a matter of seconds. */
const quick = { maxLeaseMs: 1_000, charterMs: 4_000 };

test('a server that is killed and started again has the same witness, which keeps its word: either peer may go', async () => {
  const room = await rooms.open(quick);
  const pair = await room.start(2);
  const witness = await voting(pair);
  const before = await led(pair);
  await appendAll(before.member, ['before']);

  await room.server.kill();
  await room.server.restart();

  expect(await voting(pair)).toBe(witness);
  const between = await led(pair);
  expect(between.term).toBeGreaterThanOrEqual(before.term);
  await appendAll(between.member, ['between']);
  await room.kill(between.member);
  const [last] = others(pair, between.member) as [RoomMember];
  const after = await led([last]);
  expect(after.term).toBeGreaterThan(between.term);
  // By the word of that witness, and not because the room was founded anew.
  expect(epochOfTerm(after.term)).toBe(epochOfTerm(before.term));
  await readsAll(last, ['before', 'between']);
});

test('Q2: a server that lost its store founds nothing over the heads of those who come back', async () => {
  const room = await rooms.open({ ...quick, charterMs: 30_000 }); // time to come back, on a busy machine
  const three = await room.start(3);
  const witness = await voting(three);
  const before = await led(three);
  await appendAll(before.member, ['before']);

  await room.server.kill();
  await room.server.restart({ deleteData: true });
  const [newcomer] = (await room.start(1)) as [RoomMember];

  const all = [...three, newcomer];
  const after = await led(all, 60_000);
  expect(after.term).toBeGreaterThanOrEqual(before.term);
  expect(await voting(all)).not.toBe(witness);
  await readsAll(newcomer, ['before']);
});

test.each([
  ['keeps its store', false],
  ['loses its store', true],
])(
  'Q2, Q10: all peers are frozen, the server is killed and %s, newcomers found the room anew; thawed, no old leader leads',
  async (_, deleteData) => {
    const room = await rooms.open(quick);
    const old = await room.start(3);
    await voting(old);
    const before = await led(old);
    await appendAll(before.member, ['before']);

    room.stop(...old);
    await room.server.kill();
    await room.server.restart({ deleteData });
    const newcomers = await room.start(2);
    const anew = await led(newcomers, 60_000);
    expect(anew.term).toBeGreaterThan(before.term);
    await appendAll(anew.member, ['anew']);
    room.go(...old);

    const all = [...old, ...newcomers];
    const after = await led(all, 60_000);
    expect(after.term).toBeGreaterThanOrEqual(anew.term);
    await voting(all);
    await appendAll(after.member, ['after']);
    await Promise.all(all.map((member) => readsAll(member, ['anew', 'after'])));
  },
);

test('Q2: two of three are frozen, and one that is left never leads without the word of the server', async () => {
  const room = await rooms.open(quick);
  const three = await room.start(3);
  await voting(three);
  const before = await led(three);
  await room.server.kill();
  room.stop(...others(three, before.member));

  await until(
    'the one that is left steps down',
    () => before.member.report(),
    ({ isLeader, leader }) => !isLeader && leader === null,
  );
  await room.server.restart({ deleteData: true });
  room.go(...others(three, before.member));
  expect((await led(three, 60_000)).term).toBeGreaterThan(before.term);
});

test('Q2: peers that are linked directly lead on while the server forgets, and newcomers that are there first found nothing', async () => {
  const room = await rooms.open({ maxLeaseMs: 3_000, charterMs: 15_000 });
  const old = await room.start(3, { wrtc: true });
  await voting(old);
  await linkedDirectly(old);
  const before = await led(old);

  await room.server.kill();
  // They look for it more and more seldom, and so will be late.
  await until(
    'all have tried in vain several times',
    () => reportsOf(old),
    (reports) => reports.every(({ errors }) => errors.some((error) => error.includes('(attempt 4)'))),
  );
  await room.server.restart({ deleteData: true });
  const newcomers = await room.start(2, { wrtc: true });

  const all = [...old, ...newcomers];
  const after = await led(all, 90_000);
  expect(after.term).toBeGreaterThanOrEqual(before.term);
  await appendAll(after.member, ['after']);
  await Promise.all(all.map((member) => readsAll(member, ['after'])));
});

/** One that says the same numbers again for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

test.each([
  [3, 'on the relay', false],
  [4, 'linked directly', true],
])(
  'Q2: under frozen and killed peers, newcomers, and a server that forgets, nothing is led twice (seed %i, %s)',
  async (seed, _, wrtc) => {
    const room = await rooms.open(quick);
    const roll = dice(seed);
    const going = new Set(await room.start(3, { wrtc }));
    const frozen = new Set<RoomMember>();
    await led([...going]);
    const take = (from: Set<RoomMember>): RoomMember | undefined => {
      const taken = [...from][roll(from.size)];
      if (taken) from.delete(taken);
      return taken;
    };
    const deeds: readonly (() => Promise<void> | void)[] = [
      () => {
        const member = take(going);
        if (!member) return;
        room.stop(member);
        frozen.add(member);
      },
      () => {
        const member = take(frozen);
        if (!member) return;
        room.go(member);
        going.add(member);
      },
      async () => {
        const member = take(roll(2) === 0 ? going : frozen);
        if (member) await room.kill(member);
      },
      async () => {
        if (going.size + frozen.size < 5) going.add((await room.start(1, { wrtc }))[0] as RoomMember);
      },
      async () => {
        await room.server.kill();
        await room.server.restart({ deleteData: roll(2) === 0 });
      },
    ];
    for (let deed = 0; deed < 8; deed++) {
      await deeds[roll(deeds.length)]?.();
      // Now and then those that are left get the time to settle, where they can.
      if (roll(2) === 0 && going.size > 0) await led([...going], 6_000).catch(() => {});
    }
    room.go(...frozen);
    for (const member of frozen) going.add(member);
    if (going.size === 0) going.add((await room.start(1, { wrtc }))[0] as RoomMember);
    const all = [...going];
    const last = await led(all, 90_000);
    await appendAll(last.member, ['the end']);
    await Promise.all(all.map((member) => readsAll(member, ['the end'])));
  },
);
