import type { BrowserContext, Frame, Page } from 'playwright';
import { afterAll, beforeAll } from 'vitest';
import { type Demo, startDemo } from '../../../demo/server.js';
import { until } from './member.ts';
import { listen } from './page.ts';
import { root, startProcess } from './process.ts';
import { useStage } from './use-stage.ts';

export interface DemoStage {
  /** Where a tab of that name finds itself in that room. */
  urlOf(room: string, name: string | null, query?: Record<string, string>): string;
  /**
   * Tabs in a room of their own, each of this name, or of the name that it finds itself; in these browsers by turns.
   * Default: all in one.
   */
  openTabs(
    names: readonly (string | null)[],
    query?: Record<string, string>,
    browsers?: readonly string[],
  ): Promise<Page[]>;
}

let rooms = 0;

/** On a busy machine six pages take their time. */
const patienceMs = 60_000;

const mostPresses = 3;

/** The demo, built from its sources and served, for the tests of one file. A page that complains fails its test. */
export function useDemo(): DemoStage {
  const stage = useStage();
  let demo: Demo;

  beforeAll(async () => {
    const build = startProcess(process.execPath, [
      `${root}node_modules/vite/bin/vite.js`,
      'build',
      '--config',
      'demo/vite.config.ts',
    ]);
    if ((await build.exited).code !== 0) throw new Error(build.output());
    demo = await startDemo({ port: 0, quiet: true });
  });
  afterAll(() => demo.close());

  const urlOf: DemoStage['urlOf'] = (room, name, query = {}) => {
    const url = new URL(demo.url);
    for (const [key, value] of Object.entries({ room, ...query, ...(name ? { name } : {}) })) {
      url.searchParams.set(key, value);
    }
    return url.href;
  };

  return {
    urlOf,
    openTabs: async (names, query = {}, browsers = ['demo']) => {
      const contexts = await Promise.all(browsers.map((browser) => stage.context(browser)));
      const room = `demo-${rooms++}`;
      return Promise.all(
        names.map(async (name, at) => {
          const context = contexts[at % contexts.length] as BrowserContext;
          const page = await context.newPage();
          page.setDefaultTimeout(patienceMs);
          listen(page, stage.complain);
          await page.goto(urlOf(room, name, query));
          return page;
        }),
      );
    },
  };
}

/** Waits until all of these follow one of them, for which, in its term, `wanted` holds; returns it, and the others. */
export async function led<Tab extends Page | Frame>(
  tabs: readonly Tab[],
  wanted: (leader: Tab, term: number) => boolean = () => true,
): Promise<[leader: Tab, others: Tab[]]> {
  const read = (): Promise<{ id: string; leader: string | null; term: number; isLeader: boolean }[]> =>
    Promise.all(
      tabs.map((tab) =>
        tab.evaluate(() => ({
          id: window.cluster?.id ?? '',
          leader: window.cluster?.leader?.id ?? null,
          term: window.cluster?.leader?.term ?? 0,
          isLeader: window.cluster?.isLeader ?? false,
        })),
      ),
    );
  const followed = (all: Awaited<ReturnType<typeof read>>): boolean => {
    const leading = all.findIndex(({ isLeader }) => isLeader);
    const found = all[leading];
    return !!found && wanted(tabs[leading] as Tab, found.term) && all.every(({ leader }) => leader === found.id);
  };
  const seen = await until('all follow one of them', read, followed, patienceMs);
  const leader = tabs[seen.findIndex(({ isLeader }) => isLeader)] as Tab;
  return [leader, tabs.filter((tab) => tab !== leader)];
}

/**
 * The leader presses what hands the bell over, and another one leads. Where its lease lapsed before it was pressed, the same
 * button has asked for the bell, which comes back: then it is pressed again.
 */
export async function handedOver(
  tabs: readonly Page[],
  press: (leader: Page, others: readonly Page[]) => Promise<void>,
): Promise<{ readonly leader: Page; readonly term: number; readonly next: Page }> {
  for (let tries = 0; tries < mostPresses; tries++) {
    const [leader, others] = await led(tabs);
    const term = await leader.evaluate(() => window.cluster.leader?.term ?? 0);
    await press(leader, others);
    const [next] = await led(tabs, (_, itsTerm) => itsTerm > term);
    if (next !== leader) return { leader, term, next };
  }
  throw new Error(`pressed ${mostPresses} times, and each time the bell came back`);
}

export async function leaders(tabs: readonly Page[]): Promise<Page[]> {
  const leading = await Promise.all(tabs.map((tab) => tab.evaluate(() => window.cluster.isLeader)));
  return tabs.filter((_, n) => leading[n]);
}

export async function untilLeaders(tabs: readonly Page[], count: number): Promise<Page[]> {
  return until(
    `${count} of the tabs lead`,
    () => leaders(tabs),
    ({ length }) => length === count,
  );
}

/** Waits until each tab has shown a later count than it shows now. */
export async function counting(tabs: readonly Page[]): Promise<void> {
  await Promise.all(
    tabs.map(async (tab) => {
      const count = async (): Promise<number> => {
        const text = (await tab.getByTestId('counter').textContent()) ?? '';
        return Number(text.replaceAll(/\D/g, ''));
      };
      const before = await count();
      await until('the counter goes on', count, (now) => now > before);
    }),
  );
}

export function nameOf(tab: Page): Promise<string> {
  return tab.getByTestId('name').inputValue();
}

export function idOf(tab: Page): Promise<string> {
  return tab.evaluate(() => window.cluster.id);
}
