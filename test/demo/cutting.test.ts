import type { Cluster } from 'bellwether';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Cutting, cutForMs, type HealWish, noticeMs, openCutting } from '../../demo/cutting.ts';
import { amendInfo } from '../../demo/info.ts';

import { room } from '../cluster/room.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }));
afterEach(() => void vi.useRealTimers());

interface Page {
  readonly cluster: Cluster;
  readonly cutting: Cutting;
  /** Whom its shears hold apart from it. */
  readonly apart: Set<string>;
  /** What it asked for backstage, in order. */
  readonly asked: unknown[];
  /** Says something to it backstage. */
  tell(wish: unknown): void;
}

async function pages(count: number) {
  const { clock, gather, join } = room();
  const open = ({ cluster }: { cluster: Cluster }): Page => {
    const apart = new Set<string>();
    const asked: unknown[] = [];
    let tell: (wish: unknown) => void = () => {};
    const cutting = openCutting({
      cluster,
      shears: {
        cut: (peers) => {
          apart.clear();
          for (const peer of peers) apart.add(peer);
        },
        heal: () => apart.clear(),
      },
      backstage: { sendWish: (wish) => asked.push(wish), onWish: (run) => (tell = run) },
      onChange: () => {},
    });
    return { cluster, cutting, apart, asked, tell: (wish) => tell(wish) };
  };
  const all = (await gather(count)).map(open);
  return {
    all,
    /** Another one, which the others have seen. */
    join: async () => {
      const page = open(join());
      await clock.advance(1_000);
      return page;
    },
    /** All hear what was said over links and by the discovery. */
    heard: () => clock.advance(200),
  };
}

const ids = (...some: Page[]): string[] => some.map(({ cluster }) => cluster.id);

test('a cut parts two groups a moment after it was asked for, on every page, and a healing ends it everywhere', async () => {
  const { all, heard } = await pages(3);
  const [one, other, third] = all as [Page, Page, Page];

  one.cutting.cutApart(ids(one), ids(other, third));
  await heard();
  expect(all.map(({ cutting }) => cutting.cut)).toEqual([null, null, null]);
  vi.advanceTimersByTime(noticeMs);
  expect(all.map(({ apart }) => [...apart])).toEqual([ids(other, third), ids(one), ids(one)]);

  third.cutting.heal();
  await heard();
  expect(all.map(({ cutting, apart }) => [cutting.cut, apart.size])).toEqual(all.map(() => [null, 0]));
});

test('a healing is heard of from the server alone, where no link leads', async () => {
  const { all, heard } = await pages(2);
  const [one, other] = all as [Page, Page];
  one.cutting.cutMine(ids(other));

  amendInfo(other.cluster, { healedAtMs: 1 });
  await heard();

  expect(one.apart.size).toBe(0);
});

test('whoever hears of a cut after it was healed does not cut its links', async () => {
  const { all, heard } = await pages(2);
  const [one, other] = all as [Page, Page];
  one.cutting.cutApart(ids(one), ids(other));
  const [late] = one.asked;
  vi.advanceTimersByTime(noticeMs);
  one.cutting.heal();
  await heard();

  other.tell(late);
  vi.advanceTimersByTime(noticeMs);

  expect([other.cutting.cut, other.apart.size]).toEqual([null, 0]);
});

test('a cut that is healed before the links go takes none of them', async () => {
  const { all, heard } = await pages(2);
  const [one, other] = all as [Page, Page];
  one.cutting.cutApart(ids(one), ids(other));
  await heard();

  other.cutting.heal();
  await heard();
  vi.advanceTimersByTime(noticeMs);

  expect(all.map(({ apart }) => apart.size)).toEqual([0, 0]);
});

