import { expect, test } from 'vitest';
import { whereCalm } from './stage/calm.ts';
import { agreement, linkedOn, linkedToLeader, reachEachOther, splitByLeader, until } from './stage/member.ts';
import type { PageMember } from './stage/page.ts';
import type { Room } from './stage/stage.ts';
import { useStage } from './stage/use-stage.ts';

const stage = useStage();

/** Three tabs in one browser and two in another. */
async function fivePages(room: Room): Promise<PageMember[]> {
  const pages: PageMember[] = [];
  for (const browser of ['left', 'right', 'left', 'right', 'left']) {
    pages.push(await room.page(browser, { killable: true }));
  }
  return pages;
}

test('A1: five pages in two browsers agree on one leader, reached over WebRTC', () =>
  whereCalm(async (watch) => {
    const pages = await fivePages(await stage.room());
    const leader = await agreement(pages);
    const calm = watch(pages);
    await reachEachOther(pages);
    await linkedToLeader(pages, 'webrtc');
    const after = await agreement(pages);
    await calm.check(() => expect(after, 'the way to WebRTC changes nothing').toEqual(leader));
  }));

test('A1: when the page of the leader is closed, the others agree on a new leader', async () => {
  const pages = await fivePages(await stage.room());
  const first = await agreement(pages);
  await linkedToLeader(pages, 'webrtc');
  const [leader, others] = splitByLeader(pages, first);

  await leader.close();

  const next = await agreement(others);
  expect(next.term).toBeGreaterThan(first.term);
  await reachEachOther(others);
});

test('A1: when the renderer of the leader is killed, the others agree on a new leader', async () => {
  const pages = await fivePages(await stage.room());
  const first = await agreement(pages);
  await linkedToLeader(pages, 'webrtc');
  const [leader, others] = splitByLeader(pages, first);

  await leader.kill();

  const next = await agreement(others);
  expect(next.term).toBeGreaterThan(first.term);
  await linkedToLeader(others, 'webrtc');
});

test('A1: pages of two browsers that talk to each other come to a direct path, whoever leads', async () => {
  const pages = await fivePages(await stage.room());
  const [, followers] = splitByLeader(pages, await agreement(pages));
  const [a] = followers as [PageMember];
  const b = followers.find(({ page }) => page.context() !== a.page.context()) as PageMember;

  await a.ask('send', 'chat', b.id, 'hello');

  await linkedOn(a, b, 'webrtc');
  await linkedOn(b, a, 'webrtc');
  const received = await until(
    'what was sent is there, by whichever path',
    () => b.ask('received'),
    ({ length }) => length > 0,
  );
  expect(received).toMatchObject([{ channel: 'chat', from: a.id, value: 'hello' }]);
});
