import type { BrowserContext } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EngineMember, joinIn } from './stage/engine.ts';
import { type HideableBrowser, openHideable } from './stage/hideable.ts';
import { agreement, reachEachOther, reports, splitByLeader } from './stage/member.ts';
import { serveSite, type Site } from './stage/site.ts';
import type { Room } from './stage/stage.ts';
import { useStage } from './stage/use-stage.ts';

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
    for (const tab of [first, second]) {
      const errors = (await tab.ask('seen')).filter(({ name }) => name === 'error');
      expect(errors).toEqual([expect.objectContaining({ code: 'storage-failed' })]);
    }
    await first.close();
    expect((await agreement([second])).term).toBeGreaterThan(again.term);
  }

  test('L2: refused, they lead in turn, and each says so once', async () => {
    await forbid(await stage.context('tabs'));
    await expectToLeadInTurn(await stage.room());
  });
});

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
