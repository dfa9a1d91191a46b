import { expect, test, vi } from 'vitest';
import type { Leadership, Work } from './app/diary.ts';
import type { Report } from './app/participant.ts';
import { hostOf, pathTo, reports, splitByLeader, until } from './stage/member.ts';
import { openConnections, type PageMember } from './stage/page.ts';
import type { Room } from './stage/stage.ts';
import { useStage } from './stage/use-stage.ts';
import { worksUpTo } from './stage/works.ts';

vi.setConfig({ testTimeout: 300_000 });

const stage = useStage();
/** Fewer votes than tabs, and leases longer than a busy machine holds a page up. */
const options = { quorum: { maxVoters: 3, minLeaseMs: 3_000 }, countsConnections: true, killable: true };
const patienceMs = 120_000;
/** Processes of one machine read their clocks so much apart. */
const clockMs = 5;

const isVoter = (report: Report, id: string): boolean =>
  report.members.some((member) => member.id === id && member.role === 'voter');

/** Three tabs of one browser, and two of another. */
async function fiveTabs(room: Room): Promise<{ left: PageMember[]; right: PageMember[]; all: PageMember[] }> {
  const open = async (browser: string, count: number): Promise<PageMember[]> => {
    const pages: PageMember[] = [];
    while (pages.length < count) pages.push(await room.page(browser, options));
    return pages;
  };
  const left = await open('left', 3);
  const right = await open('right', 2);
  return { left, right, all: [...left, ...right] };
}

/** Waits until all follow one of them, and know each other, and the votes of both hosts. */
async function settled(pages: readonly PageMember[], hosts: number): Promise<readonly Report[]> {
  const voters = Math.min(3, pages.length);
  return until(
    `${pages.length} tabs follow one of them, and ${voters} of ${hosts} hosts vote`,
    () => reports(pages),
    (read) => {
      const [leading, ...more] = read.filter(({ isLeader }) => isLeader);
      return (
        leading !== undefined &&
        more.length === 0 &&
        read.every((report) => {
          const voting = report.members.filter(({ role }) => role === 'voter');
          return (
            report.leader?.term === leading.leader?.term &&
            pages.every(({ id }) => pathTo(report, id) !== null) &&
            voting.length === voters &&
            new Set(voting.map(({ host }) => host)).size === hosts
          );
        })
      );
    },
    patienceMs,
  );
}

/** What each has to the other: within a browser what that lends, across a data channel where both vote, or else the relay. */
function pathBetween(report: Report, id: string): string {
  if (hostOf(report, report.id) === hostOf(report, id)) return 'broadcast';
  return isVoter(report, report.id) && isVoter(report, id) ? 'webrtc' : 'relay';
}

async function pathsAreRight(pages: readonly PageMember[]): Promise<void> {
  await until(
    'every path is the one that it should be',
    () => reports(pages),
    (read) =>
      read.every((report) =>
        pages.every(({ id }) => id === report.id || pathTo(report, id) === pathBetween(report, id)),
      ),
    patienceMs,
  );
}

/** Connections of each tab: one to each voter of another host where it votes, and none where it does not. */
async function connectionsAreRight(pages: readonly PageMember[]): Promise<void> {
  await until(
    'only those that vote have data channels',
    async () => {
      const [read, counts] = await Promise.all([reports(pages), Promise.all(pages.map(openConnections))]);
      const wanted = read.map((report) => pages.filter(({ id }) => pathBetween(report, id) === 'webrtc').length);
      return { counts, wanted };
    },
    ({ counts, wanted }) => counts.join() === wanted.join(),
    patienceMs,
  );
}

/** Q2, F1: each work has stopped, or its tab had, before that of the next term starts. */
function expectOneAtATime(works: readonly Work[], killedAt: number): void {
  const inOrder = works.toSorted((a, b) => a.term - b.term);
  for (const [at, { abortedAt }] of inOrder.slice(0, -1).entries())
    expect(abortedAt ?? killedAt).toBeLessThan((inOrder[at + 1] as Work).startedAt + clockMs);
}

async function arrived(member: PageMember, from: PageMember, count: number): Promise<void> {
  const heard = await until(
    'all that was said has arrived',
    async () => (await member.ask('received')).filter((message) => message.from === from.id),
    ({ length }) => length >= count,
    patienceMs,
  );
  expect(heard.map(({ value }) => value)).toEqual(Array.from({ length: count }, (_, number) => number));
}

test('tabs of two browsers: broadcast within each, votes over both, data channels for those who vote; leaders die, and no word is lost', async () => {
  const room = await stage.room();
  const { left, right, all } = await fiveTabs(room);
  const before = await settled(all, 2);
  expect(new Set(before.map((report) => hostOf(report, report.id))).size).toBe(2);
  await pathsAreRight(all);
  await connectionsAreRight(all);

  // Leaders come and go, and what is said within the browsers and across goes on.
  const [leader, others] = splitByLeader(all, before[0]?.leader as { id: string; term: number });
  const mates = (left.includes(leader) ? left : right).filter((page) => page !== leader);
  const [speaker] = mates as [PageMember];
  const far = others.find((page) => !mates.includes(page)) as PageMember;
  const near = mates.find((page) => page !== speaker) ?? far;
  await speaker.ask('startStream', 'stream', far.id, 10);
  await near.ask('startStream', 'stream', speaker.id, 10);
  const killedAt = await leader.kill();

  const after = await settled(others, 2);
  expect(after[0]?.leader?.term).toBeGreaterThan(before[0]?.leader?.term as number);
  await pathsAreRight(others);
  await connectionsAreRight(others);
  await arrived(far, speaker, await speaker.ask('stopStream'));
  await arrived(speaker, near, await near.ask('stopStream'));

  const [next, rest] = splitByLeader(others, after[0]?.leader as { id: string; term: number });
  await next.close();
  const [last] = await settled(rest, new Set(rest.map((page) => page.page.context())).size);
  expect(last?.leader?.term).toBeGreaterThan(after[0]?.leader?.term as number);

  const works = await worksUpTo(last?.leader as Leadership, room.works, leader.id);
  expect(works.length).toBeGreaterThanOrEqual(3);
  expectOneAtATime(works, killedAt);
});
