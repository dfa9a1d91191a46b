/**
 * Makes the README's pictures from the running page:
 *
 *     node --conditions=bellwether-source --import tsx demo/screenshots.ts
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium, type BrowserContext, type Page } from 'playwright';
import { startDemo } from './server.js';

const folder = fileURLToPath(new URL('./pictures/', import.meta.url));
const systemChromium = '/usr/bin/chromium';
const names = ['Merino', 'Texel', 'Soay', 'Romney', 'Jacob'];

const demo = await startDemo({ port: 0, quiet: true });
const browser = await chromium.launch({
  ...(existsSync(systemChromium) ? { executablePath: systemChromium } : {}),
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  await mkdir(folder, { recursive: true });
  const wide = await browser.newContext({ viewport: { width: 1000, height: 620 } });
  const flock = await gather(wide, 'meadow');
  const [page] = flock;
  await picture(page, 'wide-light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await cutInTwo(page);
  await picture(page, 'wide-dark-cut');
  await wide.close();

  const phone = await browser.newContext({ viewport: { width: 360, height: 640 }, deviceScaleFactor: 1 });
  const [small] = await gather(phone, 'orchard');
  await picture(small, 'phone');
} finally {
  await browser.close();
  await demo.close();
}

/** The first screen: pressing a button may have scrolled. */
async function picture(page: Page, name: string): Promise<void> {
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: `${folder}${name}.png` });
}

/** Five members that agree, after two handovers, so that there is a time line to see. */
async function gather(context: BrowserContext, room: string): Promise<[Page, ...Page[]]> {
  const pages: Page[] = [];
  for (const name of names) {
    const page = await context.newPage();
    await page.goto(`${demo.url}?room=${room}&name=${name}`);
    pages.push(page);
  }
  const [first, second] = pages as [Page, Page];
  await agreed(first);
  await takeTheBell(second);
  await counted(first, 200);
  await takeTheBell(first);
  await counted(first, 320);
  await agreed(first);
  return [first, ...pages.slice(1)];
}

async function agreed(page: Page): Promise<void> {
  await page.getByTestId('agreement').getByText(`all ${names.length} agree`).waitFor();
  await page.waitForFunction(
    (direct) => document.querySelectorAll('[data-testid="member"][data-path="webrtc"]').length === direct,
    names.length - 1,
  );
}

async function takeTheBell(page: Page): Promise<void> {
  if (await page.evaluate(() => window.cluster.isLeader)) return;
  await page.getByTestId('button-handover').click();
  await page.locator('[data-testid="member"][data-self="true"][data-leader="true"]').waitFor();
}

async function counted(page: Page, ticks: number): Promise<void> {
  await page.waitForFunction(
    (least) => Number(document.querySelector('[data-testid="counter"]')?.textContent) >= least,
    ticks,
  );
}

async function cutInTwo(page: Page): Promise<void> {
  await page.getByTestId('switch-naive').check();
  await page.getByTestId('button-cut').click();
  await page.locator('[data-testid="leaders"][data-count="2"]').waitFor();
  await page.locator('[data-testid="naive-hosts"][data-count="2"]').waitFor();
}
