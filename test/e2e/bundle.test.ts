import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { attachSignaling } from 'bellwether/server';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, bundlers } from '../bundle/build.ts';
import { type Consumer, installPacked } from '../package/pack.ts';
import { until } from './stage/member.ts';
import { listen } from './stage/page.ts';
import { useStage } from './stage/use-stage.ts';

const types: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' };

describe.each(Object.entries(bundlers))('an app bundled by %s, without polyfills or settings', (_, build) => {
  const stage = useStage();
  let consumer: Consumer;
  let bundle: Bundle;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    consumer = await installPacked();
    bundle = await build(consumer);
    server = createServer((request, response) => {
      const name = request.url === '/' ? 'index.html' : (request.url ?? '').slice(1);
      const body = bundle.files.get(name);
      response.writeHead(body ? 200 : 404, { 'content-type': types[name.split('.').at(-1) ?? ''] ?? 'text/plain' });
      response.end(body);
    });
    attachSignaling(server, { fresh: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });

  afterAll(() => {
    server?.closeAllConnections();
    server?.close();
    consumer?.remove();
  });

  it('has no simple-peer among what loads first, and has it in what loads later', () => {
    const text = (names: readonly string[]): string =>
      names.map((name) => new TextDecoder().decode(bundle.files.get(name))).join('\n');
    const later = [...bundle.files.keys()].filter((name) => name.endsWith('.js') && !bundle.firstLoad.includes(name));
    const telling = /getBrowserRTC|ERR_WEBRTC_SUPPORT/;
    expect(bundle.firstLoad.length).toBeGreaterThan(0);
    expect(text(bundle.firstLoad)).not.toMatch(telling);
    expect(text(later)).toMatch(telling);
  });

  it('elects one leader in two browsers that then talk over WebRTC', async () => {
    const open = async (browser: string): Promise<Page> => {
      const page = await (await stage.context(browser)).newPage();
      listen(page, stage.complain);
      await page.goto(url);
      return page;
    };
    const pages = await Promise.all([open('left'), open('right')]);
    await until(
      'one of them leads, the other one follows, and each reaches the other over WebRTC',
      () => Promise.all(pages.map((page) => page.evaluate(readCluster))),
      (read) => {
        const [leading, ...more] = read.filter(({ isLeader }) => isLeader);
        if (leading === undefined || more.length > 0) return false;
        return read.every(({ leader, path }) => leader === leading.id && path === 'webrtc');
      },
    );
  });
});

/** Runs in a page: who leads, and how it reaches the other one. */
function readCluster() {
  const { id, leader, isLeader, members } = cluster;
  const other = [...members.values()].find(({ isSelf }) => !isSelf);
  return { id, leader: leader?.id, isLeader, path: other?.path };
}
