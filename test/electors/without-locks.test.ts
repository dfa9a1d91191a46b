import { createCluster } from 'bellwether';
import { tabs } from 'bellwether/tabs';
import { memoryNetwork } from 'bellwether/testing';
import { expect, test } from 'vitest';
import { Clocks } from '../../src/driver/clocks.ts';
import type { Election, ElectionEffect, ElectionOptions, LazyElector } from '../../src/electors/elector.ts';
import { lock } from '../../src/electors/lock.ts';
import { MemoryCounters } from '../../src/platform/memory-counters.ts';
import { LockKeeper } from '../../src/platform/memory-locks.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { type VirtualClock, virtualClock } from '../../src/platform/virtual.ts';
import { startElection } from '../simulation/start-election.ts';

/** A member of a runtime without locks, and what its election says, but for messages. */
function member(): { clock: VirtualClock; options: ElectionOptions; effects: ElectionEffect[] } {
  const clock = virtualClock();
  const effects: ElectionEffect[] = [];
  const apply = (effect: ElectionEffect): void => void effects.push(effect);
  const { locks: _, ...platform } = clock.platform();
  const clocks = new Clocks(platform.clock);
  return { clock, effects, options: { self: 'a', room: 'room', platform, clocks, priority: 0, minMembers: 1, apply } };
}

/** By the clock of its page, since 1970. */
function seconds({ platform }: ElectionOptions): number {
  return Math.floor(platform.clock.wallMs() / 1_000);
}

test('where there are no locks, lock() elects by what its members hear of each other', async () => {
  const { clock, options, effects } = member();
  const election = startElection(lock(), options);
  election.feed({ type: 'members', peers: ['a'] });
  await clock.advance(2_000);
  expect(election.isLeader()).toBe(true);
  const leader = { id: 'a', term: seconds(options) - 1 };
  expect(effects).toContainEqual({ type: 'leader', leader });
});

test('where there are no locks, terms go on by the wall clock when all pages were closed', async () => {
  const { clock, options } = member();
  const terms: number[] = [];
  for (const self of ['a', 'b', 'c']) {
    const election = startElection(lock(), { ...options, self, clocks: new Clocks(options.platform.clock) });
    election.feed({ type: 'members', peers: [self] });
    await clock.advance(2_000);
    terms.push(election.leader()!.term);
    election.close();
    await clock.advance(1_000);
  }
  expect(terms).toEqual(terms.toSorted((a, b) => a - b));
  expect([new Set(terms).size, terms[0]! > 1_700_000_000]).toEqual([3, true]);
});

test('where there are no locks, terms are terms also by a clock that was never set', async () => {
  const { clock, options } = member();
  for (const wallMs of [0, -86_400_000]) {
    const platform = { ...options.platform, clock: { ...options.platform.clock, wallMs: () => wallMs } };
    const election = startElection(lock(), { ...options, platform, clocks: new Clocks(options.platform.clock) });
    election.feed({ type: 'members', peers: ['a'] });
    await clock.advance(2_000);
    expect(election.leader()?.term).toBe(2);
    election.close();
  }
});

test('where there are no locks, a leader that nobody followed stays one when it meets one that came later', async () => {
  const { clock, options } = member();
  const elections = new Map<string, Election>();
  const told: unknown[] = [];
  let isHung = true;
  const open = (self: string): Election => {
    const apply = (effect: ElectionEffect): void => {
      if (effect.type === 'conflict') told.push([effect.winner.id, effect.loser.id]);
      if (effect.type !== 'send' || isHung) return;
      const { to, message } = effect;
      options.platform.timers.after(1, () => elections.get(to)?.feed({ type: 'message', from: self, message }));
    };
    const election = startElection(lock(), { ...options, self, clocks: new Clocks(options.platform.clock), apply });
    elections.set(self, election);
    return election;
  };
  const old = open('b');
  old.feed({ type: 'members', peers: ['b'] });
  await clock.advance(60_000);
  const term = old.leader()!.term;
  // It has not heard the old one within the time that a newcomer looks around for.
  const young = open('a');
  young.feed({ type: 'members', peers: ['a'] });
  await clock.advance(500);
  expect([old.isLeader(), young.isLeader()]).toEqual([true, true]);
  isHung = false;
  for (const election of elections.values()) election.feed({ type: 'members', peers: ['a', 'b'] });
  await clock.advance(3_000);
  expect([old.isLeader(), young.isLeader()]).toEqual([true, false]);
  expect(young.leader()).toEqual(old.leader());
  expect(old.leader()!.term).toBeGreaterThan(term + 60);
  expect(told).toEqual([
    ['b', 'a'],
    ['b', 'a'],
  ]);
});

test('where there are no locks, tabs() elects by what it then loads, and waits for it', async () => {
  const { clock, options } = member();
  const lazy = tabs().elector as LazyElector;
  const elector = await lazy.load(options.platform, 'room');
  for (const { name, charter } of [lazy, elector]) expect([name, charter]).toEqual(['lock', { elector: 'lock' }]);
  const election = elector.start(options);
  election.feed({ type: 'members', peers: ['a'] });
  await clock.advance(2_000);
  expect([election.isLeader(), election.leader()]).toEqual([true, { id: 'a', term: seconds(options) - 1 }]);
});

test('a room whose name is too long for a lock is elected in as soon as what stands for it is known', async () => {
  const clock = virtualClock();
  const platform = withLocks(clock);
  const room = 'r'.repeat(2_000);
  const loading = lock().load(platform, room);
  expect('start' in loading).toBe(false);
  const elector = await loading;
  const cluster = createCluster({ room, network: memoryNetwork({ clock }).network({ platform }), elector });
  await clock.runUntil(() => cluster.isLeader);
  expect(cluster.leader?.isSelf).toBe(true);
  await cluster.leave();
});

function withLocks(clock: VirtualClock): Platform {
  const platform = clock.platform();
  const carry = (run: () => void): void => void platform.timers.after(1, run);
  return { ...platform, locks: new LockKeeper().page({ to: carry, from: carry }), counters: new MemoryCounters() };
}
