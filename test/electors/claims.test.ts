import { createCluster, lock } from 'bellwether';
import { memoryNetwork, virtualClock } from 'bellwether/testing';
import { expect, test } from 'vitest';
import { LockNames } from '../../src/electors/lock-names.ts';
import type { Locks } from '../../src/platform/locks.ts';
import { MemoryCounters } from '../../src/platform/memory-counters.ts';
import { LockKeeper } from '../../src/platform/memory-locks.ts';

test('L1: a claim that is renewed is asked for before the one before it is given back: whoever looks finds one', async () => {
  const clock = virtualClock();
  const platform = clock.platform();
  const carry = (run: () => void): void => void platform.timers.after(1, run);
  const keeper = new LockKeeper().page({ to: carry, from: carry });
  const { claims } = new LockNames('room');
  const standing = new Set<string>();
  /** After each change. */
  const counts: number[] = [];
  const locks: Locks = {
    held: (prefix, tell) => keeper.held(prefix, tell),
    request(name, how, events) {
      const undo = keeper.request(name, how, events);
      if (!name.startsWith(claims) || how.shared) return undo;
      counts.push(standing.add(name).size);
      return () => {
        undo();
        if (standing.delete(name)) counts.push(standing.size);
      };
    },
  };
  const counters = new MemoryCounters();
  const network = memoryNetwork({ clock }).network({ platform: { ...platform, locks, counters } });
  const cluster = createCluster({ room: 'room', network, elector: lock() });
  await clock.runUntil(() => cluster.isLeader);
  await clock.advance(5_000);
  expect(counts.length).toBeGreaterThan(20);
  expect(counts).toEqual(counts.map((_, at) => (at % 2 === 0 ? 1 : 2)));
  await cluster.leave();
  expect(standing.size).toBe(0);
});
