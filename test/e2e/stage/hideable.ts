import { launch, type Page } from 'puppeteer-core';
import { chromiumArguments, findChromium } from '../../browsers/chromium.js';
import type { Engine, TabPage } from './engine.ts';
import { duplicateOf, puppeteerTab } from './puppeteer-tab.ts';

/** A tab that can be behind another one, and frozen. */
export interface HideablePage extends TabPage {
  /** Nothing runs in it, its workers included, until it is thawed. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** From now on its main thread has so small a part of its time. */
  slowDown(times: number): Promise<void>;
  duplicate(): Promise<HideablePage>;
}

/** A Chromium whose hidden tabs are hidden, and throttled. Playwright's say that all of them are seen. */
export interface HideableBrowser extends Engine {
  open(url: string): Promise<HideablePage>;
}

/** What Playwright and Puppeteer add so that pages behind others run as if they were seen. */
const ignoreDefaultArgs = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--disable-back-forward-cache',
];

export async function openHideable(flags: readonly string[] = []): Promise<HideableBrowser> {
  const executablePath = await findChromium();
  if (!executablePath) throw new Error('no Chromium here: run `npx playwright install --with-deps chromium`');
  const browser = await launch({
    executablePath,
    headless: true,
    args: [...chromiumArguments, ...flags],
    ignoreDefaultArgs,
  });
  return {
    pid: browser.process()?.pid ?? 0,
    open: async (url) => {
      const page = await browser.newPage();
      await page.goto(url);
      return hideable(page);
    },
    kill: async () => void browser.process()?.kill('SIGKILL'),
    close: () => browser.close(),
  };
}

async function hideable(page: Page): Promise<HideablePage> {
  const session = await page.createCDPSession();
  return {
    ...puppeteerTab(page),
    freeze: () => session.send('Page.setWebLifecycleState', { state: 'frozen' }),
    thaw: () => session.send('Page.setWebLifecycleState', { state: 'active' }),
    slowDown: (times) => session.send('Emulation.setCPUThrottlingRate', { rate: times }),
    duplicate: async () => hideable(await duplicateOf(page)),
  };
}
