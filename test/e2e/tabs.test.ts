import { expect, test } from 'vitest';
import { agreement, reachEachOther, reports, splitByLeader, until } from './stage/member.ts';
import type { PageMember } from './stage/page.ts';
import type { Room } from './stage/stage.ts';
import { awayAndBack, whereKept } from './stage/kept.ts';
import { useStage } from './stage/use-stage.ts';
import { expectOneAtATime, expectSoonAgain, leadersInTurn, worksUpTo } from './stage/works.ts';

const stage = useStage();

/** Tabs of one browser, opened one after the other: each is in line before the next one comes. */
async function open(room: Room, count: number, options: { readonly killable?: boolean } = {}): Promise<PageMember[]> {
  const tabs: PageMember[] = [];
  while (tabs.length < count) {
    tabs.push(await room.page('tabs', { tabs: true, ...options }));
    await agreement(tabs);
    await reachEachOther(tabs);
  }
  return tabs;
}

test('L1: the first tab leads, with nobody to ask; those that come later follow, each on BroadcastChannel', async () => {
  const room = await stage.room();
  const tabs = await open(room, 3);
  const leader = await agreement(tabs);
  expect(leader.id).toBe(tabs[0]?.id);
  const [read] = await reports(tabs);
  expect(read?.members.map(({ path }) => path).toSorted()).toEqual(['broadcast', 'broadcast', 'self']);
  const { held, pending } = await tabs[0]!.page.evaluate(() => navigator.locks.query());
  const lock = JSON.stringify(['bellwether', room.name, 'lock']);
  expect([held, pending].map((locks) => locks?.filter(({ name }) => name === lock).length)).toEqual([1, 2]);
});

test('L1, L2: leaders close their tabs, and the next ones lead, in the order in which they came', async () => {
  const room = await stage.room();
  const tabs = await open(room, 4);
  const order: string[] = [];
  let left: readonly PageMember[] = tabs;
  let term = 0;
  for (;;) {
    const leader = await agreement(left);
    expect(leader.term).toBeGreaterThan(term);
    ({ term } = leader);
    order.push(leader.id);
    const [closing, rest] = splitByLeader(left, leader);
    if (rest.length === 0) break;
    await closing.close();
    left = rest;
  }
  expect(order).toEqual(tabs.map(({ id }) => id));
});

test('L1: the renderer of the leader is killed, and the next in line leads; the dead one goes out of line', async () => {
  const room = await stage.room();
  const tabs = await open(room, 3, { killable: true });
  const before = await agreement(tabs);
  const [killed, rest] = splitByLeader(tabs, before);
  await killed.kill();
  const after = await agreement(rest);
  expect(after.id).toBe(rest[0]?.id);
  expect(after.term).toBeGreaterThan(before.term);
  await until('nobody reaches the dead one', () => reports(rest), reachesTwo, 60_000);

  function reachesTwo(all: Awaited<ReturnType<typeof reports>>): boolean {
    return all.every(({ members }) => members.filter(({ reachable }) => reachable).length === 2);
  }
});

test('L1, F1: on a handover the work of the leader has stopped before the next one’s starts', async () => {
  const room = await stage.room();
  const tabs = await open(room, 3);
  for (const heir of [2, 1, 0, 2, 0]) {
    const leader = await agreement(tabs);
    const [leading] = splitByLeader(tabs, leader);
    const { id } = tabs[heir]!;
    if (leader.id === id) continue;
    await reachEachOther(tabs);
    await leading.ask('transfer', id);
    await until(
      'it leads',
      () => agreement(tabs),
      (now) => now.id === id,
    );
  }
  expectOneAtATime((await Promise.all(tabs.map((tab) => tab.ask('works')))).flat());
});

test('L1: a leader that goes into the back/forward cache is replaced, and comes back as a new member', () =>
  whereKept(async () => {
    const room = await stage.room();
    const tabs = await open(room, 2);
    const [gone, stays] = tabs as [PageMember, PageMember];
    const { meanwhile, reason, back } = await awayAndBack(gone, stays);
    expect(meanwhile.id).toBe(stays.id);
    if (reason !== null) return reason;
    expect(back?.isLeader).toBe(false);
    expect(back?.id).not.toBe(gone.id);
    return null;
  }));

test(
  'L1: twelve tabs opened at once have one leader, and each time it closes another one',
  { timeout: 120_000 },
  async () => {
    const room = await stage.room();
    let tabs = await Promise.all(Array.from({ length: 12 }, () => room.page('tabs', { tabs: true })));
    for (let closed = 0; closed < 3; closed++) {
      const [closing, rest] = splitByLeader(tabs, await agreement(tabs, 60_000));
      await closing.close();
      tabs = rest;
    }
    const works = await worksUpTo(await agreement(tabs, 60_000), room.works);
    expect(works.length).toBeGreaterThanOrEqual(4);
    expectOneAtATime(works);
  },
);

test(
  'L1, L2, F1: a hundred times a tab opens and the leader closes: never two at a time, and always one soon',
  { timeout: 400_000 },
  async () => {
    const room = await stage.room();
    let [leading] = await open(room, 1);
    const came = [leading!.id];
    let term = 0;
    for (let cycle = 0; cycle < 100; cycle++) {
      const next = await room.page('tabs', { tabs: true });
      const before = await agreement([leading!, next]);
      expect(before).toEqual({ id: leading!.id, term: expect.toSatisfy((now) => now > term) });
      ({ term } = before);
      await leading!.close();
      leading = next;
      came.push(next.id);
    }
    const works = await worksUpTo(await agreement([leading!]), room.works);
    expect(leadersInTurn(works)).toEqual(came);
    expectOneAtATime(works);
    expectSoonAgain(works);
  },
);

test('rooms of different names have leaders of their own', async () => {
  const [one, other] = [await stage.room(), await stage.room()];
  const [first] = await open(one, 1);
  const [second] = await open(other, 1);
  expect([(await agreement([first!])).id, (await agreement([second!])).id]).toEqual([first!.id, second!.id]);
});
