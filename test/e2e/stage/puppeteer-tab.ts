import type { Page } from 'puppeteer-core';
import type { TabPage } from './engine.ts';

/** A tab of a browser that Puppeteer drives, whichever engine it has. */
export function puppeteerTab(page: Page): TabPage {
  return {
    evaluate: (expression) => page.evaluate(expression),
    goto: async (next) => void (await page.goto(next)),
    reload: async () => void (await page.reload()),
    close: () => page.close(),
    show: () => page.bringToFront(),
    hide: async () => (await page.browserContext().pages())[0]?.bringToFront(),
    duplicate: async () => puppeteerTab(await duplicateOf(page)),
  };
}

export async function duplicateOf(page: Page): Promise<Page> {
  const opened = new Promise<Page | null>((resolve) => page.once('popup', resolve));
  await page.evaluate(() => void globalThis.open(location.href));
  return (await opened) as Page;
}
