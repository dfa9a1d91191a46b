import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFirefox, firefoxCommand } from '../browsers/firefox.js';
import { findWebKit, webkitCommand } from '../browsers/webkit.js';
import { type Engine, type EngineMember, joinIn, startIn } from './stage/engine.ts';
import { openFirefox } from './stage/firefox.ts';
import { agreement, linkedOn, type Member, reachEachOther, splitByLeader, until } from './stage/member.ts';
import { serveSite, type Site } from './stage/site.ts';
import type { Room } from './stage/stage.ts';
import { useStage } from './stage/use-stage.ts';
import { openWebKit } from './stage/webkit.ts';

const stage = useStage();
const firefox = findFirefox();
const webkit = findWebKit();
let site: Site;

beforeAll(async () => {
  site = await serveSite();
});

afterAll(() => site.close());

const engines = [
  { name: 'Firefox', command: firefoxCommand, path: 'webrtc', open: firefox && (() => openFirefox(firefox)) },
  // It has no WebRTC: it stays on the relay.
  { name: 'WebKitGTK', command: webkitCommand, path: 'relay', open: webkit && (() => openWebKit(webkit)) },
];

for (const { name, command, path, open } of engines) {
  describe.skipIf(!open)(`${name}${open ? '' : `, which is not here (${command})`}`, () => {
    let engine: Engine;

    beforeAll(async () => {
      engine = await (open as () => Promise<Engine>)();
    });

    afterAll(() => engine.close());

    const join = (room: Room): Promise<EngineMember> =>
      joinIn(engine, site.url, { url: room.signaling.url, room: room.name });

    /** Two of its pages, one of Chromium and a Node process. */
    async function company(room: Room) {
      const [one, other] = [await join(room), await join(room)];
      const chromium = await room.page('chromium');
      const node = await room.node();
      await agreement([one, other, chromium, node]);
      await reachEachOther([one, other, chromium, node]);
      return { one, other, chromium, node, all: [one, other, chromium, node] };
    }

    test(`A1: its pages, one of Chromium and a Node process have one leader, on ${path} to the others and on broadcast among themselves`, async () => {
      const { one, other, chromium, node } = await company(await stage.room());
      await Promise.all([one, other].map((page) => page.ask('send', 'chat', chromium.id, 'hello')));
      await one.ask('send', 'chat', other.id, 'hello');
      for (const [from, to] of [
        [one, chromium],
        [chromium, one],
      ] as const)
        await linkedOn(from, to, path);
      await linkedOn(one, other, 'broadcast');
      await linkedOn(node, one, 'relay');
    });

    test('A1: it leads, closes its tab, and the others go on under the next leader', async () => {
      const { one, all } = await company(await stage.room());
      const [leader] = splitByLeader<Member>(all, await agreement(all));
      if (leader !== one) await leader.ask('transfer', one.id);
      const before = await agreement(all);
      expect(before.id).toBe(one.id);
      const others = all.filter((member) => member !== one);

      await one.page.close();

      const next = await agreement(others);
      expect(next.term).toBeGreaterThan(before.term);
      await reachEachOther(others);
    });

    test('T1: values and bytes go both ways as they were sent, once and in order', async () => {
      const { one, chromium } = await company(await stage.room());
      for (const [from, to] of [
        [one, chromium],
        [chromium, one],
      ] as const) {
        await from.ask('send', 'chat', to.id, ['ü 🐑', null, { a: [1.5] }]);
        const sum = await from.ask('sendBytes', 'chat', to.id, 1_000_000);
        await from.ask('send', 'chat', to.id, 'last');
        const arrived = await until(
          'all has arrived',
          () => to.ask('received'),
          ({ length }) => length === 3,
        );
        expect(arrived.map(({ value }) => value)).toEqual([
          ['ü 🐑', null, { a: [1.5] }],
          { bytes: 1_000_000, sum },
          'last',
        ]);
      }
    });

    test('a page that is loaded again says goodbye, and comes back as a new member', async () => {
      const room = await stage.room();
      const { one, all } = await company(room);
      const others = all.filter((member) => member !== one);
      await one.page.goto(`${site.url}?again`);
      await reachEachOther(others);
      const again = await startIn(one.page, { url: room.signaling.url, room: room.name });
      expect(again.id).not.toBe(one.id);
      await agreement([again, ...others]);
      await reachEachOther([again, ...others]);
    });

    test('A1: its browser is killed while it leads, and the others go on under the next leader', async () => {
      const { one, other, chromium, node, all } = await company(await stage.room());
      const [leader] = splitByLeader<Member>(all, await agreement(all));
      if (leader !== one) await leader.ask('transfer', one.id);
      const before = await agreement(all);

      await engine.kill();

      const next = await agreement([chromium, node]);
      expect(next.term).toBeGreaterThan(before.term);
      expect([one.id, other.id]).not.toContain(next.id);
      engine = await (open as () => Promise<Engine>)();
    });
  });
}
