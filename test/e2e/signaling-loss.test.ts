import { expect, test } from 'vitest';
import type { Seen } from './app/diary.ts';
import { whereCalm } from './stage/calm.ts';
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

test('members with data channels keep their leader while the signaling server is killed and started again', () =>
  whereCalm(async (watch) => {
    stage.allow(/WebSocket connection to/); // the browser's own words about a server that is gone
    const room = await stage.room({ ownSignaling: true });
    const pages = await Promise.all(['left', 'right', 'left', 'right'].map((browser) => room.page(browser)));
    const leader = await agreement(pages);
    await linkedToLeader(pages, 'webrtc');
    const calm = watch(pages);
    const heard = await leaderEvents(pages);

    await room.signaling.kill();
    await discovered(pages, 'offline');
    const without = await agreement(pages);
    await calm.check(() => expect(without).toEqual(leader));

    await room.signaling.restart();
    await discovered(pages, 'online');
    const late = await room.page('right');
    const withLate = await agreement([...pages, late]);
    await reachEachOther([...pages, late]);
    await linkedToLeader([...pages, late], 'webrtc');
    const heardSince = await leaderEvents(pages);
    await calm.check(() => {
      expect(withLate).toEqual(leader);
      expect(heardSince).toEqual(heard);
    });
  }));

test('A1: members that have only the relay lead themselves while the server is away, and meet again', () =>
  whereCalm(async (watch) => {
    stage.allow(/WebSocket connection to/);
    const room = await stage.room({ ownSignaling: true });
    const pages = await Promise.all(['left', 'right'].map((browser) => room.page(browser, { withoutWebRtc: true })));
    await agreement(pages);

    await room.signaling.kill();
    await Promise.all(pages.map((page) => agreement([page])));
    const calm = watch(pages);

    await room.signaling.restart();
    const leader = await agreement(pages);
    await reachEachOther(pages);
    const [, [follower]] = splitByLeader(pages, leader);
    const conflicts = await until(
      'the follower hears of the conflict',
      async () => (await follower?.ask('seen'))?.filter(({ name }) => name === 'conflict') ?? [],
      ({ length }) => length > 0,
    );
    await calm.check(() => expect(conflicts).toHaveLength(1));
  }));

test('a drained server sends its members away, and they come back to the next one', () =>
  whereCalm(async (watch) => {
    stage.allow(/WebSocket connection to/);
    const room = await stage.room({ ownSignaling: true });
    const pages = await Promise.all(['left', 'right'].map((browser) => room.page(browser)));
    const leader = await agreement(pages);
    await linkedToLeader(pages, 'webrtc');
    const calm = watch(pages);

    await room.signaling.drain();
    await discovered(pages, 'offline');
    await room.signaling.restart();
    await discovered(pages, 'online');

    const after = await agreement(pages);
    await calm.check(() => expect(after).toEqual(leader));
  }));

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
