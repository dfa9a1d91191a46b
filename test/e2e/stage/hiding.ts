import { launch, type Browser, type Page } from 'puppeteer-core';
import { chromiumArguments, findChromium } from '../../browsers/chromium.js';
import type { EnginePage } from './engine.ts';

/** A Chromium whose tabs hide each other, as a person's do: Playwright keeps all of its pages visible. */
export interface HidingBrowser {
  /** A new tab, in front of the others, which are hidden from now on. */
  open(url: string): Promise<HidingPage>;
  close(): Promise<void>;
}

export interface HidingPage extends EnginePage {
  /** Brings this tab to the front; the one that was there is hidden. */
  show(): Promise<void>;
  /** A frozen page runs nothing until it thaws. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
}

/** Without the flags that keep hidden pages at full speed. */
const ignoreDefaultArgs = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

export async function openHiding(): Promise<HidingBrowser> {
  const executablePath = await findChromium();
  if (!executablePath) throw new Error('no Chromium here: run `npx playwright install --with-deps chromium`');
  const browser = await launch({ executablePath, args: [...chromiumArguments], ignoreDefaultArgs, headless: true });
  return { open: (url) => openPage(browser, url), close: () => browser.close() };
}

async function openPage(browser: Browser, url: string): Promise<HidingPage> {
  const page = await browser.newPage();
  await page.goto(url);
  const show = (): Promise<void> => page.bringToFront();
  await show();
  return {
    evaluate: (expression) => page.evaluate(expression),
    goto: async (next) => void (await page.goto(next)),
    close: () => page.close(),
    show,
    freeze: () => setState(page, 'frozen'),
    thaw: () => setState(page, 'active'),
  };
}

async function setState(page: Page, state: 'frozen' | 'active'): Promise<void> {
  const session = await page.createCDPSession();
  await session.send('Page.setWebLifecycleState', { state });
  await session.detach();
}
