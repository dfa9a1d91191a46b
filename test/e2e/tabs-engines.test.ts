import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFirefox, firefoxCommand } from '../browsers/firefox.js';
import { findWebKit, webkitCommand } from '../browsers/webkit.js';
import type { Work } from './app/diary.ts';
import type { Report } from './app/participant.ts';
import { type Engine, type EngineMember, joinIn, startIn } from './stage/engine.ts';
import { openFirefox } from './stage/firefox.ts';
import { openHideable } from './stage/hideable.ts';
import { agreement, reachEachOther, until } from './stage/member.ts';
import { roomNames } from './stage/room-names.ts';
import { serveSite, type Site } from './stage/site.ts';
import { openWebKit } from './stage/webkit.ts';

const firefox = findFirefox();
const webkit = findWebKit();
/** What clocks of different processes of one machine may differ by; engines round them to whole milliseconds. */
const clockMs = 3;
let site: Site;

beforeAll(async () => {
  site = await serveSite();
});

afterAll(() => site.close());

const engines = [
  { name: 'Chromium', command: 'npx playwright install --with-deps chromium', open: openHideable },
  { name: 'Firefox', command: firefoxCommand, open: firefox && (() => openFirefox(firefox)) },
  { name: 'WebKitGTK', command: webkitCommand, open: webkit && (() => openWebKit(webkit)) },
];

for (const { name, command, open } of engines) {
  describe.skipIf(!open)(`${name}${open ? '' : `, which is not here (${command})`}`, () => {
    let engine: Engine;

    beforeAll(async () => {
      engine = await (open as () => Promise<Engine>)();
    });

    afterAll(() => engine.close());

    test('L1, L2, F1: leaders are loaded again and closed; the next in line leads, once their work has stopped', async () => {
      const where = { url: '', room: `line-${name}`, tabs: true, preferVisible: false };
      let line: EngineMember[] = [];
      while (line.length < 3) {
        line.push(await joinIn(engine, site.url, where));
        await agreement(line);
        await reachEachOther(line);
      }
      const ids = new Set(line.map(({ id }) => id));
      let { term } = await agreement(line);
      for (const what of ['reload', 'close', 'reload'] as const) {
        const [leading, ...others] = line as [EngineMember, ...EngineMember[]];
        await leading.page[what]();
        const next = await agreement(others);
        expect(next.id).toBe(others[0]?.id);
        expect(next.term).toBeGreaterThan(term);
        ({ term } = next);
        if (what === 'reload') others.push(await startIn(leading.page, where));
        await agreement(others);
        await reachEachOther(others);
        line = others;
      }
      for (const { id } of line) ids.add(id);
      expect(ids.size).toBe(5);
      const works = (await until(
        'all have written down when they stopped',
        () => line[0]!.page.evaluate(`worksIn(${JSON.stringify(where.room)})`),
        (all) => (all as Work[]).filter(({ abortedAt }) => abortedAt !== null).length === 3,
      )) as Work[];
      expect(works).toHaveLength(4);
      for (const [at, { abortedAt }] of works.slice(0, -1).entries())
        expect(abortedAt).toBeLessThan(works[at + 1]!.startedAt + clockMs);
      for (const { page } of line) await page.close();
    });

    test('L1: rooms named with anything that a text can hold stay apart, and from locks and channels of others', async () => {
      const pages = [await engine.open(site.url), await engine.open(site.url)] as const;
      const names = JSON.stringify(roomNames);
      // Others of the same origin keep locks and channels by these names. A name that begins with "-" no lock may have.
      await pages[0].evaluate(`globalThis.strangers = ${names}.map((name) => {
        navigator.locks.request(name, () => new Promise(() => {})).catch(() => {});
        return new BroadcastChannel(name);
      }).length`);
      for (const page of pages)
        await page.evaluate(`${names}.map((room) => start({ url: '', room, tabs: true })).length`);

      const read = async (): Promise<Report[][]> =>
        (await Promise.all(
          pages.map((page) => page.evaluate('participants.map((each) => each.report())')),
        )) as Report[][];
      const [ofOne, ofOther] = (await until('each room has one leader, whom both know', read, ([left, right]) =>
        left!.every((report, at) => haveOneLeader(report, right![at]!)),
      )) as [Report[], Report[]];

      expect(ofOne).toHaveLength(roomNames.length);
      for (const [at, one] of ofOne.entries()) {
        const ids = [one.id, ofOther[at]!.id].toSorted();
        for (const { members, badMessages } of [one, ofOther[at]!]) {
          expect(members.map(({ id }) => id).toSorted()).toEqual(ids);
          expect(badMessages).toBe(0);
        }
      }
      for (const page of pages) await page.close();
    });
  });
}

function haveOneLeader(one: Report, other: Report): boolean {
  const { leader } = one;
  return (
    leader !== null &&
    leader.id === other.leader?.id &&
    leader.term === other.leader.term &&
    one.isLeader !== other.isLeader
  );
}
