import type { BrowserContext } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Seen } from './app/diary.ts';
import { type EngineMember, joinIn } from './stage/engine.ts';
import { type HideableBrowser, openHideable } from './stage/hideable.ts';
import { agreement, type Member, reachEachOther, reports, splitByLeader, until } from './stage/member.ts';
import type { PageMember } from './stage/page.ts';
import { serveSite, type Site } from './stage/site.ts';
import type { Room } from './stage/stage.ts';
import { useStage } from './stage/use-stage.ts';
import { expectOneAtATime, worksUpTo } from './stage/works.ts';

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
    expect(await agreement([first, second])).toEqual(before);
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

describe('where the disk is full', () => {
  const stage = useStage();

  /** A page of that browser that stores nothing of its own, and whose origin may not store much from now on. */
  async function spaceIn(room: Room): Promise<PageMember> {
    const beside = await room.page('tabs');
    const session = await beside.page.context().newCDPSession(beside.page);
    const { origin } = new URL(beside.page.url());
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1_000_000 });
    return beside;
  }

  test('L1, L2: leaders go on taking turns, under terms that rise, and each says so once; with space again, terms go on from there', async () => {
    const room = await stage.room();
    const beside = await spaceIn(await stage.room());
    const [first, second] = [await room.page('tabs', { tabs: true }), await room.page('tabs', { tabs: true })];
    const tabs = [first, second];
    await reachEachOther(tabs);
    let { term } = await agreement(tabs);
    expect(await errorsOf(first)).toEqual([]);

    await beside.page.evaluate(fill);
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

    await first.close();
    const alone = await agreement([second]);
    expect(alone.term).toBeGreaterThan(term);
    const third = await room.page('tabs', { tabs: true });
    await reachEachOther([second, third]);
    await beside.page.evaluate(() => void indexedDB.deleteDatabase('filler'));
    await second.close();
    const last = await agreement([third]);
    expect(last.term).toBeGreaterThan(alone.term);
    expectOneAtATime(await worksUpTo(last, room.works));
  });
});

/** Runs in the page: stores smaller and smaller things, until there is no room for one of some bytes. */
function fill(): Promise<void> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('filler');
    opening.addEventListener('upgradeneeded', () =>
      opening.result.createObjectStore('things', { autoIncrement: true }),
    );
    opening.addEventListener('error', () => reject(opening.error));
    opening.addEventListener('success', () => {
      const database = opening.result;
      database.addEventListener('versionchange', () => database.close());
      const put = (bytes: number): void => {
        const writing = database.transaction('things', 'readwrite');
        writing.objectStore('things').put(crypto.getRandomValues(new Uint8Array(bytes))); // nothing that it could compress
        writing.addEventListener('complete', () => put(bytes));
        writing.addEventListener('abort', () => {
          if (writing.error?.name !== 'QuotaExceededError') reject(writing.error);
          else if (bytes < 16) resolve();
          else put(Math.floor(bytes / 2));
        });
      };
      put(2 ** 16);
    });
  });
}

describe('on pages served over plain http, which have no Web Locks', () => {
  let site: Site;
  let browser: HideableBrowser;

  beforeAll(async () => {
    [site, browser] = await Promise.all([
      serveSite(),
      openHideable(['--host-resolver-rules=MAP plain.example 127.0.0.1']),
    ]);
  });

  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  test('A1: tabs have one leader, who keeps the lead when others come, and another one each time it closes', async () => {
    const url = site.url.replace(new URL(site.url).hostname, 'plain.example');
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
});
