import type { Page } from 'playwright';
import { encode } from 'uqr';
import { expect, test, vi } from 'vitest';
import { handedOver, idOf, led, untilLeaders, useDemo } from './stage/demo.ts';
import { until } from './stage/member.ts';
import { coverings, faintTexts } from './stage/look.ts';

const { openTabs } = useDemo();
vi.setConfig({ testTimeout: 180_000 });
const phone = { width: 360, height: 640 };
const wide = { width: 1000, height: 620 };

test('the tab key goes through everything that one can do, in the order of the page', async () => {
  const [ada] = (await openTabs(['Ada', 'Bob'])) as [Page];
  await until(
    'two members are drawn',
    () => ada.getByTestId('member').count(),
    (count) => count === 2,
  );
  await until(
    'all buttons can be pressed',
    () => ada.locator('.actions button:disabled').count(),
    (count) => count === 0,
  );
  await ada.bringToFront();
  await ada.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());

  const stops: string[] = [];
  while (stops.at(-1) !== 'log' && stops.length < 20) {
    await ada.keyboard.press('Tab');
    stops.push(
      await ada.evaluate(() => {
        const at = document.activeElement as HTMLElement | null;
        return at?.dataset['testid'] ?? at?.className ?? '';
      }),
    );
  }

  expect(stops).toEqual([
    'brand',
    'name',
    'button-invite',
    'button-open',
    'member',
    'member',
    'elector',
    'other-network',
    'button-handover',
    'button-freeze',
    'button-leave',
    'button-cut',
    'button-cut-mine',
    'button-heal',
    'switch-naive',
    'log',
  ]);
});

test('the keyboard alone chooses a member on the ring and hands over to it', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy']);
  let heir: Page | undefined;

  await handedOver(tabs, async (leader, others) => {
    heir = others[0] as Page;
    const token = leader.locator(`[data-testid="member"][data-id="${await idOf(heir)}"]`);
    await leader.bringToFront();
    await leader.getByTestId('member').first().focus();
    for (let step = 0; step < 3 && !(await token.evaluate((it) => it === document.activeElement)); step += 1) {
      await leader.keyboard.press('ArrowRight');
    }
    await leader.keyboard.press('Enter');
    expect(await token.getAttribute('aria-pressed')).toBe('true');
    await leader.getByTestId('button-handover').focus();
    await leader.keyboard.press('Enter');
  });

  await led(tabs, (tab) => tab === heir);
});

test.each([
  ['a member', {}],
  ['the grid', { grid: '4' }],
  ['a member beside the naive way', { naive: '' }],
])('the page of %s fits a phone: nothing reaches over its edge', async (_, query) => {
  const [page] = (await openTabs(['Ada'], query)) as [Page];
  await page.setViewportSize(phone);
  await until(
    'the page has been laid out',
    () => page.evaluate(() => document.body.dataset['view'] ?? ''),
    (view) => view !== 'loading',
  );
  expect(await sideways(page)).toBeLessThanOrEqual(0);
});

test('no member, name or label covers another, together and in a cut, on a wide screen and on a phone', async () => {
  const tabs = await openTabs(['Wensleydale', 'Bob', 'Cy', 'Hebridean', 'Eve'], { naive: '', elector: 'available' });
  const [page] = tabs as [Page];
  await led(tabs);
  await page.bringToFront();

  const look = async (when: string): Promise<void> => {
    for (const size of [wide, phone]) {
      await page.setViewportSize(size);
      await until(
        `${when}, nothing covers another at ${size.width} pixels`,
        () => page.evaluate(coverings),
        ({ drawn, covering }) => drawn === 5 && covering.length === 0,
      );
      expect(await sideways(page)).toBeLessThanOrEqual(0);
    }
  };
  await look('together');

  await page.getByTestId('button-cut').click();

  await untilLeaders(tabs, 2);
  await until(
    'the cut is drawn',
    () => page.locator('[data-testid="member"][data-apart="true"]').count(),
    (count) => count > 0,
  );
  await look('in a cut');
});

test.each(['light', 'dark'] as const)('in the %s scheme every text stands out by 4.5 to 1', async (colorScheme) => {
  const tabs = await openTabs(['Ada', 'Bob'], { naive: '', elector: 'available' });
  const [page] = tabs as [Page];
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await led(tabs);
  await page.getByTestId('button-cut').click();
  await untilLeaders(tabs, 2);
  await page.getByTestId('button-invite').click();

  const ground = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  expect(ground).toBe(colorScheme === 'light' ? 'rgb(244, 242, 234)' : 'rgb(17, 23, 21)');
  const { seen, faint } = await page.evaluate(faintTexts);
  expect(seen).toBeGreaterThan(30);
  expect(faint).toEqual([]);
});

test('who asked for less motion sees none, while the bell goes from one to the other', async () => {
  const tabs = await openTabs(['Ada', 'Bob', 'Cy']);
  const [, [follower]] = (await led(tabs)) as [Page, [Page]];
  await follower.emulateMedia({ reducedMotion: 'reduce' });
  await follower.bringToFront();
  await follower.evaluate(async () => {
    // What moved while this page drew nothing is told with its next frame: it began before anybody asked for less.
    for (let frame = 0; frame < 2; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
    const seen: string[] = [];
    Object.assign(globalThis, { motions: seen });
    for (const kind of ['animationstart', 'transitionrun']) document.addEventListener(kind, () => seen.push(kind));
  });

  await handedOver(tabs, (leader) => leader.getByTestId('button-handover').click());

  await follower.getByTestId('leader-name').getByText(/./).waitFor();
  expect(await follower.evaluate(() => Reflect.get(globalThis, 'motions'))).toEqual([]);
  expect(await follower.evaluate(() => document.getAnimations().length)).toBe(0);
});

test('where the server was started with --host, the invitation shows a QR code of the LAN address', async () => {
  const [first] = (await openTabs(['Ada'])) as [Page];
  const lan = 'http://192.168.7.5:8080';
  const room = new URL(first.url()).searchParams.get('room');
  // What the server writes into the page; that it does, the test of `npm start --host` tells.
  await first.addInitScript((address) => {
    new MutationObserver((_, observer) => {
      const meta = document.querySelector<HTMLMetaElement>('meta[name="lan-address"]');
      if (!meta) return;
      observer.disconnect();
      meta.content = address;
    }).observe(document, { childList: true, subtree: true });
  }, `${lan}/`);
  await first.reload();

  await first.getByTestId('button-invite').click();

  const link = `${lan}/?room=${room}`;
  expect(await first.getByTestId('share-link').inputValue()).toBe(link);
  const code = first.getByRole('img', { name: `QR code of ${link}` });
  await code.waitFor();
  const { data } = encode(link, { ecc: 'M', border: 2 });
  const modules = await code.locator('path').evaluate((path) => path.getAttribute('d')?.match(/M/g)?.length);
  expect(modules).toBe(data.flat().filter(Boolean).length);
});

/** By how many pixels the content is wider than the window. */
function sideways(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}
