import { quorum, type ClusterError } from 'bellwether';
import { virtualClock } from 'bellwether/testing';
import { expect, it } from 'vitest';
import { BadMessages } from '../../src/cluster/bad-messages.ts';
import { Clocks } from '../../src/driver/clocks.ts';
import type { ElectionEffect } from '../../src/electors/elector.ts';

it('Q11: every bad message is counted, and a flood of them is told of once a second', async () => {
  const clock = virtualClock();
  const told: ClusterError[] = [];
  const bad = new BadMessages(clock.platform().clock, (error) => told.push(error));
  for (let count = 0; count < 3_000; count++) {
    bad.add(count % 2 ? 'mallory' : null, 'it makes no sense');
    await clock.advance(1);
  }
  expect(bad.count).toBe(3_000);
  expect(told.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    'bad-message: somebody sent a bad message: it makes no sense; it was dropped, 1 in all so far',
    'bad-message: somebody sent a bad message: it makes no sense; it was dropped, 1001 in all so far',
    'bad-message: somebody sent a bad message: it makes no sense; it was dropped, 2001 in all so far',
  ]);
});

it('Q11: under quorum() what a stranger says, and what makes no sense, is reported with its sender, and deposes nobody', async () => {
  const clock = virtualClock();
  const effects: ElectionEffect[] = [];
  const apply = (effect: ElectionEffect): void => void effects.push(effect);
  const platform = clock.platform();
  const election = quorum({ voters: ['a'] }).start({
    ...{ self: 'a', room: 'room', platform, clocks: new Clocks(platform.clock), priority: 0, minMembers: 1, apply },
  });
  await clock.advance(1_000);
  expect(election.isLeader()).toBe(true);
  effects.length = 0;
  const messages = [
    null,
    7,
    'vote',
    {},
    { type: 'vote' },
    { type: 'stale', term: 9 },
    { type: 'stale', term: 2 ** 30 },
  ];
  for (const message of messages) election.feed({ type: 'message', from: 'x', message });
  expect(effects.filter(({ type }) => type === 'bad-message')).toHaveLength(messages.length);
  expect(effects[0]).toMatchObject({ type: 'bad-message', from: 'x' });
  expect([election.isLeader(), election.leader()]).toEqual([true, { id: 'a', term: 1 }]);
});
