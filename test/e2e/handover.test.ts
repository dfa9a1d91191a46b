import { expect, test } from 'vitest';
import type { Work } from './app/diary.ts';
import type { Report } from './app/participant.ts';
import { type Watch, whereCalm } from './stage/calm.ts';
import {
  agreement,
  linkedToLeader,
  type Member,
  reachEachOther,
  reports,
  splitByLeader,
  until,
} from './stage/member.ts';
import type { PageMember } from './stage/page.ts';
import type { Room } from './stage/stage.ts';
import { useStage } from './stage/use-stage.ts';

const stage = useStage();

async function threePages(room: Room): Promise<PageMember[]> {
  const pages: PageMember[] = [];
  for (const browser of ['left', 'right', 'left']) pages.push(await room.page(browser, { killable: true }));
  return pages;
}

/** Who leads three pages, and another one of them. */
async function leaderAndHeir(watch: Watch) {
  const pages = await threePages(await stage.room());
  const first = await agreement(pages);
  await reachEachOther(pages);
  const [leader, [heir]] = splitByLeader(pages, first) as [PageMember, [PageMember]];
  return { pages, first, leader, heir, calm: watch(pages) };
}

test('transfer() hands leadership to the member named, and work stops before the next leader is known', () =>
  whereCalm(async (watch) => {
    const { pages, first, leader, heir, calm } = await leaderAndHeir(watch);

    await calm.check(() => leader.ask('transfer', heir.id));

    const next = await agreement(pages);
    await calm.check(() => expect(next.id).toBe(heir.id));
    expect(next.term).toBeGreaterThan(first.term);
    const work = await workIn(first.term, leader, ({ abortedAt }) => abortedAt !== null);
    expect(work.leaderAtAbort?.id).not.toBe(heir.id);
    const { abortedAt } = await workIn(next.term, heir);
    await calm.check(() => expect(abortedAt).toBeNull());
  }));

test('a member that handed over can lead again', () =>
  whereCalm(async (watch) => {
    const { pages, first, leader, heir, calm } = await leaderAndHeir(watch);
    await calm.check(() => leader.ask('transfer', heir.id));
    await agreement(pages);

    await calm.check(() => heir.ask('transfer', leader.id));

    const back = await agreement(pages);
    await calm.check(() => expect(back.id).toBe(leader.id));
    await workIn(back.term, leader);
    const terms = (await leader.ask('works')).map(({ term }) => term);
    await calm.check(() => expect(terms).toEqual([first.term, back.term]));
  }));

test('leave() hands leadership over and ends the work', async () => {
  const pages = await threePages(await stage.room());
  const first = await agreement(pages);
  await reachEachOther(pages);
  const [leader, others] = splitByLeader(pages, first);

  await leader.ask('leave');

  const next = await agreement(others);
  expect(next.term).toBeGreaterThan(first.term);
  await reachEachOther(others);
  expect(await left(leader)).toMatchObject({ leader: null, isLeader: false });
  const work = await workIn(first.term, leader, ({ abortedAt }) => abortedAt !== null);
  expect(work.leaderAtAbort?.id).not.toBe(next.id);
});

test('aborting the signal given to createCluster leaves', async () => {
  const pages = await threePages(await stage.room());
  const [leader, others] = splitByLeader(pages, await agreement(pages));

  await leader.ask('abort');

  await agreement(others);
  await reachEachOther(others);
  await left(leader);
});

test('what the leader published survives its crash: the next leader starts from it', async () => {
  const room = await stage.room();
  const pages = await threePages(room);
  const first = await agreement(pages);
  await linkedToLeader(pages, 'webrtc');
  const [leader, others] = splitByLeader(pages, first);
  await leader.ask('publish', { page: 3, of: ['a', 'b'] });
  await knowPublished(pages, { page: 3, of: ['a', 'b'] });

  await leader.kill();

  const next = await agreement(others);
  const [heir] = splitByLeader(others, next);
  expect((await workIn(next.term, heir)).published).toEqual({ page: 3, of: ['a', 'b'] });
  const late = await room.page('right');
  await agreement([...others, late]);
  await knowPublished([late], { page: 3, of: ['a', 'b'] });
});

/** Waits for the work of that leadership, until it is as wanted. */
async function workIn(term: number, member: Member, wanted: (work: Work) => boolean = () => true): Promise<Work> {
  const works = await until(
    `its work in term ${term} is as wanted`,
    () => member.ask('works'),
    (all) => all.some((work) => work.term === term && wanted(work)),
  );
  return works.find((work) => work.term === term) as Work;
}

async function left(member: Member): Promise<Report> {
  return until(
    `${member.id} has left`,
    () => member.ask('report'),
    ({ state }) => state === 'left',
  );
}

async function knowPublished(members: readonly Member[], value: unknown): Promise<void> {
  await until(
    'all know what was published',
    () => reports(members),
    (read) => read.every(({ published }) => JSON.stringify(published) === JSON.stringify(value)),
  );
}
