import { type Cluster, createCluster, lock } from 'bellwether';
import { memoryNetwork, virtualClock } from 'bellwether/testing';
import { expect, test } from 'vitest';
import { LockNames } from '../../src/electors/lock-names.ts';
import { MemoryCounters } from '../../src/platform/memory-counters.ts';
import { LockKeeper } from '../../src/platform/memory-locks.ts';

const { main, claims } = new LockNames('room');
const ten = 10 * 60_000;

/** Pages of one browser, and among them one that was loaded from another deploy, which writes its claims otherwise. */
function browser() {
  const clock = virtualClock();
  const memory = memoryNetwork({ clock, delayMs: 2 });
  const keeper = new LockKeeper();
  const counters = new MemoryCounters();
  const errors: string[] = [];
  const open = (): Cluster => {
    const platform = clock.platform({ host: 'browser' });
    const carry = (run: () => void): void => void platform.timers.after(1, run);
    const locks = keeper.page({ to: carry, from: carry });
    const network = memory.network({ platform: { ...platform, locks, counters } });
    const cluster = createCluster({ room: 'room', network, elector: lock() });
    cluster.on('error', ({ code, message }) => errors.push(`${code}: ${message}`));
    return cluster;
  };
  const stranger = keeper.page({ to: (run) => run(), from: (run) => run() });
  /** What becomes of the stranger's lock. */
  const said: string[] = [];
  const lead = (how: { steal?: boolean } = {}): void => {
    stranger.request(main, how, { granted: () => said.push('granted'), lost: () => said.push('lost') });
    stranger.request(`${claims}1,{"of":"another form"}]`, {}, { granted: () => {} });
  };
  return { clock, open, errors, stranger, lead, said };
}

test('L1: nobody leads beside, or robs, a page whose claim is of a version that it does not know, and each says so once', async () => {
  const { clock, open, errors, stranger, lead, said } = browser();
  lead();
  const pages = [open(), open()];
  await clock.advance(ten);
  expect(pages.map(({ leader }) => leader)).toEqual([null, null]);
  expect(said).toEqual(['granted']);
  const what = 'a page of this room claims to lead in words of version 1, and this one speaks 2: load both again';
  expect(errors).toEqual([`protocol: ${what}`, `protocol: ${what}`]);
  stranger.die();
  await clock.runUntil(() => pages.some(({ isLeader }) => isLeader), { withinMs: 100 });
});

test('L1: a leader that finds a claim of another version leads no more while that stands', async () => {
  const { clock, open, stranger, lead } = browser();
  const pages = [open(), open()];
  await clock.runUntil(() => pages.every(({ leader }) => leader !== null));
  await clock.advance(1_000);
  lead({ steal: true });
  await clock.advance(1_000);
  for (let passedMs = 0; passedMs < ten; passedMs += 100) {
    expect(pages.some(({ isLeader }) => isLeader)).toBe(false);
    await clock.advance(100);
  }
  stranger.die();
  await clock.runUntil(() => pages.some(({ isLeader }) => isLeader), { withinMs: 1_000 });
});
