import { expect, test, vi } from 'vitest';
import type { Report } from './app/participant.ts';
import { linkedToLeader, type Member, reports, until } from './stage/member.ts';
import type { PageMember } from './stage/page.ts';
import type { Room } from './stage/stage.ts';
import { useStage } from './stage/use-stage.ts';

vi.setConfig({ testTimeout: 400_000 });

const stage = useStage();
const byQuorum = { quorum: {} };
/** Longer than a busy machine holds a page up. */
const calm = { quorum: { minLeaseMs: 3_000 } };
/** Those that vanish are missed, and keep their place, for fifteen seconds; forty pages take their time on a busy machine. */
const patienceMs = 120_000;

const inRole = ({ members }: Report, role: string): string[] =>
  members.filter((member) => member.role === role).map(({ id }) => id);

/** Waits until all of them know so many voters among them, a witness, and nobody else. */
async function electorate(members: readonly Member[], voters: number): Promise<Report[]> {
  return until(
    `all know ${voters} voters among ${members.length}, and a witness`,
    () => reports(members),
    (read) => {
      const ids = read.map(({ id }) => id).toSorted();
      return read.every((report) => {
        const known = [...inRole(report, 'voter'), ...inRole(report, 'learner')].toSorted();
        return (
          inRole(report, 'voter').length === voters &&
          inRole(report, 'witness').length === 1 &&
          known.join() === ids.join()
        );
      });
    },
    patienceMs,
  );
}

interface Followed<M> {
  readonly leader: M;
  readonly others: M[];
  readonly term: number;
}

/** Waits until they all follow one of them, under the ids that they have by then. */
async function followed<M extends Member>(members: readonly M[]): Promise<Followed<M>> {
  const read = await until('all follow one of them', () => reports(members), oneIsFollowed, patienceMs);
  const leader = members[read.findIndex(({ isLeader }) => isLeader)] as M;
  return { leader, others: members.filter((one) => one !== leader), term: read[0]?.leader?.term as number };
}

function oneIsFollowed(read: readonly Report[]): boolean {
  const [leading, ...more] = read.filter(({ isLeader }) => isLeader);
  return (
    more.length === 0 &&
    leading !== undefined &&
    read.every(({ leader }) => leader?.id === leading.id && leader.term === leading.leader?.term)
  );
}

/** Pages in turn in the browsers `left` and `right`. */
async function pagesIn(room: Room, count: number): Promise<PageMember[]> {
  const pages: PageMember[] = [];
  for (let n = 0; n < count; n++) pages.push(await room.page(n % 2 === 0 ? 'left' : 'right', byQuorum));
  return pages;
}

test.each(['leader', 'follower'])(
  'Q8: of two tabs in two browsers the one that is the %s is killed, and the other one leads',
  async (which) => {
    const room = await stage.room();
    const left = await room.page('left', { ...calm, killable: true });
    const right = await room.page('right', { ...calm, killable: true });
    await electorate([left, right], 2);
    await linkedToLeader([left, right], 'webrtc', patienceMs);
    const before = await followed([left, right]);
    const [other] = before.others as [PageMember];
    const [killed, rest] = which === 'leader' ? [before.leader, other] : [other, before.leader];

    await killed.kill();

    const after = await followed([rest]);
    if (which === 'leader') expect(after.term).toBeGreaterThan(before.term);
    else expect(after.term).toBe(before.term);
    const newcomer = await room.page(killed === left ? 'left' : 'right', calm);
    const joined = await followed([rest, newcomer]);
    expect([joined.leader.id, joined.term]).toEqual([rest.id, after.term]);
    await electorate([rest, newcomer], 2);
  },
);

test('Q8: of ten tabs nine are closed at once, and the last one leads', async () => {
  const room = await stage.room();
  const pages = await pagesIn(room, 10);
  await electorate(pages, 5);
  const before = await followed(pages);
  const last = before.others.at(-1) as PageMember;

  await Promise.all(pages.filter((page) => page !== last).map((page) => page.close()));

  const after = await followed([last]);
  expect(after.term).toBeGreaterThan(before.term);
  await electorate([last], 1);
});

test('a tab that is loaded again fifty times is fifty members one after the other, in a room that stays small', async () => {
  const room = await stage.room();
  const [first, other] = (await pagesIn(room, 2)) as [PageMember, PageMember];
  const ids = new Set([first.id]);
  let { term } = await followed([first, other]);
  let now = first;
  for (let times = 0; times < 49; times++) {
    now = await loadedAgain(now, room);
    ids.add(now.id);
    const next = await followed([now, other]);
    expect(next.term).toBeGreaterThanOrEqual(term);
    term = next.term;
  }
  expect(ids.size).toBe(50);
  const read = await electorate([now, other], 2);
  expect(read.map(({ members }) => members.length)).toEqual([3, 3]);
});

test('a room of forty pages has five voters; when its leader is closed, the next one leads, and five vote again', async () => {
  const room = await stage.room();
  const pages = await pagesIn(room, 40);
  await electorate(pages, 5);
  const before = await followed(pages);

  await before.leader.close();

  const after = await followed(before.others);
  expect(after.term).toBeGreaterThan(before.term);
  await electorate(before.others, 5);
});

/** The same tab after a reload: another member. */
async function loadedAgain({ page, ...tab }: PageMember, { signaling, name }: Room): Promise<PageMember> {
  await page.reload();
  await page.waitForFunction(() => typeof globalThis.start === 'function');
  const options = JSON.stringify({ url: signaling.url, room: name, ...byQuorum });
  const id = await page.evaluate((given) => globalThis.start(JSON.parse(given)), options);
  return { ...tab, page, id };
}
