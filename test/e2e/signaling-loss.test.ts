import { expect, test } from 'vitest';
import type { Seen } from './app/diary.ts';
import {
  agreement,
  linkedToLeader,
  type Member,
  reachEachOther,
  reports,
  splitByLeader,
  until,
} from './stage/member.ts';
import { useStage } from './stage/use-stage.ts';

const stage = useStage();

test('members with data channels keep their leader while the signaling server is killed and started again', async () => {
  stage.allow(/WebSocket connection to/); // the browser's own words about a server that is gone
  const room = await stage.room({ ownSignaling: true });
  const pages = await Promise.all(['left', 'right', 'left', 'right'].map((browser) => room.page(browser)));
  const leader = await agreement(pages);
  await linkedToLeader(pages, 'webrtc');
  const heard = await leaderEvents(pages);

  await room.signaling.kill();
  await discovered(pages, 'offline');
  expect(await agreement(pages)).toEqual(leader);

  await room.signaling.restart();
  await discovered(pages, 'online');
  const late = await room.page('right');
  expect(await agreement([...pages, late])).toEqual(leader);
  await reachEachOther([...pages, late]);
  await linkedToLeader([...pages, late], 'webrtc');
  expect(await leaderEvents(pages)).toEqual(heard);
});

test('A1: members that have only the relay lead themselves while the server is away, and meet again', async () => {
  stage.allow(/WebSocket connection to/);
  const room = await stage.room({ ownSignaling: true });
  const pages = await Promise.all(['left', 'right'].map((browser) => room.page(browser, { withoutWebRtc: true })));
  await agreement(pages);

  await room.signaling.kill();
  await Promise.all(pages.map((page) => agreement([page])));

  await room.signaling.restart();
  const leader = await agreement(pages);
  await reachEachOther(pages);
  const [, [follower]] = splitByLeader(pages, leader);
  const conflicts = await until(
    'the follower hears of the conflict',
    async () => (await follower?.ask('seen'))?.filter(({ name }) => name === 'conflict') ?? [],
    ({ length }) => length > 0,
  );
  expect(conflicts).toHaveLength(1);
});

test('a drained server sends its members away, and they come back to the next one', async () => {
  stage.allow(/WebSocket connection to/);
  const room = await stage.room({ ownSignaling: true });
  const pages = await Promise.all(['left', 'right'].map((browser) => room.page(browser)));
  const leader = await agreement(pages);
  await linkedToLeader(pages, 'webrtc');

  await room.signaling.drain();
  await discovered(pages, 'offline');
  await room.signaling.restart();
  await discovered(pages, 'online');

  expect(await agreement(pages)).toEqual(leader);
});

async function discovered(members: readonly Member[], wanted: 'online' | 'offline'): Promise<void> {
  await until(
    `discovery is ${wanted} for all`,
    () => reports(members),
    (read) => read.every(({ discovery }) => discovery === wanted),
  );
}

async function leaderEvents(members: readonly Member[]): Promise<Seen[][]> {
  const all = await Promise.all(members.map((member) => member.ask('seen')));
  return all.map((seen) => seen.filter(({ name }) => name === 'leader'));
}
