import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumCommand } from '../browsers/chromium.js';
import type { ParticipantOptions, Report } from './app/participant.ts';
import { type Engine, type EngineMember, type EnginePage, joinIn, startIn } from './stage/engine.ts';
import { firstRead, hangUntilReplaced, replaced } from './stage/hang.ts';
import { openHideable } from './stage/hideable.ts';
import { comeBack, elsewhere, whereKept } from './stage/kept.ts';
import { agreement, reachEachOther, splitByLeader, until } from './stage/member.ts';
import { canFindRenderers, rendererOf } from './stage/renderer.ts';
import { roomNames } from './stage/room-names.ts';
import { firefox, webkit } from './stage/other-engines.ts';
import { useSite } from './stage/use-site.ts';
import { expectOneAtATime, expectToLeadOn, leadersInTurn, worksUpTo } from './stage/works.ts';

const site = useSite();

interface EngineUnderTest {
  readonly name: string;
  readonly command: string;
  readonly open: (() => Promise<Engine>) | null;
  /** The driver of WebKitGTK ends its session when the process of a single page dies. */
  readonly survivesCrashes: boolean;
  /** Firefox keeps no page in the back/forward cache that had a Web Lock when it went: it is loaded again. */
  readonly keepsPages: boolean;
}

// What none of Firefox and WebKitGTK does on demand, and so is seen in Chromium alone: freeze a page (a process that stands
// still is as close as one gets), let one be hidden for minutes within seconds, and slow down a page without its process
// (hidden-engines.test.ts). Nor does WebKitGTK say that a disk is full (tabs-refused.test.ts).

const engines: readonly EngineUnderTest[] = [
  {
    name: 'Chromium',
    command: chromiumCommand,
    open: openHideable,
    survivesCrashes: true,
    keepsPages: true,
  },
  { ...firefox, survivesCrashes: true, keepsPages: false },
  { ...webkit, survivesCrashes: false, keepsPages: true },
];

