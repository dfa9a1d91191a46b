import type { Frame, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Demo, startDemo } from '../../demo/server.js';
import { until } from './stage/member.ts';
import { listen } from './stage/page.ts';
import { startProcess } from './stage/process.ts';
import { useStage } from './stage/use-stage.ts';

const stage = useStage();
let demo: Demo;
let rooms = 0;

beforeAll(async () => {
  const build = startProcess(process.execPath, [
    'node_modules/vite/bin/vite.js',
    'build',
    '--config',
    'demo/vite.config.ts',
  ]);
  if ((await build.exited).code !== 0) throw new Error(build.output());
  demo = await startDemo({ port: 0, quiet: true });
});
afterAll(() => demo.close());

test('two tabs show the same leader; the bell is in the title and the icon of the tab that leads', async () => {
  const tabs = await openTabs(['Ada', 'Bob']);
  const [leader, [follower]] = await led(tabs);
  const name = await nameOf(leader);

  for (const tab of tabs) await tab.getByTestId('leader-name').getByText(name).waitFor();
  expect(await leader.title()).not.toBe(await follower?.title());
  const icon = (tab: Page): Promise<string | null> => tab.locator('#favicon').getAttribute('href');
  expect(await icon(leader)).not.toBe(await icon(follower as Page));
  await leader.locator('[data-testid="member"][data-leader="true"][data-self="true"]').waitFor();
  await (follower as Page).locator('[data-testid="member"][data-leader="true"][data-self="false"]').waitFor();
});

test('a handover is seen: the counter goes on, with no tick lost and none counted twice', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy']);
  const [leader] = await led(tabs);
  await counting(tabs);

  await leader.getByTestId('button-handover').click();

  const [next] = await led(tabs, (tab) => tab !== leader);
  const report = next.getByTestId('handover-report');
  await report.getByText(/\d ms/).waitFor();
  expect(await report.textContent()).toMatch(/\d ms, 0 ticks lost, 0 counted twice/);
  await counting(tabs);
});

test('closing the tab of the leader is seen as a handover by the others', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy']);
  const [leader, others] = await led(tabs);
  await counting(tabs);

  await leader.close();

  const [next] = await led(others);
  const name = await nameOf(next);
  for (const tab of others) await tab.getByTestId('leader-name').getByText(name).waitFor();
  await counting(others);
  expect(await next.getByTestId('handover-report').textContent()).toMatch(/\d ms/);
});

test('cut in two, each side has a leader; healed, one stays; the naive way beside it has two hosts', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy', 'Dan']);
  const [ada] = tabs as [Page];
  const naiveHosts = (): Promise<string | null> => ada.getByTestId('naive-hosts').getAttribute('data-count');
  await led(tabs);
  await ada.getByTestId('switch-naive').check();
  await until('the naive way has a host', naiveHosts, (count) => count === '1');

  await ada.getByTestId('button-cut').click();

  await until(
    'two tabs lead',
    () => leaders(tabs),
    ({ length }) => length === 2,
  );
  await until('the naive way has two hosts', naiveHosts, (count) => count === '2');

  await ada.getByTestId('button-heal').click();

  const [leader] = await led(tabs);
  expect(await leaders(tabs)).toEqual([leader]);
  await until('the naive way has one host', naiveHosts, (count) => count === '1');
});

test('a frozen leader is replaced, and follows when it thaws', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy']);
  const [leader, others] = await led(tabs);

  await leader.getByTestId('button-freeze').click();
  const [next] = await led(others);

  await leader.getByTestId('button-freeze').click();
  expect([leader, next]).toContain((await led(tabs))[0]);
});

test('a member leaves by its button, and the rest go on', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy']);
  const [leader, others] = await led(tabs);

  await leader.getByTestId('button-leave').click();

  expect(others).toContain((await led(others))[0]);
  await leader.getByTestId('state').getByText('left').waitFor();
});

