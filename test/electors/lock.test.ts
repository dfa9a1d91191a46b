import { type Cluster, type ClusterOptions, createCluster, lock } from 'bellwether';
import { memoryNetwork, virtualClock, type VirtualPlatform } from 'bellwether/testing';
import { describe, expect, test } from 'vitest';
import { LockNames } from '../../src/electors/lock-names.ts';
import type { Counters } from '../../src/platform/counters.ts';
import type { Locks } from '../../src/platform/locks.ts';
import { MemoryCounters } from '../../src/platform/memory-counters.ts';
import { LockKeeper } from '../../src/platform/memory-locks.ts';

/** The pages of one browser, in memory and in virtual time: 2 ms to each other, 1 ms to the keeper of their locks. */
function browser({
  hasLocks = true,
  counters = new MemoryCounters() as Counters,
  amend = (locks: Locks): Locks => locks,
} = {}) {
  const clock = virtualClock();
  const memory = memoryNetwork({ clock, delayMs: 2 });
  const keeper = new LockKeeper();
  const platforms = new Map<Cluster, VirtualPlatform>();
  const open = (options: Partial<ClusterOptions> = {}): Cluster => {
    const platform = clock.platform({ host: 'browser' });
    const carry = (run: () => void): void => void platform.timers.after(1, run);
    const locks = hasLocks ? amend(keeper.page({ to: carry, from: carry })) : undefined;
    const network = memory.network({ platform: { ...platform, locks, counters } });
    const cluster = createCluster({ room: 'room', network, elector: lock(), ...options });
    platforms.set(cluster, platform);
    return cluster;
  };
  const show = (cluster: Cluster, visible: boolean): void => platforms.get(cluster)!.setVisible(visible);
  /** Goes elsewhere and comes back, out of the back/forward cache. */
  const revisit = (cluster: Cluster): void => {
    platforms.get(cluster)!.hide({ mayReturn: true });
    platforms.get(cluster)!.show();
  };
  const leading = (...clusters: readonly Cluster[]): (() => boolean) => {
    return () =>
      clusters.filter(({ isLeader }) => isLeader).length === 1 &&
      clusters.every(({ leader }) => leader !== null && leader.id === clusters.find(({ isLeader }) => isLeader)?.id);
  };
  const pause = (cluster: Cluster): void => platforms.get(cluster)!.pause();
  return { clock, open, leading, show, revisit, pause };
}

