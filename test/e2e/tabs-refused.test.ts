import type { BrowserContext } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumCommand } from '../browsers/chromium.js';
import { findFirefox, firefoxCommand } from '../browsers/firefox.js';
import { findWebKit, webkitCommand } from '../browsers/webkit.js';
import type { Seen } from './app/diary.ts';
import { type Engine, type EngineMember, type EnginePage, joinIn } from './stage/engine.ts';
import { openFirefox } from './stage/firefox.ts';
import { openHideable } from './stage/hideable.ts';
import { agreement, type Member, reachEachOther, reports, splitByLeader, until } from './stage/member.ts';
import { useSite } from './stage/use-site.ts';
import type { Room } from './stage/stage.ts';
import { useStage } from './stage/use-stage.ts';
import { openWebKit } from './stage/webkit.ts';
import { expectOneAtATime, expectToLeadOn, worksUpTo } from './stage/works.ts';

const firefox = findFirefox();
const webkit = findWebKit();
const site = useSite();

const storageFailed: unknown = expect.objectContaining({ code: 'storage-failed' });

/** Of which its application was told. */
async function errorsOf(tab: Member): Promise<readonly Seen[]> {
  return (await tab.ask('seen')).filter(({ name }) => name === 'error');
}

describe('where a browser lets pages store nothing', () => {
  const stage = useStage();

  /** Pages that have no IndexedDB: what some browsers do in private windows, or where cookies are blocked. */
  async function forbid(context: BrowserContext): Promise<void> {
    await context.addInitScript(() => {
      Object.defineProperty(globalThis, 'indexedDB', {
        get: () => {
          throw new DOMException('The operation is insecure.', 'SecurityError');
        },
      });
    });
  }

  /** Each says so once, and leads in a term that is above those before and goes by the wall clock. */
  async function expectToLeadInTurn(room: Room): Promise<void> {
    const seconds = Date.now() / 1_000;
    const first = await room.page('tabs', { tabs: true });
    const before = await agreement([first]);
    expect(before.term).toBeGreaterThanOrEqual(Math.floor(seconds));
    const second = await room.page('tabs', { tabs: true });
    await reachEachOther([first, second]);
    await expectToLeadOn(before, await agreement([first, second]), room.works);
    await first.ask('transfer', second.id);
    await agreement([first, second]);
    await reachEachOther([first, second]);
    await second.ask('transfer', first.id);
    const again = await agreement([first, second]);
    expect(again.term).toBeGreaterThan(before.term);
    for (const tab of [first, second]) expect(await errorsOf(tab)).toEqual([storageFailed]);
    await first.close();
    expect((await agreement([second])).term).toBeGreaterThan(again.term);
  }

  test('L2: refused, they lead in turn, and each says so once', async () => {
    await forbid(await stage.context('tabs'));
    await expectToLeadInTurn(await stage.room());
  });
});

interface BlockedCookies {
  readonly name: string;
  readonly command: string;
  readonly open: (() => Promise<Pick<Engine, 'open' | 'close'>>) | null;
  /** What its pages may have all the same. */
  readonly hasChannels: boolean;
}

/** As their users can set them; WebKitGTK has such a setting, and its driver does not. */
const blockedCookies: readonly BlockedCookies[] = [
  {
    name: 'Chromium',
    command: chromiumCommand,
    open: () => openHideable([], { profile: { default_content_setting_values: { cookies: 2 } } }),
    hasChannels: true,
  },
  {
    name: 'Firefox',
    command: firefoxCommand,
    open: firefox === null ? null : () => openFirefox(firefox, { 'network.cookie.cookieBehavior': 2 }),
    hasChannels: false,
  },
];

