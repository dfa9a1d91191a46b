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

beforeAll(async () => {
  const readme = readFileSync(`${root}README.md`, 'utf8');
  const [, contents = ''] = /^```ts\n([^]*?)^```$/m.exec(readme) ?? [];
  const { outputFiles } = await build({
    stdin: { contents, loader: 'ts', resolveDir: `${root}test/e2e/app` },
    bundle: true,
    format: 'esm',
    conditions: ['bellwether-source'],
    write: false,
  });
  const page = `<!doctype html><title>Ten lines</title><link rel="icon" href="data:,"><script type="module" src="app.js"></script>`;
  site = await serveFiles(
    new Map([
      ['index.html', page],
      ['app.js', outputFiles[0]?.text ?? ''],
    ]),
  );
});

afterAll(() => site.close());

test('the ten lines that the README opens with elect among tabs, as they stand', async () => {
  const context = await stage.context('readme');
  const open = async (): Promise<{ page: Page; said: string[] }> => {
    const page = await context.newPage();
    listen(page, stage.complain);
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    await page.goto(site.url);
    return { page, said };
  };
  const hasSaid = (said: string[], what: RegExp): Promise<string[]> =>
    until(
      `a tab says ${what}`,
      async () => said,
      (lines) => lines.some((line) => what.test(line)),
    );
  const first = await open();
  await hasSaid(first.said, /^this member leads, in term \d+$/);
  const second = await open();
  await hasSaid(second.said, /^Ada leads$/);
  expect(second.said.filter((line) => line.startsWith('this member'))).toEqual([]);

  await first.page.close();

  await hasSaid(second.said, /^this member leads, in term \d+$/);
});
