import { describe, expect, test } from 'vitest';
import { Budget } from '../../signaling-server/budget.ts';
import { charsOf, Kept } from '../../signaling-server/kept.ts';
import type { Entry } from '../../src/core/quorum/entry.ts';
import type { Snapshot, StateWrite } from '../../src/core/quorum/state.ts';
import { persistenceIn, storedState } from '../../src/driver/durable.ts';
import { MemoryDatabase } from './memory-database.ts';
import { openStorage } from '../../src/platform/database-storage.ts';
import { seeded } from '../../src/platform/seeded.ts';
import { ServerRig } from './server-rig.ts';
import type { LoneMember } from './lone-member.ts';

describe('what all witnesses store', () => {
  test('is short once the rooms beyond their share have used up what is for all, and not before', () => {
    const told = { times: 0 };
    const budget = new Budget(2_000, 10, () => told.times++); // 100 for each, and 1,000 for all
    for (let at = 0; at < 10; at++) budget.note(`small-${at}`, 100);
    budget.note('large', 1_099);
    expect([budget.keptChars, budget.isShort, told.times]).toEqual([2_099, false, 0]);
    budget.note('large', 1_100);
    budget.note('large', 1_200);
    expect([budget.isShort, told.times]).toEqual([true, 1]);
    budget.note('large', 0);
    expect([budget.keptChars, budget.isShort]).toEqual([1_000, false]);
  });

  test('is counted as it is stored, whatever a leader replaces, and whatever a snapshot stands for', async () => {
    const random = seeded(5);
    const below = (most: number): number => Math.floor(random() * most);
    const storage = await openStorage(new MemoryDatabase());
    const { write } = persistenceIn(storage, () => {});
    const kept = new Kept(undefined);
    let [first, next] = [1, 1];
    for (let round = 0; round < 300; round++) {
      const change: StateWrite = { hardState: { term: round, vote: null, promisedMs: 0 }, snapshot: null, log: null };
      const makesSnapshot = random() < 0.2;
      const from = first + below(next - first + 1);
      const entries: Entry[] = Array.from({ length: below(5) }, (_, sequence) => {
        return { type: 'value', term: round, session: 1, sequence, value: '"'.repeat(below(50)) };
      });
      // A snapshot of a leader may be of entries that were never here.
      const index = makesSnapshot ? first - 1 + below(next - first + 4) : 0;
      const log = makesSnapshot && index >= next ? { from: index + 1, entries: [] } : { from, entries };
      const written = { ...change, snapshot: index > 0 ? snapshotAt(index, below(100)) : null, log };
      await write(written);
      kept.take(written);
      next = Math.max(log.from + log.entries.length, index + 1);
      first = Math.max(first, index + 1);
      const stored = storedState(await storage.load())!;
      const chars = (stored.snapshot ? charsOf(stored.snapshot) : 0) + stored.log.entries.reduce(total, 0);
      expect(kept.chars).toBe(chars);
      expect(new Kept(stored).chars).toBe(chars);
      expect(kept.charsWith(next - 1, 7)).toBe(7);
      expect(kept.charsWith(first - 1, 7)).toBe(7 + stored.log.entries.reduce(total, 0));
    }
  });
});

const total = (chars: number, entry: Entry): number => chars + charsOf(entry);

function snapshotAt(index: number, chars: number): Snapshot {
  return { index, term: 1, configuration: { halves: [], learners: [] }, sessions: [], data: 'x'.repeat(chars) };
}

/** A value that takes up about 1,100 characters where it is stored. */
const kilo = 'k'.repeat(1_000);