for (const { name, command, open, hasChannels } of blockedCookies) {
  describe.skipIf(!open)(
    `where cookies are blocked, in ${name}${open ? '' : `, which is not here (${command})`}`,
    () => {
      let browser: Pick<Engine, 'open' | 'close'>;

      beforeAll(async () => {
        browser = await open!();
      });

      afterAll(() => browser.close());

      test('a page may have no locks either: nobody leads, and each says so once and leaves', async () => {
        for (let count = 0; count < 2; count++) {
          const tab = await joinIn(browser, site.url, { url: '', room: 'blocked', tabs: true });
          const report = await until(
            'it has left',
            () => tab.ask('report'),
            ({ state }) => state === 'left',
          );
          expect(report).toMatchObject({ leader: null, isLeader: false });
          expect(await errorsOf(tab)).toEqual([storageFailed]);
          expect(await tab.ask('works')).toEqual([]);
        }
      });

      if (!hasChannels) return;
      test('A1: with available(), which the error names, they elect all the same', async () => {
        const where = { url: '', room: 'advised', tabs: true, available: true };
        const [first, second] = [await joinIn(browser, site.url, where), await joinIn(browser, site.url, where)];
        const { id } = await agreement([first, second]);
        await (id === first.id ? first : second).page.close();
        await agreement([id === first.id ? second : first]);
      });
    },
  );
}

interface FullDisk {
  readonly name: string;
  readonly command: string;
  readonly open: (() => Promise<Pick<Engine, 'open' | 'close'>>) | null;
}

const mostBytes = 1_000_000;

/** WebKitGTK lets nobody say how much pages may store. */
const fullDisks: readonly FullDisk[] = [
  {
    name: 'Chromium',
    command: chromiumCommand,
    open: async () => {
      const browser = await openHideable();
      const open = async (url: string): Promise<EnginePage> => {
        const page = await browser.open(url);
        await page.limitStorage(mostBytes);
        return page;
      };
      return { ...browser, open };
    },
  },
  {
    name: 'Firefox',
    command: firefoxCommand,
    open:
      firefox === null
        ? null
        : () => openFirefox(firefox, { 'dom.quotaManager.temporaryStorage.fixedLimit': mostBytes / 1_000 }),
  },
];

for (const { name, command, open } of fullDisks) {
  describe.skipIf(!open)(`where the disk is full, in ${name}${open ? '' : `, which is not here (${command})`}`, () => {
    let browser: Pick<Engine, 'open' | 'close'>;

    beforeAll(async () => {
      browser = await open!();
    });

    afterAll(() => browser.close());

    test('L1, L2: leaders go on taking turns, under terms that rise, and each says so once; with space again, terms go on from there', async () => {
      const where = { url: '', room: `full-${name}`, tabs: true, preferVisible: false };
      const join = (): Promise<EngineMember> => joinIn(browser, site.url, where);
      const beside = await browser.open(site.url); // stores nothing for the room
      const [first, second] = [await join(), await join()];
      const tabs = [first, second];
      await reachEachOther(tabs);
      let { term } = await agreement(tabs);
      expect(await errorsOf(first)).toEqual([]);

      await beside.evaluate(`(${fill})()`);
      for (const [from, to] of [
        [first, second],
        [second, first],
        [first, second],
        [second, first],
      ] as const) {
        await from.ask('transfer', to.id);
        const now = await until(
          'it leads',
          () => agreement(tabs),
          ({ id }) => id === to.id,
        );
        expect(now.term).toBeGreaterThan(term);
        ({ term } = now);
        await reachEachOther(tabs);
      }
      for (const tab of tabs) expect(await errorsOf(tab)).toEqual([storageFailed]);

      await first.page.close();
      const alone = await agreement([second]);
      expect(alone.term).toBeGreaterThan(term);
      await beside.evaluate(
        "new Promise((done) => indexedDB.deleteDatabase('filler').addEventListener('success', () => done()))",
      );
      const third = await join();
      await reachEachOther([second, third]);
      await second.page.close();
      const last = await agreement([third]);
      expect(last.term).toBeGreaterThan(alone.term);
      expect(await errorsOf(third)).toEqual([]);
      expectOneAtATime(await worksUpTo(last, async () => site.worksIn(where.room)));
    });
  });
}

