import type { Page } from 'playwright';
import { expect, test, vi } from 'vitest';
import { counting, handedOver, idOf, leaders, led, nameOf, untilLeaders, useDemo } from './stage/demo.ts';
import { until } from './stage/member.ts';
import { termInWords } from '../../demo/term.ts';

// On a busy machine pages take their time.
vi.setConfig({ testTimeout: 180_000 });

const { openTabs } = useDemo();
const byAvailable = { elector: 'available' };

test('two tabs show the same leader; the bell is in the title and the icon of the tab that leads', async () => {
  const tabs = await openTabs(['Ada', 'Bob']);
  const [leader, [follower]] = (await led(tabs)) as [Page, [Page]];
  const name = await nameOf(leader);

  for (const tab of tabs) await tab.getByTestId('leader-name').getByText(name).waitFor();
  await until(
    'the title of the leader says so',
    () => leader.title(),
    (title) => title === `🔔 ${name} leads`,
  );
  expect(await follower.title()).toBe(`${name} leads · ${await nameOf(follower)}`);
  const icon = (tab: Page): Promise<string | null> => tab.locator('#favicon').getAttribute('href');
  expect(await icon(leader)).toMatch(/^data:image\/svg/);
  expect(await icon(leader)).not.toBe(await icon(follower));
  await leader.locator('[data-testid="member"][data-leader="true"][data-self="true"]').waitFor();
  await follower.locator('[data-testid="member"][data-leader="true"][data-self="false"]').waitFor();
});

test.each([
  ['broadcast', {}, ['demo']],
  ['webrtc', {}, ['demo', 'second', 'third']],
  ['relay', { rtc: 'off' }, ['demo', 'second', 'third']],
])(
  'links on %s have the colour that the legend gives them, and say their round trips',
  async (path, query, browsers) => {
    const tabs = await openTabs(['Ada', 'Bob', 'Cy'], query, browsers);
    const [leader] = await led(tabs);
    const links = leader.locator(`.thread[data-own="true"][data-path="${path}"]`);

    await until(
      `both links of the leader are on ${path}`,
      () => links.count(),
      (count) => count === 2,
    );

    const labels = leader.locator(`.rtt[data-path="${path}"]`);
    await until(
      'both say their round trip',
      () => labels.allTextContents(),
      (texts) => texts.filter((text) => /^[\d.]+ (ms|s)$/.test(text)).length === 2,
    );
    const [drawn, told] = await until(
      'one of them is drawn',
      () =>
        leader.evaluate((kind) => {
          const link = document.querySelector(`.thread[data-own="true"][data-path="${kind}"]`);
          const sample = document.querySelector(`.legend [data-path="${kind}"] i`);
          return [link && getComputedStyle(link).stroke, sample && getComputedStyle(sample).borderTopColor];
        }, path),
      ([stroke]) => stroke !== null, // a link that is doubted for a moment is on no path
    );
    expect(drawn).toMatch(/^rgb/);
    expect(drawn).toBe(told);
  },
);

test('a handover is seen: the counter goes on, with no tick lost and none counted twice, and the time line tells', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy']);
  await led(tabs);
  await counting(tabs);

  const { leader, term: before, next } = await handedOver(tabs, (tab) => tab.getByTestId('button-handover').click());

  const report = next.getByTestId('handover-report');
  await report.getByText(/\d ms/).waitFor();
  expect(await report.textContent()).toMatch(/^[\d.]+ ms, 0 ticks lost, 0 counted twice$/);
  await counting(tabs);
  const after = await next.evaluate(() => ({
    term: window.cluster.leader?.term ?? 0,
    name: (window.cluster.leader?.info as { name: string } | undefined)?.name,
  }));
  expect(after.term).toBeGreaterThan(before);
  await next.locator('.led').nth(1).waitFor();
  const told = (await next.getByTestId('timeline').getAttribute('aria-label')) ?? '';
  expect(told).toContain(`${await nameOf(leader)} in term ${termInWords(before)}`);
  expect(told).toContain(`${after.name} in term ${termInWords(after.term)}`);
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
  await next.getByTestId('handover-report').getByText(/\d ms/).waitFor();
});

test('A1: cut in two, each side has a leader; healed, one stays; the naive way beside it has two hosts', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy', 'Dan'], byAvailable);
  const [ada] = tabs as [Page];
  const naiveHosts = (): Promise<string | null> => ada.getByTestId('naive-hosts').getAttribute('data-count');
  await led(tabs);
  await ada.getByTestId('switch-naive').check();
  await until('the naive way has a host', naiveHosts, (count) => count === '1');

  await ada.getByTestId('button-cut').click();

  await untilLeaders(tabs, 2);
  await until('the naive way has two hosts', naiveHosts, (count) => count === '2');
  await until(
    'both hosts are marked in the ring',
    () => ada.locator('[data-testid="member"][data-naive-host="true"]').count(),
    (count) => count === 2,
  );

  await ada.getByTestId('button-heal').click();

  const [leader] = await led(tabs);
  expect(await leaders(tabs)).toEqual([leader]);
  await until('the naive way has one host', naiveHosts, (count) => count === '1');
});

test('A2: a cut between two browsers is healed from either side of it', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy'], byAvailable, ['one', 'other']);
  const [ada, bob] = tabs as [Page, Page];
  await led(tabs);
  for (const healer of [ada, bob]) {
    await ada.locator(`[data-testid="member"][data-id="${await idOf(bob)}"]`).press('Enter');
    await ada.getByTestId('button-cut').click();
    await untilLeaders(tabs, 2);

    await healer.getByTestId('button-heal').click();

    await led(tabs);
  }
});