describe('lock(), under the facade', () => {
  test('L1, L2: they lead in the order in which they came, each in a higher term', async () => {
    const { clock, open, leading } = browser();
    const pages: Cluster[] = [];
    for (let count = 0; count < 3; count++) {
      pages.push(open());
      await clock.runUntil(leading(...pages));
      await clock.advance(100);
    }
    const terms: number[] = [];
    for (const [at, page] of pages.entries()) {
      expect(page.isLeader).toBe(true);
      terms.push(page.leader!.term);
      await page.leave();
      const rest = pages.slice(at + 1);
      if (rest.length > 0) await clock.runUntil(leading(...rest), { withinMs: 20 });
    }
    expect(terms).toEqual([1, 2, 3]);
  });

  test('F1: the signal of the work aborts before the next one’s work starts', async () => {
    const { clock, open, leading } = browser();
    const notes: string[] = [];
    const work = (name: string, cluster: Cluster): void =>
      void cluster.whileLeader(({ term, signal }) => {
        notes.push(`${name} starts ${term}`);
        signal.addEventListener('abort', () => notes.push(`${name} stops ${term}`));
      });
    const [one, other] = [open(), open()];
    work('one', one);
    work('other', other);
    await clock.runUntil(leading(one, other));
    await clock.runUntil(() => one.members.size === 2);
    await clock.advance(100);
    const handedOver = one.transfer(other.id);
    await clock.runUntil(() => other.isLeader);
    await handedOver;
    expect(notes).toEqual(['one starts 1', 'one stops 1', 'other starts 2']);
  });

  test('L1, F1: a hidden leader hands over once its work has settled, for which it has handoverMs', async () => {
    const { clock, open, leading, show } = browser();
    const [hidden, seen] = [open({ handoverMs: 800 }), open()];
    await clock.runUntil(leading(hidden, seen));
    const saved: boolean[] = [];
    let isSettling = false;
    void hidden.whileLeader(({ signal, check }) => {
      const flush = (done: () => void): void => {
        isSettling = true;
        clock.platform().timers.after(500, () => {
          check();
          saved.push(seen.isLeader);
          done();
        });
      };
      return new Promise<void>((done) => signal.addEventListener('abort', () => flush(done)));
    });
    show(hidden, false);
    await clock.runUntil(() => isSettling);
    expect(hidden.isLeader).toBe(true);
    await clock.runUntil(() => seen.isLeader, { withinMs: 700 });
    expect(saved).toEqual([false]);
    show(hidden, true);
    show(seen, false);
    await clock.runUntil(() => hidden.isLeader);
    show(seen, true);
    show(hidden, false);
    isSettling = false;
    // Work that never settles keeps it no longer than that.
    void hidden.whileLeader(() => new Promise(() => {}));
    await clock.runUntil(() => isSettling);
    await clock.advance(400);
    expect(hidden.isLeader).toBe(true);
    await clock.runUntil(() => seen.isLeader, { withinMs: 500 });
  });

  test('whoever hands over stays in reach of all: what the next leader says at once, everybody hears', async () => {
    const { clock, open, leading } = browser();
    const pages = [open(), open(), open()] as const;
    await clock.runUntil(leading(...pages));
    await clock.runUntil(() => pages.every(({ members }) => members.size === 3));
    await clock.advance(100);
    const missed: string[] = [];
    const heard: string[] = [];
    for (const [at, page] of pages.entries()) {
      page.on('members', ({ members }) => {
        for (const { id, reachable } of members.values()) if (!reachable) missed.push(`${id} by ${page.id}`);
      });
      page.channel<string>('news').on((text, from) => heard.push(`${text} from ${from} by ${at}`));
      void page.whileLeader(() => page.channel<string>('news').broadcast('hello'));
    }
    await pages[0].transfer(pages[1].id);
    await clock.runUntil(leading(...pages));
    await clock.advance(100);
    expect(missed).toEqual([]);
    expect(heard.filter((text) => text.includes(`from ${pages[1].id}`)).toSorted()).toEqual([
      `hello from ${pages[1].id} by 0`,
      `hello from ${pages[1].id} by 2`,
    ]);
  });

  test('what was published is there for the next leader', async () => {
    const { clock, open, leading } = browser();
    const [one, other] = [open(), open()];
    await clock.runUntil(leading(one, other));
    one.publish({ count: 1 });
    await clock.runUntil(() => other.published !== undefined);
    await one.leave();
    await clock.runUntil(() => other.isLeader);
    expect(other.published).toEqual({ count: 1 });
  });

  test('storage that is refused is told of once, and the election goes on', async () => {
    const refused = new Error('no storage in private windows');
    const counters: Counters = { raise: (_, above, tell) => tell(above + 1_000, refused), close: () => {} };
    const { clock, open, leading } = browser({ counters });
    const one = open();
    const errors: unknown[] = [];
    one.on('error', (error) => errors.push([error.code, error.cause]));
    await clock.runUntil(leading(one));
    const other = open();
    await clock.runUntil(leading(one, other));
    await clock.advance(100);
    const handedOver = one.transfer();
    await clock.runUntil(() => other.isLeader);
    await handedOver;
    expect(other.leader?.term).toBeGreaterThan(1_000);
    const back = other.transfer();
    await clock.runUntil(() => one.isLeader);
    await back;
    expect(errors).toEqual([['storage-failed', refused]]);
  });

  test('storage that is refused is told of once in the life of a page, also if that comes back from elsewhere', async () => {
    const refused = new Error('no storage in private windows');
    const counters: Counters = { raise: (_, above, tell) => tell(above + 1, refused), close: () => {} };
    const { clock, open, leading, revisit } = browser({ counters });
    const page = open();
    const errors: unknown[] = [];
    page.on('error', ({ code }) => errors.push(code));
    await clock.runUntil(leading(page));
    const before = page.id;
    revisit(page);
    await clock.runUntil(leading(page));
    expect(page.id).not.toBe(before);
    expect(errors).toEqual(['storage-failed']);
  });

  test('storage that is refused once the page has left is not told of any more', async () => {
    let answer = (): void => {};
    const counters: Counters = {
      raise: (_, above, tell) => void (answer = () => tell(above + 1, new Error('no storage'))),
      close: () => {},
    };
    const { clock, open } = browser({ counters });
    const page = open();
    const errors: unknown[] = [];
    page.on('error', (error) => errors.push(error));
    await clock.advance(100);
    await page.leave();
    answer();
    await clock.advance(100);
    expect([page.isLeader, errors]).toEqual([false, []]);
  });

  test('a page that may have no locks says so once, and leaves without ever having led', async () => {
    const cause = new DOMException('access is denied', 'SecurityError');
    const refusing = (): Locks => ({
      request: (_name, _how, { refused }) => {
        queueMicrotask(() => refused?.(cause));
        return () => {};
      },
      held: () => {},
    });
    const { clock, open } = browser({ amend: refusing });
    const page = open();
    const told: unknown[] = [];
    page.on('error', (error) => told.push([error.code, error.cause]));
    page.on('leader', ({ leader }) => told.push(leader));
    await clock.advance(10_000);
    expect(told).toEqual([['storage-failed', cause]]);
    expect([page.state, page.isLeader]).toEqual(['left', false]);
  });

  test('a page holds no more of the locks than its place asks for, however long, and nothing once it has left', async () => {
    const held = new Set<string>();
    const counted = (locks: Locks): Locks => ({
      request(name, how, events) {
        const asked = `${how.shared ? 'waits for' : 'wants'} ${name} (${held.size})`;
        held.add(asked);
        const undo = locks.request(name, how, events);
        return () => {
          held.delete(asked);
          undo();
        };
      },
      held: (prefix, tell) => locks.held(prefix, tell),
    });
    const { clock, open, leading, show } = browser({ amend: counted });
    const pages = [open(), open(), open()] as const;
    await clock.runUntil(leading(...pages));
    const isAwaited = (): boolean => [...held].some((asked) => asked.startsWith('waits for'));
    // The second and the third are heir to the first in turns, and its claim is what an heir waits for.
    for (let time = 0; time < 30; time++) {
      await clock.advance(1_000);
      await clock.runUntil(isAwaited);
      show(pages[1], time % 2 === 1);
    }
    await clock.advance(2_000);
    await clock.runUntil(isAwaited);
    expect(pages[0].isLeader).toBe(true);
    // The lock, or a place in its line, each, and one of its own; a claim of the leader, and of its heir, who waits for that
    // claim of the leader's, and for its own lock.
    expect(held.size).toBeLessThanOrEqual(2 * pages.length + 4);
    for (const page of pages.toReversed()) await page.leave();
    expect([...held]).toEqual([]);
  });

  test('L1: a leader that is hidden does not hand over to one of lower priority, however long that can be seen', async () => {
    const { clock, open, leading, show } = browser();
    const [first, other] = [open({ priority: 1 }), open()];
    await clock.runUntil(leading(first, other));
    const { term } = first.leader!;
    await clock.advance(10_000);
    show(first, false);
    await clock.advance(60_000);
    expect(other.leader).toMatchObject({ id: first.id, term });
  });

  test('L1: where visible pages are not preferred the order of arrival counts', async () => {
    const { clock, open, leading, show } = browser();
    const elector = lock({ preferVisible: false });
    const pages = [open({ elector }), open({ elector }), open({ elector })] as const;
    await clock.runUntil(leading(...pages));
    show(pages[1], false);
    await clock.advance(1_000);
    await pages[0].leave();
    await clock.runUntil(leading(pages[1], pages[2]));
    expect(pages[1].isLeader).toBe(true);
  });

  test('L1: a leader hands over past a page that owes it an answer', async () => {
    const withSecondPaused = async () => {
      const { clock, open, leading, pause } = browser();
      const pages = [open(), open(), open()] as const;
      await clock.runUntil(leading(...pages));
      await clock.advance(1_000);
      pause(pages[1]);
      return { clock, pages, isInLine: () => pages[0].members.get(pages[1].id)?.reachable === true };
    };
    const before = await withSecondPaused();
    await before.clock.runUntil(() => !before.isInLine());
    const { clock, pages, isInLine } = await withSecondPaused();
    await clock.advance(before.clock.nowMs() - clock.nowMs() - 500); // it has been asked some times, in vain
    expect(isInLine()).toBe(true);
    void pages[0].transfer();
    await clock.runUntil(() => pages[2].isLeader, { withinMs: 100 });
  });

  test('a hidden leader hands over as soon as the first time again after a long quiet leadership', async () => {
    const { clock, open, leading, show } = browser();
    const [one, other] = [open(), open()];
    await clock.runUntil(leading(one, other));
    const swap = async (): Promise<number> => {
      const [hidden, seen] = one.isLeader ? [one, other] : [other, one];
      const beganMs = clock.nowMs();
      show(hidden, false);
      show(seen, true);
      await clock.runUntil(() => seen.isLeader);
      return clock.nowMs() - beganMs;
    };
    await clock.advance(10_000);
    const first = await swap();
    await clock.advance(1_000);
    expect(await swap()).toBeGreaterThan(1.5 * first);
    await clock.advance(70_000);
    expect(await swap()).toBeLessThan(1.5 * first);
  });

  test('without locks the pages elect as under available()', async () => {
    const { clock, open, leading } = browser({ hasLocks: false });
    const pages = [open(), open(), open()];
    // The code of that election is loaded in real time.
    await expect.poll(async () => (await clock.advance(100), leading(...pages)()), { timeout: 10_000 }).toBe(true);
    const leader = pages.find(({ isLeader }) => isLeader)!;
    await leader.leave();
    await clock.runUntil(leading(...pages.filter((page) => page !== leader)));
  });

  test('a wrong option is refused', () => {
    expect(() => lock({ preferVisible: 'yes' as never })).toThrow(TypeError);
  });
});

