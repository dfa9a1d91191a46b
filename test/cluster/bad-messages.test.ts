import { type ClusterError, createCluster, quorum } from 'bellwether';
import { memoryNetwork, type VirtualClock, virtualClock } from 'bellwether/testing';
import { expect, it } from 'vitest';
import { BadMessages } from '../../src/cluster/bad-messages.ts';
import { Clocks } from '../../src/driver/clocks.ts';
import { available } from '../../src/electors/available.ts';
import type { ElectionEffect, ElectionOptions, Elector } from '../../src/electors/elector.ts';

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
    'bad-message: somebody sent a bad message (malformed): it makes no sense; it was dropped, 1 in all so far',
    'bad-message: somebody sent a bad message (malformed): it makes no sense; it was dropped, 1001 in all so far',
    'bad-message: somebody sent a bad message (malformed): it makes no sense; it was dropped, 2001 in all so far',
  ]);
});

it('Q11: cluster.counters and the error event say of what a peer says wrongly how often, and why', async () => {
  const clock = virtualClock();
  const memory = memoryNetwork({ clock });
  const elector: Elector = {
    ...available(),
    start({ apply }) {
      const idle = available().start(optionsOf(clock, () => {}));
      apply({ type: 'bad-message', from: 'x', reason: 'may not say this in its role', code: 'stranger' });
      apply({ type: 'other-epoch' });
      apply({ type: 'other-epoch' });
      return idle;
    },
  };
  const cluster = createCluster({ room: 'room', network: memory.network(), elector });
  const errors: ClusterError[] = [];
  cluster.on('error', (error) => errors.push(error));
  await clock.advance(1_000);
  expect(cluster.counters).toEqual({ badMessages: 1, otherEpoch: 2 });
  expect(errors.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    'bad-message: member x sent a bad message (stranger): may not say this in its role; it was dropped, 1 in all so far',
  ]);
});

it('Q11: under quorum() what a stranger says, and what makes no sense, is reported with its sender, and deposes nobody', async () => {
  const clock = virtualClock();
  const effects: ElectionEffect[] = [];
  const apply = (effect: ElectionEffect): void => void effects.push(effect);
  const election = quorum({ voters: ['a'] }).start(optionsOf(clock, apply));
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
  const malformed = { type: 'bad-message', from: 'x', code: 'malformed' };
  const others = [{ code: 'stranger' }, { code: 'other-epoch' }].map((code) => ({ ...malformed, ...code }));
  expect(effects).toMatchObject([...Array.from({ length: 5 }, () => malformed), ...others]);
  expect([election.isLeader(), election.leader()]).toEqual([true, { id: 'a', term: 1 }]);
});

function optionsOf(clock: VirtualClock, apply: ElectionOptions['apply']): ElectionOptions {
  const platform = clock.platform();
  return {
    ...{ self: 'a', room: 'room', platform, clocks: new Clocks(platform.clock), priority: 0, minMembers: 1, apply },
  };
}
