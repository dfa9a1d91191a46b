import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { SignalingOptions } from '../../signaling-server/options.ts';
import { serveSignaling } from '../../signaling-server/standalone.ts';
import type { ParticipantOptions } from './app/participant.ts';
import { leadBy } from './stage/calm.ts';
import { type Engine, type EngineMember, joinIn, startIn } from './stage/engine.ts';
import { comeBack, elsewhere } from './stage/kept.ts';
import { agreement, linkedOn, type Member, reachEachOther, reports, until } from './stage/member.ts';
import { startNode } from './stage/node.ts';
import { firefox, webkit } from './stage/other-engines.ts';
import { useSite } from './stage/use-site.ts';
import type { Room } from './stage/stage.ts';
import { useStage } from './stage/use-stage.ts';
import { expectOneAtATime, worksUpTo } from './stage/works.ts';

const stage = useStage();
const site = useSite();
/** Leases longer than a busy machine holds a page up. */
const calm = { quorum: { minLeaseMs: 3_000 } };

const engines = [
  // It closes the sockets of a page that follows a link before it knows whether the page has to go.
  { ...firefox, path: 'webrtc', closesEarly: true, lostGoodbyes: 0 },
  // It has no WebRTC: it stays on the relay. And where the machine is busy, its network process ends one connection in a
  // hundred, without a close frame, before what a page that goes has said is out: the server waits for such a page.
  { ...webkit, path: 'relay', closesEarly: false, lostGoodbyes: 1 },
];

for (const { name, command, path, closesEarly, lostGoodbyes, open } of engines) {
  describe.skipIf(!open)(`${name}${open ? '' : `, which is not here (${command})`}`, () => {
    let engine: Engine;

    beforeAll(async () => {
      engine = await (open as () => Promise<Engine>)();
    });

    afterAll(() => engine.close());

    const join = (room: Room, options: Partial<ParticipantOptions> = {}): Promise<EngineMember> =>
      joinIn(engine, site.url, { url: room.signaling.url, room: room.name, ...options });

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
      const before = await leadBy(all, one);
      const others = all.filter((member) => member !== one);

      await one.page.close();

      const next = await agreement(others);
      expect(next.term).toBeGreaterThan(before.term);
      await reachEachOther(others);
    });

    test('Q2, F1: under quorum() its pages vote; one that leads goes, comes back as a new member, leads again and is closed', async () => {
      const room = await stage.room();
      const one = await join(room, calm);
      const all: Member[] = [one, await join(room, calm), await room.page('chromium', calm)];
      await vote(all);
      await leadBy(all, one);

      await one.page.goto(`${site.url}${elsewhere}`);
      const meanwhile = await agreement(all.slice(1));
      const back =
        (await comeBack(one.page)) === null
          ? { ...one, id: (await one.ask('report')).id }
          : await startIn(one.page, { url: room.signaling.url, room: room.name, ...calm });
      expect(back.id).not.toBe(one.id);
      const now: Member[] = [back, ...all.slice(1)];
      await vote(now);
      expect((await agreement(now)).term).toBe(meanwhile.term);

      await leadBy(now, back);
      await back.page.close();
      const last = await agreement(now.slice(1));
      const works = async () => [...site.worksIn(room.name), ...(await room.works())];
      const told = await worksUpTo(last, works);
      expect(told.length).toBeGreaterThanOrEqual(4);
      expectOneAtATime(told);
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

    /** Two of its pages and a Node process, at a server that waits for an hour for whoever is cut off. */
    async function patientCompany(given: SignalingOptions) {
      const server = await serveSignaling({ port: 0, host: '127.0.0.1', fresh: true, graceMs: 3_600_000, ...given });
      onTestFinished(() => server.close({ drainMs: 0 }));
      const options = { url: server.url, room: 'room', ...calm };
      const [one, other] = [await joinIn(engine, site.url, options), await joinIn(engine, site.url, options)];
      const node = await startNode(options);
      onTestFinished(() => node.process.end('SIGKILL'));
      for (const { page } of [one, other]) onTestFinished(() => page.close());
      await vote([one, other, node]);
      return { options, one, others: [other, node] };
    }

    test('a page that is loaded again and again leaves none of its former selves behind', async () => {
      const { options, one, others } = await patientCompany({});
      let now = one;
      for (let times = 0; times < 4; times++) {
        await now.page.reload();
        now = await startIn(now.page, options);
      }
      expect(now.id).not.toBe(one.id);
      await listEachOther([now, ...others], lostGoodbyes);
      await agreement([now, ...others]);
    });

    test('a page that is loaded again is a member no more at once to a page that it talks to directly', async () => {
      const { one, others } = await patientCompany({ goingAwayMs: 3_600_000 });
      const [other] = others;
      await linkedOn(one, other!, 'broadcast');
      await one.page.reload();
      await until(
        'it is a member no more',
        () => other!.ask('report'),
        ({ members }) => members.every(({ id }) => id !== one.id),
      );
    });

    test('a page that follows a link to nothing, and lives on, is the member that it was', async () => {
      const { one, others } = await patientCompany({ goingAwayMs: 3_600_000 });
      const { openedAt } = await one.ask('times');
      await one.page.evaluate(`void setTimeout(() => (location.href = '${site.url}no-content'))`);
      await until(
        'it is online, once more where it was not for a moment',
        async () => ({ ...(await one.ask('times')), ...(await one.ask('report')) }),
        (now) => now.openedAt.length - openedAt.length === (closesEarly ? 1 : 0) && now.discovery === 'online',
      );
      await agreement([one, ...others]);
      await listEachOther([one, ...others]);
    });

    test('A1: its browser is killed while it leads, and the others go on under the next leader', async () => {
      const { one, other, chromium, node, all } = await company(await stage.room());
      const before = await leadBy(all, one);

      await engine.kill();

      const next = await agreement([chromium, node]);
      expect(next.term).toBeGreaterThan(before.term);
      expect([one.id, other.id]).not.toContain(next.id);
      engine = await (open as () => Promise<Engine>)();
    });
  });
}

/**
 * Waits until each of them votes, and all say so. Others may still have a vote that are gone: Firefox closes the socket of
 * a page that navigates before the page can tell the server.
 */
async function vote(members: readonly Member[]): Promise<void> {
  await until(
    'all of them vote',
    () => reports(members),
    (read) =>
      read.every((report) => {
        const voters = new Set(report.members.filter(({ role }) => role === 'voter').map(({ id }) => id));
        return members.every(({ id }) => voters.has(id));
      }),
  );
}

/** Waits until each of them lists these members and nobody else, but for the server's witness, and so many out of reach. */
async function listEachOther(members: readonly Member[], mostLost = 0): Promise<void> {
  const wanted = new Set(members.map(({ id }) => id));
  await until(
    'all list all and nobody else',
    () => reports(members),
    (read) =>
      read.every((report) => {
        const listed = report.members.filter(({ role }) => role !== 'witness');
        const others = listed.filter(({ id }) => !wanted.has(id));
        const isWhole = listed.length === wanted.size + others.length;
        return isWhole && others.length <= mostLost && others.every(({ reachable }) => !reachable);
      }),
  );
}