test('the grid shows four members in frames on one page, with one leader among them', async () => {
  const [page] = (await openTabs([null], { grid: '4' })) as [Page];
  const frames = await until(
    'four frames have joined',
    async () => {
      const inside = page.frames().slice(1);
      const joined = await Promise.all(inside.map((frame) => frame.evaluate(() => window.cluster?.members.size === 4)));
      return inside.filter((_, n) => joined[n]);
    },
    ({ length }) => length === 4,
  );
  expect(frames).toContain((await led(frames))[0]);
});

test('the keyboard chooses a member on the ring and hands over to it', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy']);
  const [leader, [heir]] = (await led(tabs)) as [Page, [Page]];
  const heirId = await heir.evaluate(() => window.cluster.id);

  const token = leader.locator(`[data-testid="member"][data-id="${heirId}"]`);
  await token.focus();
  await leader.keyboard.press('Enter');
  expect(await token.getAttribute('aria-pressed')).toBe('true');
  await leader.getByTestId('button-handover').focus();
  await leader.keyboard.press('Enter');

  await led(tabs, (tab) => tab === heir);
});

test.each([
  ['a member', {}],
  ['the grid', { grid: '4' }],
  ['a member beside the naive way', { naive: '' }],
])('the page of %s fits a phone: nothing reaches over its edge', async (_, query) => {
  const [page] = (await openTabs(['Ada'], query)) as [Page];
  await page.setViewportSize({ width: 360, height: 740 });
  await until(
    'the page has been laid out',
    () => page.evaluate(() => document.body.dataset['view'] ?? ''),
    (view) => view !== 'loading',
  );
  const { content, window: width } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    window: window.innerWidth,
  }));
  expect(content).toBeLessThanOrEqual(width);
});

/** Tabs of one browser, in a room of their own. */
async function openTabs(names: readonly (string | null)[], query: Record<string, string> = {}): Promise<Page[]> {
  const context = await stage.context('demo');
  const room = `demo-${rooms++}`;
  return Promise.all(
    names.map(async (name) => {
      const url = new URL(demo.url);
      for (const [key, value] of Object.entries({ ...query, room, ...(name ? { name } : {}) })) {
        url.searchParams.set(key, value);
      }
      const page = await context.newPage();
      listen(page, stage.complain);
      await page.goto(url.href);
      return page;
    }),
  );
}

/** Waits until all of these follow one of them, for which `wanted` holds; returns it, and the others. */
async function led<Tab extends Page | Frame>(
  tabs: readonly Tab[],
  wanted: (leader: Tab) => boolean = () => true,
): Promise<[leader: Tab, others: Tab[]]> {
  const read = (): Promise<{ id: string; leader: string | null; isLeader: boolean }[]> =>
    Promise.all(
      tabs.map((tab) =>
        tab.evaluate(() => ({
          id: window.cluster?.id ?? '',
          leader: window.cluster?.leader?.id ?? null,
          isLeader: window.cluster?.isLeader ?? false,
        })),
      ),
    );
  const seen = await until('all follow one of them', read, (all) => {
    const leading = all.findIndex(({ isLeader }) => isLeader);
    return leading >= 0 && wanted(tabs[leading] as Tab) && all.every(({ leader }) => leader === all[leading]?.id);
  });
  const leader = tabs[seen.findIndex(({ isLeader }) => isLeader)] as Tab;
  return [leader, tabs.filter((tab) => tab !== leader)];
}

async function leaders(tabs: readonly Page[]): Promise<Page[]> {
  const leading = await Promise.all(tabs.map((tab) => tab.evaluate(() => window.cluster.isLeader)));
  return tabs.filter((_, n) => leading[n]);
}

/** Waits until each tab has shown a later count than it shows now. */
async function counting(tabs: readonly Page[]): Promise<void> {
  await Promise.all(
    tabs.map(async (tab) => {
      const count = async (): Promise<number> => {
        const text = (await tab.getByTestId('counter').textContent()) ?? '';
        return Number(text.replaceAll(/\D/g, ''));
      };
      const before = await count();
      await until('the counter goes on', count, (now) => now > before);
    }),
  );
}

function nameOf(tab: Page): Promise<string> {
  return tab.getByTestId('name').inputValue();
}