test('a healing that comes late ends no cut that was asked for after it', async () => {
  const { all, heard } = await pages(2);
  const [one, other] = all as [Page, Page];
  one.cutting.heal();
  const [late] = one.asked;
  await heard();
  one.cutting.cutApart(ids(one), ids(other));
  await heard();
  vi.advanceTimersByTime(noticeMs);

  other.tell(late);
  amendInfo(one.cluster, { name: 'Ada' });
  await heard();
  expect(all.map(({ apart }) => apart.size)).toEqual([1, 1]);

  vi.setSystemTime(0); // a clock that is set back
  one.cutting.heal();
  await heard();
  expect(all.map(({ apart }) => apart.size)).toEqual([0, 0]);
});

test('a healing that was outdone long ago makes nobody forget the later one', async () => {
  const { all, heard } = await pages(2);
  const [one, other] = all as [Page, Page];
  one.cutting.heal();
  const [late] = one.asked as [HealWish];
  await heard();

  other.tell({ ...late, atMs: 1 });
  other.cutting.cutApart(ids(one), ids(other));
  await heard();
  vi.advanceTimersByTime(noticeMs);

  expect(all.map(({ apart }) => apart.size)).toEqual([1, 1]);
});

test('who cut its own links is healed by whoever asks for it, also by one that no member knows', async () => {
  const { all, heard } = await pages(2);
  const [one, other] = all as [Page, Page];
  one.cutting.cutMine(ids(other));
  expect([...one.apart]).toEqual(ids(other));
  other.cutting.heal();
  await heard();
  expect(one.apart.size).toBe(0);

  one.cutting.cutMine(ids(other));
  one.tell({ kind: 'heal', by: 'grid', atMs: 1 });
  expect(one.apart.size).toBe(0);
});

test('a cut by one that came later is heeded by those who know of healings that it cannot know of', async () => {
  const { all, heard, join } = await pages(2);
  const [one, other] = all as [Page, Page];
  one.cutting.heal();
  for (const page of all) page.tell({ kind: 'heal', by: 'grid', atMs: Date.now() });
  await one.cluster.leave();
  const late = await join();
  await heard();

  late.cutting.cutApart(ids(late), ids(other));
  await heard();
  vi.advanceTimersByTime(noticeMs);
  expect([late, other].map(({ apart }) => apart.size)).toEqual([1, 1]);

  other.tell({ kind: 'heal', by: 'grid', atMs: 1 + Date.now() });
  expect(other.apart.size).toBe(0);
});

test('a member that is new to a cut ends it by its word, and not by what it wished for before', async () => {
  const { all, heard, join } = await pages(2);
  const [one, other] = all as [Page, Page];
  one.cutting.cutMine(ids(other));
  const late = await join();
  amendInfo(late.cluster, { healedAtMs: Date.now() });
  await heard();
  expect(one.apart.size).toBe(1);

  late.cutting.heal();
  await heard();
  expect(one.apart.size).toBe(0);
});

test('a cut that nobody heals ends by itself', async () => {
  const { all } = await pages(2);
  const [one, other] = all as [Page, Page];
  one.cutting.cutMine(ids(other));

  vi.advanceTimersByTime(cutForMs - 1);
  expect(one.apart.size).toBe(1);
  vi.advanceTimersByTime(1);
  expect([one.cutting.cut, one.apart.size]).toEqual([null, 0]);
});

test('what a page says of its healing stays when it renames itself', async () => {
  const { all } = await pages(1);
  const [one] = all as [Page];
  one.cutting.heal();
  amendInfo(one.cluster, { name: 'Ada' });
  expect(one.cluster.members.get(one.cluster.id)?.info).toMatchObject({
    name: 'Ada',
    healedAtMs: expect.any(Number) as number,
  });
});

test.each([
  null,
  'cut',
  { kind: 'cut' },
  { kind: 'cut', one: ['a'], other: [1] },
  { kind: 'heal' },
  { kind: 'heal', by: 'a', atMs: 'soon' },
])('%j from another page moves no shears', async (wish) => {
  const { all } = await pages(2);
  const [one, other] = all as [Page, Page];
  one.cutting.cutMine(ids(other));

  one.tell(wish);
  vi.advanceTimersByTime(noticeMs);

  expect([...one.apart]).toEqual(ids(other));
});
