import { afterAll, beforeAll, expect, test } from 'vitest';
import { whereCalm } from './stage/calm.ts';
import { joinIn } from './stage/engine.ts';
import { type HideableBrowser, openHideable } from './stage/hideable.ts';
import { agreement, reachEachOther, until } from './stage/member.ts';
import { useSite } from './stage/use-site.ts';
import { useStage } from './stage/use-stage.ts';

const stage = useStage();
const site = useSite();
let browser: HideableBrowser;

beforeAll(async () => {
  browser = await openHideable();
});

afterAll(() => browser.close());

type Race = { readonly own: number; readonly ours: number };

test('timers of a hidden page keep their time, while the page’s own are clamped', async () => {
  const page = await browser.open(site.url);
  const front = await browser.open(site.url); // hides the one before
  expect(await page.evaluate('document.visibilityState')).toBe('hidden');
  const { own, ours } = (await page.evaluate('raceTimers(20, 100)')) as Race;
  expect(ours).toBe(100);
  expect(own).toBeLessThan(ours / 4);
  await page.show();
  expect(await page.evaluate('document.visibilityState')).toBe('visible');
  const seen = (await page.evaluate('raceTimers(20, 20)')) as Race;
  expect(Math.min(seen.own, seen.ours)).toBeGreaterThan(10);
  await Promise.all([page.close(), front.close()]);
});

test('where the content security policy forbids workers, a hidden page’s timers come as its own do', async () => {
  const page = await browser.open(`${site.url}?without-workers`);
  const front = await browser.open(site.url); // hides the one before
  const { own, ours } = (await page.evaluate('raceTimers(20, 3)')) as Race;
  expect(Math.min(own, ours)).toBeGreaterThanOrEqual(2);
  await Promise.all([page.close(), front.close()]);
});

test.each([
  ['', 'with a worker for its timers'],
  ['?without-workers', 'without a worker'],
])('A1: a leader whose tab is hidden goes on leading (page %s: %s)', (query) =>
  whereCalm(async (watch) => {
    const { name, signaling } = await stage.room();
    const where = { url: signaling.url, room: name };
    const hidden = await joinIn(browser, `${site.url}${query}`, { ...where, priority: 1 });
    const shown = await joinIn(browser, site.url, where);
    const node = await (await stage.room()).node({ ...where });
    const all = [hidden, shown, node];
    await reachEachOther(all);
    const before = await until(
      'the one of the highest priority leads',
      () => agreement(all),
      ({ id }) => id === hidden.id,
    );
    // The page's own timers alone are late whenever it is hidden: that is no pause.
    const calm = watch(query === '' ? all : [shown, node]);
    const told = await Promise.all(all.map((member) => member.ask('seen')));

    // While its own timers would run a few times.
    await shown.page.evaluate('raceTimers(20, 250)');

    const after = await agreement(all);
    const since = await Promise.all(all.map((member) => member.ask('seen')));
    const leaders = since.map((seen, at) => seen.slice(told[at]?.length).filter(({ name: what }) => what === 'leader'));
    await calm.check(() => {
      expect(after).toEqual(before);
      expect(leaders).toEqual([[], [], []]);
    });
  }),
);
