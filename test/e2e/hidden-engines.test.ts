import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ParticipantOptions } from './app/participant.ts';
import { type EngineMember, startIn, type TabEngine, type TabPage } from './stage/engine.ts';
import { agreement, reachEachOther, splitByLeader, until } from './stage/member.ts';
import { otherEngines } from './stage/other-engines.ts';
import { canFindRenderers, rendererOf } from './stage/renderer.ts';
import { useSite } from './stage/use-site.ts';
import { slowed } from './stage/slowed.ts';
import { expectOneAtATime, expectToLeadOn, worksUpTo } from './stage/works.ts';

// As hidden-tabs.test.ts, for Chromium. What neither of these engines does on demand: freeze a page, and let one be hidden
// for minutes within seconds. Nor do they slow down a page: its whole process is, with the workers and all other threads.

interface Tab extends EngineMember {
  readonly page: TabPage;
}

const site = useSite();

for (const { name, command, open } of otherEngines) {
  describe.skipIf(!open)(`${name}${open ? '' : `, which is not here (${command})`}`, () => {
    let engine: TabEngine;
    let rooms = 0;

    beforeAll(async () => {
      engine = await open!();
    });

    afterAll(() => engine.close());

    /** Tabs in one room, opened one after the other, each in line before the next one comes. */
    async function inLine(
      count: number,
      { query = '', ...options }: Pick<ParticipantOptions, 'preferVisible'> & { readonly query?: string } = {},
    ): Promise<{ readonly where: ParticipantOptions; readonly tabs: Tab[] }> {
      const where = { url: '', room: `hidden-${name}-${rooms++}`, tabs: true, ...options };
      const tabs: Tab[] = [];
      while (tabs.length < count) {
        const page = await engine.openInSight(`${site.url}${query}`);
        tabs.push({ ...(await startIn(page, where)), page });
        await agreement(tabs);
        await reachEachOther(tabs);
      }
      return { where, tabs };
    }

    async function untilSeen({ page }: Tab, state: 'visible' | 'hidden'): Promise<void> {
      await until(
        `it is ${state}`,
        () => page.evaluate('document.visibilityState'),
        (now) => now === state,
      );
    }

    /** How long it takes the page to do a little work. */
    async function work({ page }: Tab): Promise<number> {
      return (await page.evaluate(`(() => {
        const begun = performance.now();
        let sum = 0;
        for (let at = 0; at < 1e8; at++) sum = (sum + at) | 0;
        return performance.now() - begun + (sum & 0);
      })()`)) as number;
    }

    async function close(tabs: readonly Tab[]): Promise<void> {
      for (const { page } of tabs) await page.close();
    }

    test.each([
      ['', 'with a worker for its timers'],
      ['?without-workers', 'without a worker'],
    ])('L1: a leader that is hidden leads on (page %s: %s), at its own pace', async (query) => {
      const { where, tabs } = await inLine(2, { query, preferVisible: false });
      const [leading, other] = tabs as [Tab, Tab];
      const before = await agreement(tabs);
      await leading.page.hide();
      await other.page.show();
      await untilSeen(leading, 'hidden');

      const { own, ours } = (await leading.page.evaluate(`raceTimers(20, ${query === '' ? 200 : 4})`)) as {
        readonly own: number;
        readonly ours: number;
      };
      if (query === '') expect(own).toBeLessThan(ours / 2);
      else expect(Math.min(own, ours)).toBeGreaterThanOrEqual(3);
      await expectToLeadOn(before, await agreement(tabs), async () => site.worksIn(where.room));
      await close(tabs);
    });

    test('a hidden leader hands over to the tab that can be seen, not when the user looks elsewhere for a moment', async () => {
      const { where, tabs } = await inLine(2);
      const [first, second] = tabs as [Tab, Tab];
      await first.page.hide();
      await second.page.show();
      const seen = await until(
        'the tab in sight leads',
        () => agreement(tabs),
        ({ id }) => id === second.id,
      );
      await second.page.hide();
      await untilSeen(second, 'hidden');
      await second.page.show();
      await untilSeen(second, 'visible');
      await expectToLeadOn(seen, await agreement(tabs), async () => site.worksIn(where.room));
      await second.page.hide();
      await first.page.show();
      const last = await until(
        'the tab in sight leads',
        () => agreement(tabs),
        ({ id }) => id === first.id,
      );
      expectOneAtATime(await worksUpTo(last, async () => site.worksIn(where.room)));
      await close(tabs);
    });

    test('a tab that is duplicated, with all that it keeps for its session, is a member of its own', async () => {
      const { where, tabs } = await inLine(1);
      const [tab] = tabs as [Tab];
      await tab.page.evaluate('sessionStorage.setItem("mark", "cloned")');
      const page = await tab.page.duplicate();
      const twin = { ...(await startIn(page, where)), page };
      expect(await page.evaluate('sessionStorage.getItem("mark")')).toBe('cloned');
      expect(twin.id).not.toBe(tab.id);
      await reachEachOther([tab, twin]);
      const before = await agreement([tab, twin]);
      await tab.page.close();
      expect((await agreement([twin])).term).toBeGreaterThanOrEqual(before.term);
      await page.close();
    });

    test.skipIf(!canFindRenderers)(
      'L1, F1: a tab with a twentieth of its time leads on among others like it, and is replaced when it closes',
      async () => {
        const { where, tabs } = await inLine(3, { preferVisible: false });
        const { id } = await agreement(tabs);
        const pids: number[] = [];
        for (const { page } of tabs) pids.push(await rendererOf(engine, page));
        const last = tabs[2]!; // the leader would not respond meanwhile
        const workedMs = Math.min(await work(last), await work(last));
        const restore = pids.map((pid) => slowed(pid, 20));
        try {
          // Where this test is held up, one may get all its time for a moment.
          await until(
            'it works as slowly as that',
            () => work(last),
            (ms) => ms > 3 * workedMs,
          );
          // Before it knows how slow it is it may lose its term, and leads in a higher one.
          await tabs[0]!.page.evaluate('raceTimers(400, 50)');
          const before = await agreement(tabs);
          expect(before.id).toBe(id);
          const [leading, others] = splitByLeader(tabs, before);
          for (const other of others) expect(await other.ask('works')).toEqual([]);
          restore.shift()!(); // the process goes with its page
          await leading.page.close();
          const next = await agreement(others);
          expect(next.term).toBeGreaterThan(before.term);
          const works = await worksUpTo(next, async () => site.worksIn(where.room));
          expect(works.length).toBeGreaterThanOrEqual(2);
          expectOneAtATime(works);
          for (const end of restore.splice(0)) end();
          await close(others);
        } finally {
          for (const end of restore) end();
        }
      },
    );
  });
}