describe('a server with little room', () => {
  /** 50,000 for each of four rooms, and 200,000 for those that need more. */
  const options = {
    ...{ maxTotalWitnessChars: 400_000, maxRooms: 4, fresh: true },
    limits: { messagesPerSecond: 1e5, bytesPerSecond: 1e8 },
  };

  async function leaderOf(rig: ServerRig, id: string): Promise<LoneMember> {
    const member = rig.member(id, { room: `room-of-${id}` });
    await rig.clock.runUntil(() => member.isLeading, { withinMs: 10_000 });
    return member;
  }

  /** What a leader writes whose application never writes down its state. */
  async function fill(rig: ServerRig, member: LoneMember): Promise<void> {
    for (let round = 0; round < 6; round++) {
      member.append(...Array.from({ length: 100 }, () => kilo));
      await rig.clock.advance(3_000);
    }
  }

  test('lets whoever needs more than its share wait, while others go on; it says so once, and nothing is lost', async () => {
    const rig = new ServerRig();
    await rig.start(options);
    const [hog, second, modest] = [
      await leaderOf(rig, 'hog'),
      await leaderOf(rig, 'two'),
      await leaderOf(rig, 'modest'),
    ];
    const { term } = hog;
    await fill(rig, hog);
    const taken = hog.committed.length;
    expect(taken).toBeGreaterThan(150);
    expect(taken).toBeLessThan(400);
    await fill(rig, second);
    expect(second.committed.length).toBeLessThan(50);
    modest.append(...Array.from({ length: 10 }, () => kilo));
    await rig.clock.runUntil(() => modest.committed.length === 10, { withinMs: 1_000 });
    expect(rig.board.counters.witnessChars).toBeLessThan(420_000);
    expect([hog.isLeading, hog.term, second.isLeading]).toEqual([true, term, true]);
    expect(rig.errors).toEqual([expect.objectContaining({ code: 'storage-full' })]);

    hog.goodbye();
    await rig.clock.runUntil(() => second.committed.length > 100, { withinMs: 60_000 });
    await rig.clock.advance(10_000);
    expect(rig.errors).toHaveLength(1);
    hog.stop();
  });

  test('asks those that need more than their share to tidy up, and whoever does so need not wait', async () => {
    const rig = new ServerRig();
    await rig.start(options);
    const [hog, tidy] = [await leaderOf(rig, 'hog'), await leaderOf(rig, 'tidy')];
    await fill(rig, hog);
    tidy.isTidy = true;
    await fill(rig, tidy); // twelve times its share
    expect(tidy.committed).toHaveLength(600);
    expect(rig.errors).toHaveLength(1); // there was no room for it all the while
    await rig.clock.advance(5_000);
    const before = rig.sentBytes;
    await rig.clock.advance(10_000);
    expect(rig.sentBytes - before).toBeLessThan(100_000); // nobody is asked again and again
  });

  test.each([1, 2, 3, 5])(
    'Q5: whatever rooms write, no more is stored, and who tidies up gets it all (seed %i)',
    async (seed) => {
      const random = seeded(seed);
      const below = (most: number): number => Math.floor(random() * most);
      const rig = new ServerRig();
      await rig.start(options);
      const members: LoneMember[] = [];
      for (const id of ['ada', 'bob', 'cyd', 'dan']) members.push(await leaderOf(rig, id));
      members.forEach((member, at) => (member.isTidy = at < 2 || random() < 0.5));
      const wanted = members.map((): string[] => []);
      for (let round = 0; round < 40; round++) {
        const at = below(4);
        const longest = 10 ** (1 + below(4));
        const values = Array.from({ length: 1 + below(40) }, () => 'x'.repeat(below(longest)));
        wanted[at]!.push(...values);
        members[at]!.append(...values);
        await rig.clock.advance(below(3_000));
        // What is stored, and one message to each that came while there was room.
        expect(rig.board.counters.witnessChars).toBeLessThan(400_000 + 4 * 150_000);
      }
      const isDone = (member: LoneMember, at: number): boolean => member.committed.length === wanted[at]!.length;
      await rig.clock.runUntil(() => members.every((one, at) => !one.isTidy || isDone(one, at)), { withinMs: 120_000 });
      for (const [at, { committed }] of members.entries())
        expect(committed).toEqual(wanted[at]!.slice(0, committed.length));
    },
  );

  test('counts what its witnesses stored before it was started again', async () => {
    const rig = new ServerRig();
    await rig.start(options);
    const hog = await leaderOf(rig, 'hog');
    await fill(rig, hog);
    const before = rig.board.counters.witnessChars;
    hog.stop();
    rig.kill();
    await rig.start(options);
    await rig.clock.runUntil(() => rig.board.counters.witnessChars > 0); // it is read while the server runs
    const after = rig.board.counters;
    expect(after.witnesses).toBe(0); // nobody came back yet
    expect(after.witnessChars).toBeGreaterThanOrEqual(before);
    expect(after.witnessChars).toBeLessThan(before + 1_000);
    await rig.clock.advance(200_000); // and then nobody can
    expect(rig.board.counters).toMatchObject({ rooms: 0, witnessChars: 0 });
  });
});
