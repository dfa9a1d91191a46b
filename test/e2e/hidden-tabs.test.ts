import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EngineMember, joinIn } from './stage/engine.ts';
import { type HideablePage, openHideable } from './stage/hideable.ts';
import { agreement, splitByLeader, until } from './stage/member.ts';
import { serveSite, type Site } from './stage/site.ts';

interface Tab extends EngineMember {
  readonly page: HideablePage;
}

let site: Site;
let browser: Awaited<ReturnType<typeof openHideable>>;
let rooms = 0;

beforeAll(async () => {
  [site, browser] = await Promise.all([serveSite(), openHideable()]);
});

afterAll(async () => {
  await browser.close();
  await site.close();
});

/** Tabs in one room, opened one after the other; the last one can be seen. */
async function open(count: number, options: { readonly preferVisible?: boolean } = {}): Promise<Tab[]> {
  const room = `hidden-${rooms++}`;
  const tabs: Tab[] = [];
  while (tabs.length < count) {
    tabs.push((await joinIn(browser, site.url, { url: '', room, tabs: true, ...options })) as Tab);
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
  await frozen.page.freeze();
  const next = await agreement(awake);
  expect(next.term).toBeGreaterThan(before.term);
  await frozen.page.thaw();
  expect((await frozen.ask('report')).isLeader).toBe(false);
  expect(await agreement(tabs)).toEqual(next);
  await close(tabs);
});

test('L1, F1: a leader whose main thread hangs is robbed, and knows so before it does anything else', async () => {
  const tabs = await open(2, { preferVisible: false });
  const before = await agreement(tabs);
  const [hung, [other]] = splitByLeader(tabs, before);
  const read = hung.page.evaluate(`(() => {
    const end = performance.now() + 6000;
    while (performance.now() < end);
    return participant.report().isLeader;
  })()`);
  const next = await agreement([other!]);
  expect(next.term).toBeGreaterThan(before.term);
  expect(await read).toBe(false);
  expect(await agreement(tabs)).toEqual(next);
  await close(tabs);
});

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
  expect(await agreement(tabs)).toEqual(seen);
  await first.page.show();
  await until(
    'the tab in front leads',
    () => agreement(tabs),
    ({ id }) => id === first.id,
  );
  await close(tabs);
});
