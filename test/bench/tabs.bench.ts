import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { chromiumArguments, findChromium } from '../browsers/chromium.js';
import { build, type Rollup } from 'vite';
import type { BenchOptions, Figures } from './figures.ts';

export const title = 'Tabs of one Chromium, three in a room: until the next one leads, each way of electing in turn';

const contenders = {
  bellwether: 'bellwether/tabs',
  bellwetherCold: 'bellwether/tabs, part of its code still to be loaded',
  webLocks: 'bare Web Locks',
  webLocksTerm: 'Web Locks, a term in IndexedDB',
  tabElection: 'tab-election',
  broadcastChannel: 'broadcast-channel',
} as const;
type Contender = keyof typeof contenders;

interface Scenario {
  readonly what: string;
  /** The time to begin is part of it, and so to load code. */
  readonly starts?: boolean;
  /** Resolves with the milliseconds it took. */
  run(room: Room): Promise<number>;
}

/** What is measured, and how it is made to happen. */
const scenarios: Readonly<Record<string, Scenario>> = {
  alone: { what: 'a lone tab leads', starts: true, run: alone },
  closed: { what: 'the leader’s tab closes → the next one leads', run: closed },
  crashed: { what: 'the leader’s renderer crashes → the next one leads', run: crashed },
  ten: { what: 'ten tabs at once → one leads', starts: true, run: tenAtOnce },
};

export async function run({ runs, say }: BenchOptions): Promise<Figures> {
  const site = await serve();
  const executablePath = await findChromium();
  if (!executablePath) throw new Error('no Chromium here: run `npx playwright install --with-deps chromium`');
  const browser = await chromium.launch({ executablePath, args: chromiumArguments });
  const samples = new Map<string, number[]>();
  try {
    for (const [name, scenario] of Object.entries(scenarios)) {
      say(`${scenario.what}: ${runs} rounds of each`);
      const names = contendersIn(scenario);
      for (let round = 0; round < runs; round++) {
        // Each goes first as often as the others: whoever does finds the machine busy with what was closed before.
        for (const contender of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
          const room = await openRoom(browser, site.url, contender, `${name}-${round}`);
          const key = `${contender}-${name}`;
          samples.set(key, [...(samples.get(key) ?? []), await scenario.run(room)]);
          await room.context.close();
        }
      }
    }
  } finally {
    await browser.close();
    site.close();
  }
  const figures: Record<string, Figures[string]> = {};
  for (const [name, { what }] of Object.entries(scenarios))
    for (const contender of contendersIn(scenarios[name] as Scenario))
      figures[`${name}-${contender}`] = {
        what: `${what}: ${contenders[contender]}`,
        unit: 'ms',
        samples: samples.get(`${contender}-${name}`) ?? [],
      };
  return figures;
}

function contendersIn({ starts }: Scenario): readonly Contender[] {
  const all = Object.keys(contenders) as Contender[];
  return all.filter((contender) => starts || contender !== 'bellwetherCold');
}

interface Room {
  readonly context: BrowserContext;
  /** A tab that has loaded all it needs. */
  page(): Promise<Page>;
  /** And has joined, and is in line. */
  tab(): Promise<Page>;
  contend(page: Page): Promise<void>;
}

async function openRoom(browser: Browser, url: string, contender: Contender, name: string): Promise<Room> {
  const context = await browser.newContext();
  const page = async (): Promise<Page> => {
    const opened = await context.newPage();
    await opened.goto(url);
    await opened.waitForFunction(() => typeof globalThis.contend === 'function');
    if (contender === 'bellwether') {
      await opened.evaluate(() => globalThis.prepare());
      const isLoaded = (): boolean =>
        performance.getEntriesByType('resource').some((entry) => /\/rest-/.test(entry.name));
      await opened.waitForFunction(isLoaded);
    }
    return opened;
  };
  const contend = (opened: Page): Promise<void> =>
    opened.evaluate((given) => globalThis.contend(given.contender.replace('Cold', ''), given.name), {
      contender,
      name,
    });
  const tab = async (): Promise<Page> => {
    const opened = await page();
    await contend(opened);
    await opened.waitForTimeout(100);
    // Where it will write down when it goes: the first look takes longer than all else that it does then.
    await opened.evaluate(() => localStorage.getItem('hidden-at'));
    return opened;
  };
  return { context, page, tab, contend };
}

function ledAt(page: Page): Promise<number> {
  return page.waitForFunction(() => globalThis.ledAt).then((led) => led.jsonValue() as Promise<number>);
}

/** Of those in line, the time at which the first one led. */
async function firstLedAt(pages: readonly Page[]): Promise<number> {
  return Promise.any(pages.map(ledAt));
}

async function alone(room: Room): Promise<number> {
  const page = await room.page();
  await room.contend(page);
  const led = await ledAt(page);
  return led - (await page.evaluate(() => globalThis.startedAt));
}

async function threeTabs(room: Room): Promise<readonly [leader: Page, ...others: Page[]]> {
  const leader = await room.tab();
  await ledAt(leader);
  return [leader, await room.tab(), await room.tab()];
}

async function closed(room: Room): Promise<number> {
  const [leader, ...others] = await threeTabs(room);
  await leader.close();
  const led = await firstLedAt(others);
  return led - (await others[0]!.evaluate(() => Number(localStorage.getItem('hidden-at'))));
}

async function crashed(room: Room): Promise<number> {
  const [leader, ...others] = await threeTabs(room);
  const session = await room.context.newCDPSession(leader);
  const at = performance.timeOrigin + performance.now();
  session.send('Page.crash').catch(() => {}); // nobody is left to answer
  return (await firstLedAt(others)) - at;
}

async function tenAtOnce(room: Room): Promise<number> {
  const pages = await Promise.all(Array.from({ length: 10 }, () => room.page()));
  await Promise.all(pages.map((page) => room.contend(page)));
  const led = await firstLedAt(pages);
  const started = await Promise.all(pages.map((page) => page.evaluate(() => globalThis.startedAt)));
  return led - Math.min(...started);
}

async function serve(): Promise<{ readonly url: string; close(): void }> {
  const entry = new URL('tabs/contenders.ts', import.meta.url).pathname;
  const built = (await build({
    root: import.meta.dirname,
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['bellwether-source', 'browser', 'module'] },
    build: { write: false, target: 'es2022', rollupOptions: { input: entry } },
  })) as Rollup.RollupOutput;
  // As applications are: in several files, of which some load late.
  const chunks = built.output.filter((one) => one.type === 'chunk');
  const scripts = new Map(chunks.map(({ fileName, code }) => [`/${fileName}`, code]));
  const first = chunks.find(({ isEntry }) => isEntry)?.fileName;
  const html = `<!doctype html><link rel="icon" href="data:," /><script type="module" src="/${first}"></script>`;
  const server = createServer(({ url = '' }, response) => {
    const script = scripts.get(url);
    response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript');
    response.end(script ?? html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
