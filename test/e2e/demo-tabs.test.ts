import type { Page } from 'playwright';
import { expect, test, vi } from 'vitest';
import { counting, led, nameOf, untilLeaders, useDemo } from './stage/demo.ts';
import type { EnginePage } from './stage/engine.ts';
import { type HideablePage, openHideable } from './stage/hideable.ts';
import { until } from './stage/member.ts';

const { openTabs, urlOf } = useDemo();
vi.setConfig({ testTimeout: 180_000 });
const withoutServer = { network: 'tabs' };

test('without a server, three tabs follow one of them, over links of the same browser, and the legend names no other', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy'], withoutServer);
  const [leader] = await led(tabs);
  await until(
    'both links are drawn as those of one browser',
    () => leader.locator('.thread[data-own="true"][data-path="broadcast"]').count(),
    (count) => count === 2,
  );
  expect(await leader.getByTestId('discovery').textContent()).toBe('no server');
  const named = await leader.locator('.legend li:visible').allTextContents();
  expect(named).toEqual(['same browser', 'no link']);
  const sockets: string[] = [];
  leader.on('websocket', (socket) => sockets.push(socket.url()));
  await leader.reload();
  await led(tabs);
  expect(sockets).toEqual([]);
});

test('L1: the bell goes on when its tab hands over, and when it is closed; the counter goes on with it', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy'], withoutServer);
  const [first] = await led(tabs);
  await counting(tabs);
  await first.getByTestId('button-handover').click();
  const [second] = await led(tabs, (tab) => tab !== first);
  await counting(tabs);
  const report = second.getByTestId('handover-report');
  await report.getByText(/\d ms/).waitFor();
  expect(await report.textContent()).toMatch(/, 0 ticks lost, 0 counted twice$/);

  await second.close();

  const others = tabs.filter((tab) => tab !== second);
  await led(others);
  await counting(others);
});

test('L1: a frozen leader is robbed of the bell, and follows when it thaws', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy'], withoutServer);
  const [frozen, others] = await led(tabs);
  await frozen.getByTestId('button-freeze').click();
  await frozen.getByText('Frozen: this page neither sends nor hears.').waitFor();
  const [next] = await led(others);
  expect(await frozen.evaluate(() => window.cluster.isLeader)).toBe(false);

  await frozen.getByTestId('button-freeze').click();

  await led(tabs, (tab) => tab === next);
  expect(await untilLeaders(tabs, 1)).toEqual([next]);
});

test('the way without a server is a link away, and the way back', async () => {
  const [page] = (await openTabs(['Ada'])) as [Page];
  await led([page]);
  await page.getByTestId('other-network').click();
  await page.getByText('no server').waitFor();
  await led([page]);
  expect(await nameOf(page)).toBe('Ada');
  await page.getByTestId('button-invite').click();
  await page.getByText('more tabs and windows of this browser').waitFor();
  await page.getByTestId('button-close-invite').click();
  await page.getByTestId('other-network').click();
  await page.getByText('server online').waitFor({ state: 'attached' });
});

test.each([
  ['over the server', {}],
  ['without one', withoutServer],
])('%s, who is behind another tab sleeps on its page, and wakes when it comes in front', async (how, network) => {
  await behindAnother(`hidden ${how}`, network, async (ada, bob) => {
    await ada.show();
    await untilDrawn(ada, ['Ada', 'awake'], ['Bob', 'asleep']);

    await bob.show();
    await untilDrawn(bob, ['Ada', 'asleep'], ['Bob', 'awake']);
  });
});

test.each([
  ['over the server', {}],
  ['without one', withoutServer],
])('%s, whom the browser has frozen stands in ice on the pages of others, until it thaws', async (how, network) => {
  await behindAnother(`frozen ${how}`, network, async (ada, bob) => {
    await ada.freeze();
    await untilDrawn(bob, ['Ada', 'frozen'], ['Bob', 'awake']);

    await ada.thaw();
    await untilDrawn(bob, ['Ada', 'asleep'], ['Bob', 'awake']);
    await ada.show();
    await untilDrawn(ada, ['Ada', 'awake'], ['Bob', 'asleep']);
  });
});

/** Runs it with Ada, asleep behind Bob's tab, and Bob. */
async function behindAnother(
  room: string,
  network: Parameters<typeof urlOf>[2],
  run: (ada: HideablePage, bob: HideablePage) => Promise<void>,
): Promise<void> {
  const browser = await openHideable();
  try {
    const open = (name: string) => browser.open(urlOf(room.replaceAll(' ', '-'), name, network));
    const ada = await open('Ada');
    const bob = await open('Bob');
    await untilDrawn(bob, ['Ada', 'asleep'], ['Bob', 'awake']);
    await run(ada, bob);
  } finally {
    await browser.close();
  }
}

/** As that page draws them: open eyes or shut ones, ice or none, and what a screen reader says. */
async function untilDrawn(page: EnginePage, ...wanted: readonly (readonly [name: string, how: string])[]) {
  const drawn = `[...document.querySelectorAll('[data-testid=member]')].map((member) => {
    const isSeen = (part) => getComputedStyle(member.querySelector(part)).visibility === 'visible';
    const spoken = member.getAttribute('aria-label');
    const seen = ['.eyes', '.eyes-shut', '.ice'].filter(isSeen).join();
    const said = ['hidden tab', 'frozen'].filter((word) => spoken.includes(word)).join();
    const hows = {
      '.eyes, ': 'awake',
      '.eyes-shut, hidden tab': 'asleep',
      '.eyes-shut,.ice, hidden tab,frozen': 'frozen',
    };
    const how = seen + ', ' + said;
    return [spoken.split(',')[0], hows[how] ?? how];
  }).toSorted()`;
  await until(
    'they are drawn so',
    () => page.evaluate(drawn),
    (read) => JSON.stringify(read) === JSON.stringify(wanted),
  );
}
