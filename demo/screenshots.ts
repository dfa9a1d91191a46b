/**
 * Makes the README's pictures from the running page:
 *
 *     node --conditions=bellwether-source --import tsx demo/screenshots.ts
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium, errors, type BrowserContext, type Frame, type Page } from 'playwright';
import { startDemo } from './server.js';

const folder = fileURLToPath(new URL('./pictures/', import.meta.url));
const systemChromium = '/usr/bin/chromium';
const names = ['Merino', 'Texel', 'Soay', 'Romney', 'Jacob'];

/** On a machine with nothing else to do, round trips in one browser stay below this. */
const calmMs = 25;
const calmWithinMs = 30_000;
/** A wish for the bell is granted within this, or was lost. */
const askedMs = 5_000;

const demo = await startDemo({ port: 0, quiet: true });
const browser = await chromium.launch({
  ...(existsSync(systemChromium) ? { executablePath: systemChromium } : {}),
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  await mkdir(folder, { recursive: true });
  await wide();
  await wideCut();
  await phone();
  await grid();
} finally {
  await browser.close();
  await demo.close();
}

/** Tabs of two browsers, as far as they can tell. */
async function wide(): Promise<void> {
  const contexts = await profiles(2, { width: 1000, height: 620 });
  await picture(await gather(contexts, 'meadow'), 'wide-light');
  await Promise.all(contexts.map((context) => context.close()));
}

/** Tabs of one browser: each sees both sides of a cut. */
async function wideCut(): Promise<void> {
  const contexts = await profiles(1, { width: 1000, height: 620 });
  const page = await gather(contexts, 'pasture');
  await page.emulateMedia({ colorScheme: 'dark' });
  await cutInTwo(page);
  await picture(page, 'wide-dark-cut');
  await Promise.all(contexts.map((context) => context.close()));
}

async function phone(): Promise<void> {
  const contexts = await profiles(2, { width: 360, height: 640 });
  await picture(await gather(contexts, 'orchard'), 'phone');
  await Promise.all(contexts.map((context) => context.close()));
}

function profiles(count: number, viewport: { width: number; height: number }): Promise<BrowserContext[]> {
  return Promise.all(Array.from({ length: count }, () => browser.newContext({ viewport })));
}

async function grid(): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 760 } });
  const page = await context.newPage();
  await page.goto(`${demo.url}?room=paddock&grid=4`);
  await page.getByTestId('grid-summary').getByText('four members, one leader').waitFor();
  const frames = page.frames().slice(1);
  await Promise.all(frames.map((frame) => agreed(frame, frames.length)));
  const [first, second] = frames as [Frame, Frame];
  await takeTheBell((await leads(first)) ? second : first);
  await Promise.all(frames.map((frame) => handedOver(frame)));
  await Promise.all(frames.map((frame) => calm(frame)));
  await picture(page, 'grid');
  await context.close();
}

/** The first screen: pressing a button may have scrolled. */
async function picture(page: Page, name: string): Promise<void> {
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: `${folder}${name}.png` });
}

/** The page of the first of five members that agree, after two handovers, so that there is a time line to see. */
async function gather(contexts: readonly BrowserContext[], room: string): Promise<Page> {
  const pages: Page[] = [];
  for (const [at, name] of names.entries()) {
    const page = await (contexts[at % contexts.length] as BrowserContext).newPage();
    await page.goto(`${demo.url}?room=${room}&name=${name}`);
    pages.push(page);
  }
  const [first, second] = pages as [Page, Page];
  for (const page of pages) await agreed(page, names.length);
  await takeTheBell(second);
  await counted(first, 200);
  await takeTheBell(first);
  await counted(first, 320);
  await first.bringToFront();
  for (const page of pages) await agreed(page, names.length);
  await handedOver(first);
  await calm(first);
  return first;
}

/** All follow one leader, and every link from here is direct. */
async function agreed(page: Page | Frame, count: number): Promise<void> {
  await page.getByTestId('agreement').getByText(`all ${count} agree`).waitFor();
  await page.waitForFunction(
    (direct) =>
      document.querySelectorAll('[data-testid="member"]:is([data-path="webrtc"], [data-path="broadcast"])').length ===
      direct,
    count - 1,
  );
}

/** The figures of a handover are there. */
async function handedOver(page: Page | Frame): Promise<void> {
  await page
    .getByTestId('handover-report')
    .getByText(/ticks? lost/)
    .waitFor();
}

/** Nobody is on the way to a seat. */
async function seated(page: Page | Frame): Promise<void> {
  await page.waitForFunction(() => !document.querySelector('.ring[data-moving]'));
}

/** Nor does anything else happen: round trips are those of an idle machine; says so where they are not. */
async function calm(page: Page | Frame): Promise<void> {
  await seated(page);
  try {
    await page.waitForFunction(
      (mostMs) =>
        [...window.cluster.members.values()].every(({ isSelf, reachable, rttMs }) => {
          return isSelf || !reachable || (rttMs !== null && rttMs < mostMs);
        }),
      calmMs,
      { timeout: calmWithinMs },
    );
  } catch (error) {
    if (!(error instanceof errors.TimeoutError)) throw error;
    console.warn(`Round trips stay above ${calmMs} ms: this machine is too busy for pictures that are to be kept.`);
  }
}

function leads(page: Page | Frame): Promise<boolean> {
  return page.evaluate(() => window.cluster.isLeader);
}

/** Asks again where the leader has changed before it heard of the wish. */
async function takeTheBell(page: Page | Frame): Promise<void> {
  const crowned = page.locator('[data-testid="member"][data-self="true"][data-leader="true"]');
  for (let times = 0; times < 10 && !(await leads(page)); times++) {
    await page.getByTestId('button-handover').click();
    await crowned.waitFor({ timeout: askedMs }).catch(() => {});
  }
  await crowned.waitFor();
}

async function counted(page: Page, ticks: number): Promise<void> {
  await page.waitForFunction(
    (least) => Number(document.querySelector('[data-testid="counter"]')?.textContent) >= least,
    ticks,
  );
}

/** Cuts the last two off, and waits until both sides have settled, and the drawing shows it. */
async function cutInTwo(page: Page): Promise<void> {
  await page.getByTestId('switch-naive').check();
  const others = page.locator('[data-testid="member"][data-self="false"]');
  for (const at of [2, 3]) await others.nth(at).press('Enter');
  await page.getByTestId('button-cut').click();
  await page.locator('[data-testid="leaders"][data-count="1"]').waitFor();
  await page.locator('[data-testid="naive-hosts"][data-count="2"]').waitFor();
  await page.getByTestId('agreement').getByText('all 3 agree').waitFor();
  await page.waitForFunction(() => document.querySelectorAll('[data-testid="member"][data-apart="true"]').length === 2);
  await seated(page); // whoever is missed for longer loses its vote
}
