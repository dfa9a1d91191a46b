import { describe, expect, test } from 'vitest';
import { Clocks } from '../../src/driver/clocks.ts';
import { available } from '../../src/electors/available.ts';
import { deferred } from '../../src/electors/deferred.ts';
import type { ElectionEffect, ElectionOptions, Elector } from '../../src/electors/elector.ts';
import { lock } from '../../src/electors/lock.ts';
import { type VirtualClock, virtualClock } from '../../src/platform/virtual.ts';

/** A member of a runtime without locks, and what its election says, but for messages. */
function member(): { clock: VirtualClock; options: ElectionOptions; effects: ElectionEffect[] } {
  const clock = virtualClock();
  const effects: ElectionEffect[] = [];
  const apply = (effect: ElectionEffect): void => void effects.push(effect);
  const { locks: _, ...platform } = clock.platform();
  const clocks = new Clocks(platform.clock);
  return { clock, effects, options: { self: 'a', room: 'room', platform, clocks, priority: 0, minMembers: 1, apply } };
}

test('where there are no locks, lock() elects by what its members hear of each other', async () => {
  const { clock, options, effects } = member();
  const election = lock().start(options);
  election.feed({ type: 'members', peers: ['a'] });
  await clock.advance(2_000);
  expect(election.isLeader()).toBe(true);
  expect(effects).toContainEqual({ type: 'leader', leader: { id: 'a', term: 1 } });
});

describe('an election whose elector is loaded first', () => {
  test('takes no part until then, and then hears all that it was fed', async () => {
    const { clock, options } = member();
    let loaded: (elector: Elector) => void = () => {};
    const election = deferred(() => new Promise((resolve) => (loaded = resolve)), options);
    election.feed({ type: 'members', peers: ['a'] });
    await clock.advance(2_000);
    expect([election.isLeader(), election.leader(), election.canTransfer()]).toEqual([false, null, false]);
    loaded(available());
    await clock.advance(2_000);
    expect([election.isLeader(), election.leader()]).toEqual([true, { id: 'a', term: 1 }]);
  });

  test('says why where it cannot be loaded', async () => {
    const { clock, options, effects } = member();
    const cause = new Error('offline');
    deferred(() => Promise.reject(cause), options);
    await clock.settle();
    expect(effects).toMatchObject([{ type: 'failed', error: { code: 'connect-failed', cause } }]);
  });

  test('begins nothing when what it waited for comes after its end', async () => {
    const { clock, options, effects } = member();
    const election = deferred(() => Promise.resolve(available()), options);
    election.leave();
    election.feed({ type: 'members', peers: ['a'] });
    await clock.advance(2_000);
    expect([effects, election.leader()]).toEqual([[], null]);
  });
});
