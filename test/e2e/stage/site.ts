import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { reactVersions } from '../../react/versions.ts';
import type { Work } from '../app/diary.ts';
import { root } from './process.ts';
import { ToldWorks } from './told-works.ts';

const types: Record<string, string> = { html: 'text/html', js: 'text/javascript' };

export interface Site {
  readonly url: string;
  close(): Promise<void>;
}

export interface AppSite extends Site {
  /** All that its pages have told so far of what they did as leaders in that room, in the order of their terms. */
  worksIn(room: string): readonly Work[];
}

/** Builds the apps of these tests as an application would, and serves them: `/`, and `/react-19.html` and the like. */
export async function serveSite(): Promise<AppSite> {
  const works = new ToldWorks();
  const site = await serveFiles(await builtApps(), works);
  return { ...site, worksIn: (room) => works.in(room) };
}

/**
 * From memory. With `?without-workers`, a page's content security policy forbids workers. A page that goes to `no-content`
 * stays where it is. `works` hears what pages post, and is what `works?room=…` answers.
 */
export async function serveFiles(files: ReadonlyMap<string, string | Uint8Array>, works?: ToldWorks): Promise<Site> {
  const server = createServer((request, response) => {
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://site');
    if (works && path === '/works' && request.method === 'POST') {
      return readWhole(request, (body) => {
        works.hear(body);
        response.writeHead(204).end();
      });
    }
    if (works && path === '/works') {
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      return void response.end(JSON.stringify(works.in(searchParams.get('room') ?? '')));
    }
    if (path === '/no-content') return void response.writeHead(204).end();
    const name = path === '/' ? 'index.html' : path.slice(1);
    if (searchParams.has('without-workers')) response.setHeader('content-security-policy', "worker-src 'none'");
    const body = files.get(name);
    if (body === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': types[name.split('.').at(-1) ?? ''] ?? 'text/plain' }).end(body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What breaks off is not read. */
function readWhole(request: IncomingMessage, read: (body: string) => void): void {
  const parts: string[] = [];
  request.setEncoding('utf8');
  request.on('data', (part: string) => parts.push(part));
  request.on('end', () => read(parts.join('')));
}

async function builtApps(): Promise<Map<string, string | Uint8Array>> {
  const page = await readFile(`${app}index.html`, 'utf8');
  const files = new Map<string, string | Uint8Array>([
    ['index.html', page],
    ...(await built('page.ts', '', {})),
    ...(await built('worker.ts', '', {})),
  ]);
  for (const [version, alias] of Object.entries(reactVersions)) {
    const folder = `react-${version}/`;
    files.set(`react-${version}.html`, page.replace('page.js', `${folder}react.js`));
    for (const [name, contents] of await built('react.ts', folder, alias)) files.set(name, contents);
  }
  return files;
}

const app = `${root}test/e2e/app/`;

async function built(entry: string, folder: string, alias: Record<string, string>): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: [`${app}${entry}`],
    bundle: true,
    splitting: true,
    format: 'esm',
    conditions: ['bellwether-source'],
    alias,
    outdir: `${app}${folder}`,
    write: false,
    sourcemap: 'inline',
    logLevel: 'error',
  });
  return new Map(outputFiles.map(({ path, contents }) => [path.slice(app.length), contents]));
}
