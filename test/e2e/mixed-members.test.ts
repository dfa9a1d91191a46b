import { expect, test } from 'vitest';
import { leadBy } from './stage/calm.ts';
import { agreement, linkedOn, type Member, reachEachOther, splitByLeader, until } from './stage/member.ts';
import { useStage } from './stage/use-stage.ts';

const stage = useStage();

test('A1: a page without RTCPeerConnection takes part over the relay, as a follower and as the leader', async () => {
  const room = await stage.room();
  const able = [await room.page('left'), await room.page('right')];
  const unable = await room.page('third', { withoutWebRtc: true });
  expect(await unable.page.evaluate(() => typeof RTCPeerConnection)).toBe('undefined');
  const all = [...able, unable];
  await agreement(all);
  await reachEachOther(all);
  await linkedOn(able[0] as Member, able[1] as Member, 'webrtc');
  for (const member of able) {
    await linkedOn(unable, member, 'relay');
    await linkedOn(member, unable, 'relay');
  }

  await leadBy(all, unable);

  await unable.ask('send', 'chat', (able[0] as Member).id, { over: 'the relay' });
  const [received] = await until(
    'the message is there',
    () => (able[0] as Member).ask('received'),
    ({ length }) => length > 0,
  );
  expect(received).toMatchObject({ from: unable.id, value: { over: 'the relay' } });
});

test('A1: pages know their leader, and hand over, before ICE is done: here it never is', async () => {
  const room = await stage.room();
  const pages = await Promise.all(['left', 'right'].map((browser) => room.page(browser, { withoutIce: true })));
  await agreement(pages);
  await reachEachOther(pages);
  const [one, other] = [pages[0] as Member, pages[1] as Member];
  await linkedOn(one, other, 'relay');
  await linkedOn(other, one, 'relay');

  await leadBy(pages, one);
  await leadBy(pages, other);
});

test('A1: a Node process with WebRTC takes part beside pages, over data channels', async () => {
  const room = await stage.room();
  const [page, other, node] = await Promise.all([room.page('left'), room.page('right'), room.node({ wrtc: true })]);
  const all = [page, other, node];
  await reachEachOther(all);
  await leadBy(all, node);
  for (const member of [page, other]) {
    await linkedOn(node, member, 'webrtc');
    await linkedOn(member, node, 'webrtc');
  }
  const [, followers] = splitByLeader(all, await agreement(all));
  await node.process.end('SIGKILL');
  expect((await agreement(followers)).id).not.toBe(node.id);
  await reachEachOther(followers);
});

test('A1: a Node process without WebRTC takes part beside pages, over the relay', async () => {
  const room = await stage.room();
  const [page, other, node] = await Promise.all([room.page('left'), room.page('right'), room.node()]);
  const all = [page, other, node];
  await reachEachOther(all);
  await leadBy(all, node);
  await linkedOn(page, other, 'webrtc');
  for (const member of [page, other]) {
    await linkedOn(node, member, 'relay');
    await linkedOn(member, node, 'relay');
  }
  await node.ask('leave');
  expect((await agreement([page, other])).id).not.toBe(node.id);
  await reachEachOther([page, other]);
});
