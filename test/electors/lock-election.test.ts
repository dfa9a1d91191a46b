import { virtualClock } from 'bellwether/testing';
import { expect, test } from 'vitest';
import { Clocks } from '../../src/driver/clocks.ts';
import type { ElectionEffect } from '../../src/electors/elector.ts';
import { lock } from '../../src/electors/lock.ts';
import { mostAhead } from '../../src/platform/counters.ts';
import { MemoryCounters } from '../../src/platform/memory-counters.ts';
import { LockKeeper } from '../../src/platform/memory-locks.ts';
import { startElection } from '../simulation/start-election.ts';

test.each([0, 500])(
  'L2: terms are believed as far ahead of the wall clock as numbers are, also where it began %i s after the clocks',
  async (afterSeconds) => {
    const clock = virtualClock();
    const platform = clock.platform();
    const carry = (run: () => void): void => void platform.timers.after(1, run);
    const locks = new LockKeeper().page({ to: carry, from: carry });
    const clocks = new Clocks(platform.clock);
    await clock.advance(afterSeconds * 1_000);
    const refused: unknown[] = [];
    const election = startElection(lock(), {
      self: 'a',
      room: 'room',
      platform: { ...platform, locks, counters: new MemoryCounters() },
      clocks,
      priority: 0,
      minMembers: 1,
      apply: (effect: ElectionEffect) => {
        if (effect.type === 'bad-message') refused.push(effect.code);
      },
    });
    const hear = (term: number): void =>
      election.feed({
        type: 'message',
        from: 'b',
        message: { type: 'beat', term, version: 1, line: [], edition: null, ask: false },
      });
    const highest = (): number => mostAhead + Math.floor(platform.clock.wallMs() / 1_000);
    for (const passedMs of [0, 100_000]) {
      await clock.advance(passedMs);
      refused.length = 0;
      hear(highest() + 2);
      expect(refused).toEqual(['term-jump']);
      hear(highest() - 1);
      expect(refused).toHaveLength(1);
    }
    election.close();
  },
);