test('a leader that cuts its own links is replaced, and only one of the two stays when it is healed', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy'], byAvailable);
  const [leader, others] = await led(tabs);

  await leader.getByTestId('button-cut-mine').click();

  const [next] = await led(others);
  await leader.getByTestId('agreement').getByText('nobody else in reach').waitFor();
  expect(await leaders(tabs)).toEqual(expect.arrayContaining([leader, next]));

  await leader.getByTestId('button-heal').click();

  expect([leader, next]).toContain((await led(tabs))[0]);
});

test('dragged apart, members are cut off; dragged back, they meet again', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy'], byAvailable);
  const [leader, others] = await led(tabs);
  const [follower] = others as [Page];
  const [leaderId, followerId] = [await idOf(leader), await idOf(follower)];

  await dragUntil(follower, leaderId, { apart: true }, async () => ({ x: 0, y: 150 }));

  await led(others);
  await untilLeaders(tabs, 2);

  await dragUntil(follower, leaderId, { apart: false }, async (from) => {
    const to = await middleOf(follower, followerId);
    return { x: to.x - from.x, y: to.y - from.y };
  });

  await led(tabs);
});

test('a frozen leader is replaced, and follows when it thaws', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy']);
  const [leader, others] = await led(tabs);

  await leader.getByTestId('button-freeze').click();
  await led(others);

  await leader.getByTestId('button-freeze').click();
  await led(tabs);
});

test('a member leaves by its button, the rest go on, and it comes back as a new one', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy']);
  const [leader, others] = await led(tabs);
  const before = await idOf(leader);
  await leader.getByTestId('state').getByText('online').waitFor();

  await leader.getByTestId('button-leave').click();

  expect(others).toContain((await led(others))[0]);
  await leader.getByTestId('state').getByText('left').waitFor();

  await leader.getByTestId('button-leave').click();

  await led(tabs);
  expect(await idOf(leader)).not.toBe(before);
  await leader.getByTestId('state').getByText('online').waitFor();
});

test('another tab, opened by the button, joins the same room under a name of its own', async () => {
  const [ada] = (await openTabs(['Ada'])) as [Page];
  await led([ada]);

  const [other] = await Promise.all([ada.context().waitForEvent('page'), ada.getByTestId('button-open').click()]);
  await other.waitForURL(({ searchParams }) => searchParams.has('room'));

  await led([ada, other]);
  expect(await nameOf(other)).not.toBe('Ada');
});

test('a member renames itself, and the others see it', async () => {
  const [ada, bob] = (await openTabs(['Ada', 'Bob'])) as [Page, Page];
  await led([ada, bob]);

  await ada.getByTestId('name').fill('Ada Lovelace');
  await ada.getByTestId('name').press('Enter');

  await bob.locator('[data-testid="member"] .name').getByText('Ada Lovelace').waitFor();
});

test('the grid shows four members in frames on one page, with one leader among them', async () => {
  const [page] = (await openTabs([null], { grid: '4' })) as [Page];
  const frames = await until(
    'four frames have joined',
    async () => {
      const inside = page.frames().slice(1);
      const joined = await Promise.all(
        inside.map(
          (frame) =>
            frame
              .evaluate(
                () =>
                  [...(window.cluster?.members.values() ?? [])].filter(({ role }) => role !== 'witness').length === 4,
              )
              .catch(() => false), // it is being loaded
        ),
      );
      return inside.filter((_, n) => joined[n]);
    },
    ({ length }) => length === 4,
    60_000,
  );
  expect(frames).toContain((await led(frames))[0]);
  await page.getByTestId('grid-summary').getByText('four members, one leader').waitFor();
});

/** Waits until the ring draws that many members, and none of them moves. */
async function allSeated(tab: Page, count: number): Promise<void> {
  await tab.bringToFront();
  await until(
    'all members sit',
    () =>
      tab.evaluate(() => ({
        members: document.querySelectorAll('[data-testid="member"]').length,
        moving: document.querySelector('.ring')?.hasAttribute('data-moving'),
      })),
    ({ members, moving }) => members === count && !moving,
  );
}

async function middleOf(tab: Page, id: string): Promise<Point> {
  const box = await tab.locator(`[data-testid="member"][data-id="${id}"] .fleece`).boundingBox();
  return { x: (box?.x ?? 0) + (box?.width ?? 0) / 2, y: (box?.y ?? 0) + (box?.height ?? 0) / 2 };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const mostDrags = 3;

/** Drags a member until it is drawn as cut off, or not: a member that is doubted for a moment moves the seats of all. */
async function dragUntil(
  tab: Page,
  id: string,
  { apart }: { readonly apart: boolean },
  by: (from: Point) => Promise<Point>,
): Promise<void> {
  const drawn = tab.locator(`[data-testid="member"][data-id="${id}"][data-apart="${apart}"]`);
  for (let drags = 1; ; drags++) {
    await allSeated(tab, 3);
    const from = await middleOf(tab, id);
    await drag(tab, from, await by(from));
    try {
      return await drawn.waitFor({ timeout: 10_000 });
    } catch (error) {
      if (drags === mostDrags) throw error;
    }
  }
}

async function drag(tab: Page, from: Point, by: Point): Promise<void> {
  await tab.mouse.move(from.x, from.y);
  await tab.mouse.down();
  await tab.mouse.move(from.x + by.x, from.y + by.y, { steps: 5 });
  await tab.mouse.up();
}
