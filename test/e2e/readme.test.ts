import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from './stage/member.ts';
import { listen } from './stage/page.ts';
import { root } from './stage/process.ts';
import { serveFiles, type Site } from './stage/site.ts';
import { useStage } from './stage/use-stage.ts';

const stage = useStage();
let site: Site;

/** What a tab has said in its console, newest last. */
interface Tab {
  readonly page: Page;
  readonly said: string[];
}

beforeAll(async () => {
  const readme = readFileSync(`${root}README.md`, 'utf8');
  const blocks = [...readme.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = '']) => code);
  const channelOf = (name: string): string => blocks.find((code) => code.includes(`.channel<string>('${name}')`)) ?? '';
  const { signaling } = await stage.room();
  const moves = channelOf('moves').replace('wss://example.org/bellwether', signaling.url);
  site = await serveFiles(
    new Map([
      ['index.html', pageOf('app.js')],
      ['app.js', await bundled(blocks[0] ?? '')],
      ['rename.html', pageOf('rename.js')],
      ['rename.js', await bundled(channelOf('rename'))],
      ['chat.html', pageOf('chat.js')],
      ['chat.js', await bundled(channelOf('chat'))],
      ['moves.html', pageOf('moves.js')],
      ['moves.js', await bundled(moves)],
    ]),
  );
});

function pageOf(script: string): string {
  return `<!doctype html><title>Lines</title><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`;
}

async function bundled(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, loader: 'ts', resolveDir: `${root}test/e2e/app` },
    bundle: true,
    format: 'esm',
    conditions: ['bellwether-source'],
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

afterAll(() => site.close());

async function open(browser: string, path = ''): Promise<Tab> {
  const page = await (await stage.context(browser)).newPage();
  listen(page, stage.complain);
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  await page.goto(site.url + path);
  return { page, said };
}

function hasSaid({ said }: Tab, what: RegExp): Promise<string[]> {
  return until(
    `a tab says ${what}`,
    async () => said,
    (lines) => lines.some((line) => what.test(line)),
  );
}

test('the ten lines that the README opens with elect among tabs, as they stand', async () => {
  const first = await open('readme');
  await hasSaid(first, /^this member leads, in term \d+$/);
  const second = await open('readme');
  await hasSaid(second, /^Ada leads$/);
  expect(second.said.filter((line) => line.startsWith('this member'))).toEqual([]);

  await first.page.close();

  await hasSaid(second, /^this member leads, in term \d+$/);
});

test('what becomes of broadcast-channel has its message heard by every other tab, as it stands', async () => {
  const first = await open('chat', 'chat.html');
  await hasSaid(first, /^this tab leads$/);
  const second = await open('chat', 'chat.html');
  await clickIsHeard(second, [first]); // it stands in line
  const third = await open('chat', 'chat.html');
  await clickIsHeard(third, [first, second]);

  await first.page.close();

  await hasSaid(second, /^this tab leads$/);
  expect(third.said).toEqual([]);
});

/** Clicks again and again: in its first moments a tab knows nobody. */
async function clickIsHeard({ page }: Tab, others: readonly Tab[]): Promise<void> {
  const before = new Set(others.flatMap(({ said }) => said)); // each line names the tab it is from
  await until(
    'a click is heard by all others',
    async () => {
      await page.mouse.click(10, 10);
      return others.map(({ said }) => said.some((line) => line.endsWith(' hello') && !before.has(line)));
    },
    (heard) => heard.every(Boolean),
  );
}

test('what becomes of tab-election has what one tab asks for be known to all, also to those that come later, as it stands', async () => {
  const tabs = [await open('rename', 'rename.html')];
  await hasSaid(tabs[0]!, /title: Untitled/);
  tabs.push(await open('rename', 'rename.html'));
  for (const tab of tabs) await hasSaid(tab, /title: Minutes/);

  await tabs[0]!.page.close();

  const late = await open('rename', 'rename.html');
  await hasSaid(late, /title: Minutes/);
});

test('what becomes of peerjs has a host that hears its guests, and another one when that goes, as it stands', async () => {
  const tabs = [await open('first', 'moves.html'), await open('second', 'moves.html')];
  await hearing('a host hears its guest', tabs, 1);
  tabs.push(await open('third', 'moves.html'));
  const host = await hearing('a host hears both guests', tabs, 2);
  const guests = tabs.filter((tab) => tab !== host);
  for (const { said } of guests) said.length = 0;

  await host.page.close();

  await hearing('one of the guests is the host, and hears the other', guests, 1);
});

/** The tab that is told of moves by so many others: whoever that is, on a busy machine. */
async function hearing(what: string, tabs: readonly Tab[], guests: number): Promise<Tab> {
  const heardBy = ({ said }: Tab): number => new Set(said.filter((line) => line.endsWith(' e4'))).size;
  const heard = await until(
    what,
    async () => tabs.map(heardBy),
    (counts) => counts.some((count) => count >= guests),
  );
  return tabs[heard.findIndex((count) => count >= guests)] as Tab;
}
