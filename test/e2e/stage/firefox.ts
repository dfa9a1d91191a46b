import { launch } from 'puppeteer-core';
import type { TabEngine, TabPage } from './engine.ts';
import { puppeteerTab } from './puppeteer-tab.ts';

const prefs = {
  // Each tab has a process of its own, as in other engines: so that one can be killed alone.
  'dom.ipc.processCount.webIsolated': 64,
  // A process outlives its last tab. Else Firefox ends the scripts of that tab wherever they are, in the middle of
  // `pagehide` too, and nobody hears when its work stopped: to those that stay, it is as one that was killed.
  'dom.ipc.processReuse.unusedGraceMs': 60_000,
};

/** A stock Firefox, driven over WebDriver BiDi. `ownPrefs`: as its user may have set them. */
export async function openFirefox(
  executablePath: string,
  ownPrefs: Readonly<Record<string, boolean | number | string>> = {},
): Promise<TabEngine> {
  const browser = await launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    extraPrefsFirefox: { ...prefs, ...ownPrefs },
  });
  const open = async (url: string): Promise<TabPage> => {
    const page = await browser.newPage();
    await page.goto(url);
    return puppeteerTab(page);
  };
  return {
    pid: browser.process()?.pid ?? 0,
    open,
    openInSight: open,
    kill: async () => {
      const child = browser.process();
      const exited = new Promise((resolve) => child?.once('exit', resolve));
      child?.kill('SIGKILL');
      await exited;
    },
    close: () => browser.close(),
  };
}