for (const { name, command, open, keepsPages } of engines) {
  describe.skipIf(!open)(`${name}${open ? '' : `, which is not here (${command})`}`, () => {
    let engine: Engine;

    beforeAll(async () => {
      engine = await (open as () => Promise<Engine>)();
    });

    afterAll(() => engine.close());

    test('L1, L2, F1: leaders are loaded again and closed; the next in line leads, once their work has stopped', async () => {
      const where = { url: '', room: `line-${name}`, tabs: true, preferVisible: false };
      let line = await inLine(engine, where, 3);
      const ids = new Set(line.map(({ id }) => id));
      let leader = await agreement(line);
      const led = [leader.id];
      for (const what of ['reload', 'close', 'reload'] as const) {
        const [leading, ...others] = line as [EngineMember, ...EngineMember[]];
        await leading.page[what]();
        const next = await agreement(others);
        expect(next.id).toBe(others[0]?.id);
        expect(next.term).toBeGreaterThan(leader.term);
        led.push(next.id);
        leader = next;
        if (what === 'reload') others.push(await startIn(leading.page, where));
        await agreement(others);
        await reachEachOther(others);
        line = others;
      }
      for (const { id } of line) ids.add(id);
      expect(ids.size).toBe(5);
      const works = await worksUpTo(leader, async () => site.worksIn(where.room));
      expect(leadersInTurn(works)).toEqual(led);
      expectOneAtATime(works);
      for (const { page } of line) await page.close();
    });

    test('L1: twelve tabs that come at once have one leader, and each time that it closes another one', async () => {
      const where = { url: '', room: `twelve-${name}`, tabs: true, preferVisible: false };
      const pages = await Promise.all(Array.from({ length: 12 }, () => engine.open(site.url)));
      let tabs = await Promise.all(pages.map((page) => startIn(page, where)));
      let term = 0;
      for (let closed = 0; closed < 3; closed++) {
        const leader = await agreement(tabs, 60_000);
        expect(leader.term).toBeGreaterThan(term);
        ({ term } = leader);
        const [leading, others] = splitByLeader(tabs, leader);
        await leading.page.close();
        tabs = others;
      }
      const works = await worksUpTo(await agreement(tabs, 60_000), async () => site.worksIn(where.room));
      expect(works.length).toBeGreaterThanOrEqual(4);
      expectOneAtATime(works);
      for (const { page } of tabs) await page.close();
    });

    test(`L1, F1: a leader that navigates away is replaced, and is a new member when it comes back, ${keepsPages ? 'kept' : 'loaded again'}`, () =>
      whereKept(async (tries) => {
        const where = { url: '', room: `back-${name}-${tries}`, tabs: true, preferVisible: false };
        const [gone, stays] = (await inLine(engine, where, 2)) as [EngineMember, EngineMember];
        await gone.page.goto(`${site.url}${elsewhere}`);
        const meanwhile = await agreement([stays]);
        expect(meanwhile.id).toBe(stays.id);
        const reason = await comeBack(gone.page);
        if (!keepsPages) expect(reason).not.toBeNull();
        else if (reason !== null) return reason;
        const back = keepsPages ? gone : await startIn(gone.page, where);
        const { id } = await back.ask('report');
        expect(id).not.toBe(gone.id);
        await expectToLeadOn(meanwhile, await agreement([{ ...back, id }, stays]), async () =>
          site.worksIn(where.room),
        );
        expectOneAtATime(await worksUpTo(meanwhile, async () => site.worksIn(where.room)));
        for (const { page } of [gone, stays]) await page.close();
        return null;
      }));

    test('L1: frames, and two of one page, are members as tabs are; where the frame of the leader is taken away, the next one leads', async () => {
      const where = { url: '', room: `frames-${name}`, tabs: true, preferVisible: false };
      const [outside, page] = [await engine.open(site.url), await engine.open(site.url)];
      await outside.evaluate(frame);
      const line: EngineMember[] = [];
      for (const [around, window] of [
        [outside, 'frames[0]'],
        [page, 'globalThis'],
        [page, 'globalThis'],
      ] as const) {
        line.push(await startBeside(around, window, where));
        await agreement(line);
        await reachEachOther(line);
      }
      const before = await agreement(line);
      expect(before.id).toBe(line[0]?.id);
      await outside.evaluate("document.querySelector('iframe').remove()");
      const next = await agreement(line.slice(1));
      expect([next.id, next.term > before.term]).toEqual([line[1]?.id, true]);
      await reachEachOther(line.slice(1));
      expectOneAtATime(await worksUpTo(next, async () => site.worksIn(where.room)));
      for (const each of [outside, page]) await each.close();
    });

    test('L1, F1: a leader whose main thread hangs is robbed, and knows so before it does anything else', async () => {
      const where = { url: '', room: `hung-${name}`, tabs: true, preferVisible: false };
      const line = await inLine(engine, where, 2);
      const before = await agreement(line);
      const [leading, other] = line as [EngineMember, EngineMember];
      const hang = await hangUntilReplaced(leading, where.room, before);
      const next = await agreement([other]);
      expect(next.term).toBeGreaterThan(before.term);
      expect(await hang.over()).toEqual(replaced);
      await expectToLeadOn(next, await agreement(line), async () => site.worksIn(where.room));
      for (const { page } of line) await page.close();
    });

    test('L1, F1: when the machine has slept for an hour, its leader does not lead at the first read, and then one does in a higher term', async () => {
      const where = { url: '', room: `slept-${name}`, tabs: true, preferVisible: false };
      const line = await inLine(engine, where, 3);
      const before = await agreement(line);
      // As pages see it: of their clocks, the one that stood still meanwhile is not ahead.
      for (const { page, id } of line) {
        const read = await page.evaluate(`((now) => {
          Date.now = () => now() + 3_600_000;
          return ${firstRead};
        })(Date.now)`);
        if (id === before.id) expect(read).toEqual(replaced);
      }
      const next = await until(
        'somebody leads again',
        () => agreement(line),
        ({ term }) => term > before.term,
      );
      expectOneAtATime(await worksUpTo(next, async () => site.worksIn(where.room)));
      for (const { page } of line) await page.close();
    });

    test('L2: the term goes on where it was when all tabs were closed, also where the clock was set back meanwhile', async () => {
      const where = { url: '', room: `closed-${name}`, tabs: true };
      const ahead = await engine.open(site.url);
      await ahead.evaluate('void ((now) => (Date.now = () => now() + 86_400_000))(Date.now)');
      const before = await agreement([await startIn(ahead, where)]);
      expect(before.term).toBeGreaterThan(Date.now() / 1_000 + 80_000);
      await ahead.close();
      const later = await joinIn(engine, site.url, where);
      expect((await agreement([later])).term).toBeGreaterThan(before.term);
      await later.page.close();
    });

    test.skipIf(!canFindRenderers)(
      'L1, F1: the process of the leader’s page stands still: it is robbed, and when it goes on does not lead any more',
      async () => {
        const where = { url: '', room: `stopped-${name}`, tabs: true, preferVisible: false };
        const line = await inLine(engine, where, 2);
        const before = await agreement(line);
        const [stopped, other] = line as [EngineMember, EngineMember];
        const pid = await rendererOf(engine, stopped.page);
        process.kill(pid, 'SIGSTOP');
        const next = await agreement([other]).finally(() => process.kill(pid, 'SIGCONT'));
        expect(next.term).toBeGreaterThan(before.term);
        expect(await stopped.ask('check')).toBe('not-leader');
        await expectToLeadOn(next, await agreement(line), async () => site.worksIn(where.room));
        for (const { page } of line) await page.close();
      },
    );

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

    test('what strangers post on the channels of the room is dropped and counted', async () => {
      const where = { url: '', room: `strangers-${name}`, tabs: true, preferVisible: false };
      const line = await inLine(engine, where, 2);
      const before = await agreement(line);
      const stranger = await engine.open(site.url);
      const [leading, other] = line as [EngineMember, EngineMember];
      const count = (await stranger.evaluate(
        posting([
          [where.room, 'frames', leading.id],
          [where.room, 'members'],
        ]),
      )) as number;
      await until(
        'all is counted, by whom it reached',
        async () => [(await leading.ask('report')).badMessages, (await other.ask('report')).badMessages],
        (counts) => JSON.stringify(counts) === JSON.stringify([count, count / 2]),
      );
      await expectToLeadOn(before, await agreement(line), async () => site.worksIn(where.room));
      await reachEachOther(line);
      for (const { page } of [...line, { page: stranger }]) await page.close();
    });
  });
}

