import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EngineMember, joinIn, startIn } from './stage/engine.ts';
import { firstRead, replaced } from './stage/hang.ts';
import { type HideableBrowser, type HideablePage, openHideable } from './stage/hideable.ts';
import { agreement, reachEachOther, splitByLeader, until } from './stage/member.ts';
import { useSite } from './stage/use-site.ts';
import { expectOneAtATime, expectToLeadOn, worksUpTo } from './stage/works.ts';

interface Tab extends EngineMember {
  readonly page: HideablePage;
  readonly room: string;
}

const site = useSite();
let browser: Awaited<ReturnType<typeof openHideable>>;
let rooms = 0;

beforeAll(async () => {
  browser = await openHideable();
});

afterAll(() => browser.close());

/** Tabs in one room, opened one after the other; the last one can be seen. */
async function open(
  count: number,
  {
    inside = browser,
    query = '',
    ...options
  }: { readonly preferVisible?: boolean; readonly inside?: HideableBrowser; readonly query?: string } = {},
): Promise<Tab[]> {
  const room = `hidden-${rooms++}`;
  const tabs: Tab[] = [];
  while (tabs.length < count) {
    const member = await joinIn(inside, `${site.url}${query}`, { url: '', room, tabs: true, ...options });
    tabs.push({ ...member, room } as Tab);
    await until(
      'it knows who leads',
      () => tabs.at(-1)!.ask('report'),
      ({ leader }) => leader !== null,
    );
  }
  return tabs;
}

async function close(tabs: readonly Tab[]): Promise<void> {
  for (const { page } of tabs) await page.close();
}

test('L1, F1: a leader that is frozen hands over as it freezes, and does not lead at the first read after it has thawed', async () => {
  const tabs = await open(3, { preferVisible: false });
  const before = await agreement(tabs);
  const [frozen, awake] = splitByLeader(tabs, before);
  await readOnResuming(frozen);
  expect(await frozen.ask('check')).toBeNull();
  await frozen.page.freeze();
  const next = await agreement(awake);
  expect(next.term).toBeGreaterThan(before.term);
  expectOneAtATime(await worksUpTo(next, async () => site.worksIn(frozen.room)));
  expect(await thawed(frozen)).toEqual(replaced);
  await expectToLeadOn(next, await agreement(tabs), async () => site.worksIn(frozen.room));
  await close(tabs);
});

test('L1, F1: a leader that is frozen alone is robbed by those who come then, and does not lead at the first read after it has thawed', async () => {
  const [frozen] = (await open(1, { preferVisible: false })) as [Tab];
  const before = await agreement([frozen]);
  await readOnResuming(frozen);
  const front = await browser.open('about:blank'); // hides the one before
  await frozen.page.freeze();
  const where = { url: '', room: frozen.room, tabs: true, preferVisible: false };
  const newcomers = [await joinIn(browser, site.url, where), await joinIn(browser, site.url, where)];
  const next = await agreement(newcomers);
  expect(next.term).toBeGreaterThan(before.term);
  expect(await thawed(frozen)).toEqual(replaced);
  await expectToLeadOn(next, await agreement([frozen, ...newcomers]), async () => site.worksIn(frozen.room));
  for (const page of [frozen.page, front, ...newcomers.map((newcomer) => newcomer.page)]) await page.close();
});

/** What it believes at the first read after it has been frozen is kept as `readOnResuming`. */
async function readOnResuming({ page }: Tab): Promise<void> {
  await page.evaluate(`document.addEventListener('resume', () => {
    globalThis.readOnResuming = ${firstRead};
  }, { capture: true, once: true })`);
}

/** Resolves with what it believed at that first read: the browser says that it has thawed before the page hears of it. */
async function thawed({ page }: Tab): Promise<unknown> {
  await page.thaw();
  return until(
    'the page goes on',
    () => page.evaluate('globalThis.readOnResuming ?? null'),
    (read) => read !== null,
  );
}