describe('the names of the locks of a room', () => {
  const claim = { id: 'a', ticket: 1, beat: 2, freshMs: 1_600, term: 3, after: 0 };
  const odd = ['room', 'room"', 'room","lock"]', '["bellwether","room"', '-room', '\u0000', '\ud800', '', '💥', 'a,b'];

  test('are different for different rooms, whatever those are called', () => {
    const names = odd.map((room) => new LockNames(room));
    expect(new Set(names.flatMap((of) => [of.main, of.claim(claim)])).size).toBe(2 * odd.length);
    for (const one of names)
      for (const other of names)
        expect(other.claim(claim).startsWith(one.claims), `${one.main} and ${other.main}`).toBe(one === other);
  });

  test('are not such as others of the same origin would think of', () => {
    for (const { main, claims } of odd.map((room) => new LockNames(room)))
      for (const name of [main, claims]) expect(name.startsWith('["bellwether",')).toBe(true);
  });

  test('say what a claim says, and what others keep in the same origin is no claim', () => {
    const names = new LockNames('room');
    const strange = [
      `${names.claims}`,
      `${names.claims}2]`,
      `${names.claims}2,"a",1,2]`,
      `${names.claims}2,"a",1,2,3,4,"x"]`,
    ];
    expect(names.read([names.claim(claim), ...strange])).toEqual({ claims: [claim], otherVersions: [] });
  });
});
