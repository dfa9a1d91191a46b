import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, type Page } from 'puppeteer-core';
import { chromiumArguments, chromiumCommand, findChromium } from '../../browsers/chromium.js';
import type { Engine, TabPage } from './engine.ts';
import { duplicateOf, puppeteerTab } from './puppeteer-tab.ts';

/** A tab that can be behind another one, and frozen. */
export interface HideablePage extends TabPage {
  /** Nothing runs in it, its workers included, until it is thawed. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** From now on pages of its origin may not store more than that. */
  limitStorage(bytes: number): Promise<void>;
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

/** `preferences`: as its user may have set them. */
export async function openHideable(flags: readonly string[] = [], preferences: object = {}): Promise<HideableBrowser> {
  const executablePath = await findChromium();
  if (!executablePath) throw new Error(`no Chromium here: run \`${chromiumCommand}\``);
  const userDataDir = mkdtempSync(join(tmpdir(), 'bellwether-profile-'));
  mkdirSync(join(userDataDir, 'Default'));
  writeFileSync(join(userDataDir, 'Default/Preferences'), JSON.stringify(preferences));
  const browser = await launch({
    executablePath,
    headless: true,
    userDataDir,
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
    close: async () => {
      await browser.close();
      rmSync(userDataDir, { recursive: true, force: true });
    },
  };
}

async function hideable(page: Page): Promise<HideablePage> {
  const session = await page.createCDPSession();
  return {
    ...puppeteerTab(page),
    freeze: () => session.send('Page.setWebLifecycleState', { state: 'frozen' }),
    thaw: () => session.send('Page.setWebLifecycleState', { state: 'active' }),
    limitStorage: async (bytes) => {
      const { origin } = new URL(page.url());
      await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: bytes });
    },
    slowDown: (times) => session.send('Emulation.setCPUThrottlingRate', { rate: times }),
    duplicate: async () => hideable(await duplicateOf(page)),
  };
}
