import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFirefox, firefoxCommand } from '../browsers/firefox.js';
import { findWebKit, webkitCommand } from '../browsers/webkit.js';
import type { Report } from './app/participant.ts';
import type { Engine } from './stage/engine.ts';
import { openFirefox } from './stage/firefox.ts';
import { openHideable } from './stage/hideable.ts';
import { until } from './stage/member.ts';
import { roomNames } from './stage/room-names.ts';
import { serveSite, type Site } from './stage/site.ts';
import { openWebKit } from './stage/webkit.ts';

const firefox = findFirefox();
const webkit = findWebKit();
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
