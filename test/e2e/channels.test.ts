import { expect, test } from 'vitest';
import type { Received } from './app/diary.ts';
import { whereCalm } from './stage/calm.ts';
import {
  agreement,
  linkedOn,
  linkedToLeader,
  type Member,
  reachEachOther,
  splitByLeader,
  until,
} from './stage/member.ts';
import type { PageMember } from './stage/page.ts';
import { useStage } from './stage/use-stage.ts';

const stage = useStage();

const values = [null, true, -0.5, '', 'ü 🐑', [], [[1], { a: null }], {}, { text: 'x'.repeat(5_000), list: [1, 2, 3] }];

test.each([
  ['over data channels', false],
  ['over the relay', true],
])('T1: values and bytes arrive as they were sent, once and in order, %s', async (_, withoutWebRtc) => {
  const room = await stage.room();
  const [a, b] = await Promise.all([room.page('left', { withoutWebRtc }), room.page('right', { withoutWebRtc })]);
  await agreement([a, b]);
  await reachEachOther([a, b]);
  await linkedOn(a, b, withoutWebRtc ? 'relay' : 'webrtc');

  for (const value of values) await a.ask('send', 'chat', b.id, value);
  const sums: number[] = [];
  for (const count of [0, 1, 1_000, 300_000]) sums.push(await a.ask('sendBytes', 'chat', b.id, count));

  const arrived = await receivedBy(b, values.length + 4);
  expect(arrived.map(({ value }) => value)).toEqual([
    ...values,
    { bytes: 0, sum: sums[0] },
    { bytes: 1, sum: sums[1] },
    { bytes: 1_000, sum: sums[2] },
    { bytes: 300_000, sum: sums[3] },
  ]);
  expect(new Set(arrived.map(({ from }) => from))).toEqual(new Set([a.id]));
});

test('T1: what is sent while the path goes over from the relay to WebRTC arrives once and in order', async () => {
  const room = await stage.room();
  const [a, b] = await Promise.all([room.page('left'), room.page('right')]);
  await agreement([a, b]);
  await a.ask('startStream', 'stream', b.id, 2);
  await linkedOn(a, b, 'webrtc');
  await linkedOn(b, a, 'webrtc');
  const count = await a.ask('stopStream');

  const arrived = await receivedBy(b, count);
  expect(arrived.map(({ value }) => value)).toEqual(Array.from({ length: count }, (_, n) => n));
});

test(
  'T1: while 50 MB travel between two pages, nobody doubts the leader and small messages keep flowing',
  () =>
    whereCalm(async (watch) => {
      const megabytes50 = 50_000_000;
      const room = await stage.room();
      const pages = await Promise.all(['left', 'right', 'left'].map((browser) => room.page(browser)));
      const leader = await agreement(pages);
      await reachEachOther(pages);
      await linkedToLeader(pages, 'webrtc');
      const calm = watch(pages);
      const [sender, [receiver, bystander]] = splitByLeader(pages, leader) as [PageMember, [PageMember, PageMember]];
      const eventsBefore = await leaderEventCounts(pages);

      await receiver.ask('startStream', 'stream', sender.id, 20);
      await bystander.ask('startStream', 'stream', receiver.id, 20);
      const startedAt = await sender.ask('now');
      const sum = await sender.ask('sendBytes', 'bulk', receiver.id, megabytes50);
      const [bulk] = await receivedBy(receiver, 1, 'bulk');
      const endedAt = await receiver.ask('now');
      const backwards = await receiver.ask('stopStream');
      const across = await bystander.ask('stopStream');

      expect(bulk?.value).toEqual({ bytes: megabytes50, sum });
      const toSender = await receivedBy(sender, backwards, 'stream');
      const toReceiver = await receivedBy(receiver, across, 'stream');
      expect(toSender.map(({ value }) => value)).toEqual(Array.from({ length: backwards }, (_, n) => n));
      expect(toReceiver.map(({ value }) => value)).toEqual(Array.from({ length: across }, (_, n) => n));
      const during = ({ at }: Received): boolean => at > startedAt && at < endedAt;
      expect(toSender.filter(during).length).toBeGreaterThan(backwards / 2);
      expect(toReceiver.filter(during).length).toBeGreaterThan(across / 2);
      const after = await agreement(pages);
      const eventsAfter = await leaderEventCounts(pages);
      await calm.check(() => {
        expect(after).toEqual(leader);
        expect(eventsAfter).toEqual(eventsBefore);
      });
    }),
  120_000,
);

async function receivedBy(member: Member, count: number, channel?: string): Promise<Received[]> {
  return until(
    `${count} messages arrived`,
    async () => (await member.ask('received')).filter((message) => !channel || message.channel === channel),
    ({ length }) => length >= count,
    60_000,
  );
}

async function leaderEventCounts(members: readonly Member[]): Promise<number[]> {
  const all = await Promise.all(members.map((member) => member.ask('seen')));
  return all.map((seen) => seen.filter(({ name }) => name === 'leader').length);
}
