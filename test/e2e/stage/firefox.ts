import { launch } from 'puppeteer-core';
import type { Engine, EnginePage } from './engine.ts';

/** Each tab has a process of its own, as in other engines: so that one can be killed alone. */
const extraPrefsFirefox = { 'dom.ipc.processCount.webIsolated': 64 };

/** A stock Firefox, driven over WebDriver BiDi. */
export async function openFirefox(executablePath: string): Promise<Engine> {
  const browser = await launch({ browser: 'firefox', executablePath, headless: true, extraPrefsFirefox });
  return {
    pid: browser.process()?.pid ?? 0,
    open: async (url) => {
      const page = await browser.newPage();
      await page.goto(url);
      return {
        evaluate: (expression) => page.evaluate(expression),
        goto: async (next) => void (await page.goto(next)),
        reload: async () => void (await page.reload()),
        close: () => page.close(),
      } satisfies EnginePage;
    },
    kill: async () => {
      const child = browser.process();
      const exited = new Promise((resolve) => child?.once('exit', resolve));
      child?.kill('SIGKILL');
      await exited;
    },
    close: () => browser.close(),
  };
}