test('a hidden leader hands over to the tab that can be seen, not when the user looks elsewhere for a moment', async () => {
  const tabs = await open(2);
  const [first, second] = tabs as [Tab, Tab];
  const seen = await until(
    'the tab in front leads',
    () => agreement(tabs),
    ({ id }) => id === second.id,
  );
  for (const [tab, visible] of [
    [first, false],
    [second, true],
  ] as const) {
    await tab.page.show();
    await until(
      'the leader knows',
      () => second.page.evaluate('document.visibilityState'),
      (state) => state === (visible ? 'visible' : 'hidden'),
    );
  }
  await expectToLeadOn(seen, await agreement(tabs), async () => site.worksIn(first.room));
  await first.page.show();
  const last = await until(
    'the tab in front leads',
    () => agreement(tabs),
    ({ id }) => id === first.id,
  );
  expectOneAtATime(await worksUpTo(last, async () => site.worksIn(first.room)));
  await close(tabs);
});

test('L1: a leader that is hidden leads on where it may have no worker, at the pace of its own timers', async () => {
  const tabs = await open(2, { preferVisible: false, query: '?without-workers' });
  const before = await agreement(tabs);
  const [hidden] = splitByLeader(tabs, before);
  expect(await hidden.page.evaluate('document.visibilityState')).toBe('hidden');
  const { own, ours } = (await hidden.page.evaluate('raceTimers(20, 4)')) as {
    readonly own: number;
    readonly ours: number;
  };
  expect(Math.min(own, ours)).toBeGreaterThanOrEqual(3);
  await expectToLeadOn(before, await agreement(tabs), async () => site.worksIn(hidden.room));
  await close(tabs);
});

test(
  'L1: a tab that has been hidden for so long that its own timers run once a minute leads on',
  { timeout: 120_000 },
  async () => {
    const inside = await openHideable(['--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/1']);
    try {
      const tabs = await open(2, { preferVisible: false, inside });
      const before = await agreement(tabs);
      const [hidden] = splitByLeader(tabs, before);
      expect(await hidden.page.evaluate('document.visibilityState')).toBe('hidden');
      const ran = await hidden.page.evaluate('raceTimers(400, 50)');
      expect(ran).toEqual({ ours: 50, own: expect.toSatisfy(isThrottledByTheMinute) });
      await expectToLeadOn(before, await agreement(tabs), async () => site.worksIn(hidden.room));
    } finally {
      await inside.close();
    }
  },
);

/** A page that is merely hidden runs 20 in that time. The first few of a chain are never held back by more than that. */
function isThrottledByTheMinute(own: unknown): boolean {
  return Number(own) <= 12;
}

test(
  'L1, F1: a tab with a twentieth of its time leads on among others like it, and is replaced when it closes',
  { timeout: 120_000 },
  async () => {
    const tabs = await open(3, { preferVisible: false });
    const { id } = await agreement(tabs);
    for (const { page } of tabs) await page.slowDown(20);
    // Before it knows how slow it is, and where its time comes in bursts, it may lose its term, and leads in a higher one.
    await tabs[0]!.page.evaluate('raceTimers(400, 50)');
    const before = await agreement(tabs);
    expect(before.id).toBe(id);
    const [leading, others] = splitByLeader(tabs, before);
    for (const other of others) expect(await other.ask('works')).toEqual([]);
    // With its own time for that: who takes too long to go is ended by the browser before it can tell when it stopped.
    await leading.page.slowDown(1);
    await leading.page.close();
    const next = await agreement(others);
    expect(next.term).toBeGreaterThan(before.term);
    const works = await worksUpTo(next, async () => site.worksIn(leading.room));
    expect(works.length).toBeGreaterThanOrEqual(2);
    expectOneAtATime(works);
    await close(others);
  },
);

test('a tab that is duplicated, with all that it keeps for its session, is a member of its own', async () => {
  const [tab] = (await open(1)) as [Tab];
  await tab.page.evaluate('sessionStorage.setItem("mark", "cloned")');
  const twin = await tab.page.duplicate();
  expect(await twin.evaluate('sessionStorage.getItem("mark")')).toBe('cloned');
  const second = (await startIn(twin, { url: '', room: tab.room, tabs: true, preferVisible: false })) as Tab;
  expect(second.id).not.toBe(tab.id);
  await reachEachOther([tab, second]);
  const before = await agreement([tab, second]);
  await tab.page.close();
  expect((await agreement([second])).term).toBeGreaterThanOrEqual(before.term);
  await twin.close();
});