/** Runs in the page: stores smaller and smaller things, until there is no room for one of some bytes. */
async function fill(): Promise<void> {
  const open = (): Promise<IDBDatabase> =>
    new Promise((resolve, reject) => {
      const opening = indexedDB.open('filler');
      opening.addEventListener('upgradeneeded', () =>
        opening.result.createObjectStore('things', { autoIncrement: true }),
      );
      opening.addEventListener('error', () => reject(opening.error));
      opening.addEventListener('success', () => resolve(opening.result));
    });
  const put = (database: IDBDatabase, bytes: number): Promise<string> =>
    new Promise((resolve) => {
      const writing = database.transaction('things', 'readwrite');
      writing.objectStore('things').put(crypto.getRandomValues(new Uint8Array(bytes))); // nothing that it could compress
      writing.addEventListener('complete', () => resolve('stored'));
      writing.addEventListener('abort', () => resolve(writing.error?.name ?? ''));
    });
  for (let bytes = 2 ** 16; bytes >= 16;) {
    const database = await open(); // anew: one that has just been refused room takes no more for a moment in Firefox
    const outcome = await put(database, bytes);
    database.close();
    if (outcome === 'QuotaExceededError') bytes = Math.floor(bytes / 2);
    else if (outcome !== 'stored') throw new Error(outcome);
  }
}

interface PlainBrowser {
  readonly name: string;
  readonly command: string;
  /** One that fetches pages over http by way of that port of this machine: those of whatever host. */
  readonly open: ((port: number) => Promise<Engine>) | null;
}

const plainBrowsers: readonly PlainBrowser[] = [
  {
    name: 'Chromium',
    command: chromiumCommand,
    open: (port) => openHideable([`--proxy-server=http=127.0.0.1:${port}`]),
  },
  {
    name: 'Firefox',
    command: firefoxCommand,
    open:
      firefox === null
        ? null
        : (port) =>
            openFirefox(firefox, {
              'network.proxy.type': 1,
              'network.proxy.http': '127.0.0.1',
              'network.proxy.http_port': port,
            }),
  },
  {
    name: 'WebKitGTK',
    command: webkitCommand,
    open:
      webkit === null ? null : (port) => openWebKit(webkit, { proxyType: 'manual', httpProxy: `127.0.0.1:${port}` }),
  },
];

for (const { name, command, open } of plainBrowsers) {
  describe.skipIf(!open)(
    `over plain http, without Web Locks, in ${name}${open ? '' : `, which is not here (${command})`}`,
    () => {
      const url = 'http://plain.example/';
      let browser: Engine;

      beforeAll(async () => {
        browser = await open!(Number(new URL(site.url).port));
      });

      afterAll(() => browser.close());

      test('A1: tabs have one leader, who keeps the lead when others come, and another one each time it closes', async () => {
        let tabs: EngineMember[] = [];
        for (let count = 0; count < 3; count++) {
          tabs.push(await joinIn(browser, url, { url: '', room: 'plain', tabs: true, preferVisible: false }));
          expect((await agreement(tabs)).id).toBe(tabs[0]!.id);
        }
        expect(await tabs[0]!.page.evaluate('[isSecureContext, "locks" in navigator]')).toEqual([false, false]);
        await reachEachOther(tabs);
        for (let { term } = await agreement(tabs); tabs.length > 1;) {
          const [leading, others] = splitByLeader(tabs, await agreement(tabs));
          await leading.page.close();
          const next = await agreement(others);
          expect(next.term).toBeGreaterThan(term);
          ({ term } = next);
          tabs = others;
        }
        expect((await reports(tabs))[0]?.members).toHaveLength(1);
        await tabs[0]!.page.close();
      });
    },
  );
}