for (const { name, command, open } of engines.filter(({ survivesCrashes }) => survivesCrashes)) {
  describe.skipIf(!open)(`${name}, whose pages die${open ? '' : `, which is not here (${command})`}`, () => {
    let engine: Engine;

    beforeAll(async () => {
      engine = await (open as () => Promise<Engine>)();
    });

    afterAll(() => engine.close());

    test.skipIf(!canFindRenderers)(
      'L1: the process of the leader’s page is killed: the next in line leads',
      async () => {
        const where = { url: '', room: `killed-${name}`, tabs: true, preferVisible: false };
        const line = await inLine(engine, where, 3);
        const before = await agreement(line);
        const [killed, ...others] = line as [EngineMember, ...EngineMember[]];
        process.kill(await rendererOf(engine, killed.page), 'SIGKILL');
        const next = await agreement(others);
        expect(next.id).toBe(others[0]?.id);
        expect(next.term).toBeGreaterThan(before.term);
        for (const { page } of others) await page.close();
      },
    );
  });
}

/** Tabs opened one after the other, each in line before the next one comes. */
async function inLine(engine: Engine, where: ParticipantOptions, count: number): Promise<EngineMember[]> {
  const line: EngineMember[] = [];
  while (line.length < count) {
    line.push(await joinIn(engine, site.url, where));
    await agreement(line);
    await reachEachOther(line);
  }
  return line;
}

/** Runs in a page: shows itself within itself, once more. */
const frame = `void document.body.append(
  Object.assign(document.createElement('iframe'), { src: location.href }),
)`;

/** Joins in that window of the page, where others may have joined before. */
async function startBeside(page: EnginePage, window: string, where: ParticipantOptions): Promise<EngineMember> {
  await until(
    'the app is there',
    () => page.evaluate(`typeof ${window}.start`),
    (type) => type === 'function',
  );
  const id = (await page.evaluate(`${window}.start(${JSON.stringify(where)})`)) as string;
  const participant = `${window}.participants.find((each) => each.id === ${JSON.stringify(id)})`;
  const ask = (called: string, ...args: readonly unknown[]): Promise<unknown> =>
    page.evaluate(`${participant}.${called}(...${JSON.stringify(args)})`);
  return { id, page, ask: ask as EngineMember['ask'] };
}

/** Runs in a page that is no member: posts nonsense on channels of these names, and resolves with how much. */
function posting(channels: readonly (readonly string[])[]): string {
  return `(() => {
    const nonsense = [
      null, undefined, 7, 'hello', ['a', 'b', 'c'], new Map([['type', 'bye']]), new ArrayBuffer(8), new Blob(['x']), new Error(),
      { type: 'here' }, { type: 'bye', id: 7 }, JSON.parse('{"__proto__":{"type":"ask"}}'), 'x'.repeat(1e6),
    ];
    const names = ${JSON.stringify(channels)}.map((use) => JSON.stringify(['bellwether', ...use]));
    for (const name of names) for (const each of nonsense) new BroadcastChannel(name).postMessage(each);
    return names.length * nonsense.length;
  })()`;
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
