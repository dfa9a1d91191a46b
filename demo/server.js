// @ts-check
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { networkInterfaces } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPage, quietly } from './build.js';

const pages = fileURLToPath(new URL('./dist', import.meta.url));
const signalingPath = '/bellwether';
/** More than by default: under `?rtc=off` the leader's twenty ticks a second go to each member over the relay. */
const messagesPerSecond = 400;

/** @type {Record<string, string>} */
const contentTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.map': 'application/json',
};

/** Everything comes from here, but for the signaling server, which `?server=` may name, and the library's timer worker. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "connect-src 'self' ws: wss:",
  "img-src 'self' data:",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

/**
 * Starts one HTTP server with the page, built first where a source is newer, and the signaling server on the same port (path `/bellwether`).
 *
 * @param {{ port?: number, host?: string | true, quiet?: boolean, dev?: boolean }} [options]
 *   `port`: 0 takes any free one. `host`: an address to listen on, or `true` for all of them, which also writes the
 *   LAN address into the page. Default: this machine only. `quiet`: print nothing. `dev`: the page from its sources,
 *   by Vite, with hot reload.
 * @returns {Promise<{ url: string, lanUrl: string | null, port: number, close: () => Promise<void> }>}
 *   Rejects with the code `EADDRINUSE` where the port is taken.
 */
export async function startDemo({ port = 8080, host, quiet = false, dev = false } = {}) {
  if (!dev) await buildPage(quietly);
  const { attachSignaling } = await import('bellwether/server');
  const server = createServer();
  const listenOn = host === true ? '0.0.0.0' : (host ?? '127.0.0.1');
  await listening(server, port, listenOn);
  const taken = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  const lan = host === undefined ? null : host === true || host === '0.0.0.0' ? lanAddress() : host;
  const lanUrl = lan === null ? null : `http://${bracketed(lan)}:${taken}/`;
  const url = `http://${host === undefined || listenOn === '0.0.0.0' ? 'localhost' : bracketed(listenOn)}:${taken}/`;

  // What it remembers ends with it, and so do the rooms of a demo: nobody has to wait for what there was before.
  const signaling = attachSignaling(server, { path: signalingPath, limits: { messagesPerSecond }, fresh: true });
  const page = dev ? await developed(server, lanUrl) : built(lanUrl);
  server.on('request', page.answer);
  if (!quiet) console.log(await welcome(url, lanUrl));

  return {
    url,
    lanUrl,
    port: taken,
    close: async () => {
      await page.close();
      await signaling.close({ drainMs: 0 });
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** @param {import('node:http').Server} server @param {number} port @param {string} host @returns {Promise<void>} */
function listening(server, port, host) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** @param {string} address */
function bracketed(address) {
  return address.includes(':') ? `[${address}]` : address;
}

/** The first address that other machines of this network can reach, or `null`. */
function lanAddress() {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find((address) => address.family === 'IPv4' && !address.internal)?.address ?? null;
}

/** Tells the page where phones find it. @param {string} page @param {string | null} lanUrl */
function withLanAddress(page, lanUrl) {
  return page.replace('name="lan-address" content=""', `name="lan-address" content="${lanUrl ?? ''}"`);
}

/** Serves demo/dist. @param {string | null} lanUrl */
function built(lanUrl) {
  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  const answer = async (request, response) => {
    try {
      const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://page').pathname));
      const file = join(pages, path.endsWith('/') ? `${path}index.html` : path);
      const known = (request.method === 'GET' || request.method === 'HEAD') && file.startsWith(pages);
      if (!known || !(await stat(file)).isFile()) throw new Error('not found');
      response.setHeader('content-type', contentTypes[extname(file)] ?? 'application/octet-stream');
      response.setHeader('content-security-policy', contentSecurityPolicy);
      response.setHeader('x-content-type-options', 'nosniff');
      response.setHeader('cache-control', 'no-cache');
      if (extname(file) === '.html') response.end(withLanAddress(await readFile(file, 'utf8'), lanUrl));
      else createReadStream(file).pipe(response);
    } catch {
      response
        .writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
        .end('There is nothing here. The page is at /\n');
    }
  };
  return { answer, close: async () => {} };
}

/** Serves the sources through Vite. @param {import('node:http').Server} server @param {string | null} lanUrl */
async function developed(server, lanUrl) {
  const { createServer: createVite } = await import('vite');
  const vite = await createVite({
    configFile: fileURLToPath(new URL('./vite.config.ts', import.meta.url)),
    server: { middlewareMode: true, hmr: { server }, allowedHosts: true },
    plugins: [{ name: 'lan-address', transformIndexHtml: (page) => withLanAddress(page, lanUrl) }],
    appType: 'spa',
  });
  return { answer: vite.middlewares, close: () => vite.close() };
}

/** @param {string} url @param {string | null} lanUrl */
async function welcome(url, lanUrl) {
  const lines = ['', `  Open ${url} in several tabs and windows.`, `  Or ${url}?grid=4 for four members on one page.`];
  if (lanUrl) {
    const { renderUnicodeCompact } = await import('uqr');
    lines.push(`  From a phone on this network: ${lanUrl}`, '', renderUnicodeCompact(lanUrl, { border: 2 }));
  }
  return [...lines, '', '  Ctrl-C stops it.', ''].join('\n');
}
