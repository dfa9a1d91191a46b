// What applications saw of other systems' defects, a sentence each on what they see here instead. The cores' part of it is
// in test/core/*/peers-defects.test.ts.
import { ClusterError, createCluster, type Cluster } from 'bellwether';
import { memoryNetwork, virtualClock } from 'bellwether/testing';
import { describe, expect, it } from 'vitest';
import { quorumRoom, type Voter } from '../electors/quorum-room.ts';
import { agreed, present, room } from './room.ts';

/** Ids of the members that this one takes for leaders. */
const leadersSeenBy = (cluster: Cluster): readonly string[] =>
  [...cluster.members.values()].filter(({ isLeader }) => isLeader).map(({ id }) => id);

describe('available()', () => {
  it('names one leader among the members, however many have led before (A1)', async () => {
    const { clock, memory, gather, join } = room({ graceMs: 2_000 });
    let all = (await gather(3)).map(({ cluster }) => cluster);
    for (let round = 0; round < 6; round++) {
      const leader = present(all.find((cluster) => cluster.isLeader));
      if (round % 2 === 0) memory.crash(leader.id);
      else void leader.leave();
      all = [...all.filter((cluster) => cluster !== leader), join().cluster];
      await clock.runUntil(() => agreed(all));
      const [first] = leadersSeenBy(present(all[0]));
      for (const cluster of all) expect(leadersSeenBy(cluster)).toEqual([first]);
    }
  });

  it('drops who has left at once and who has crashed after the grace, from every list (A1)', async () => {
    const { clock, memory, gather } = room({ graceMs: 2_000 });
    const [leader, leaver, crasher, ...rest] = (await gather(5)).map(({ cluster }) => cluster);
    void leaver?.leave();
    memory.crash(present(crasher).id);
    await clock.advance(6_000);
    const left = [present(leader), ...rest];
    for (const cluster of left) {
      expect([...cluster.members.keys()].toSorted()).toEqual(left.map(({ id }) => id).toSorted());
    }
  });

  it('is no leader any more from the call of leave on, in its own eyes and soon in those of all', async () => {
    const { clock, gather } = room();
    const [leader, ...others] = (await gather(3)).map(({ cluster }) => cluster);
    const leaving = present(leader).leave();
    expect([present(leader).isLeader, present(leader).leader]).toEqual([false, null]);
    await clock.runUntil(() => agreed(others));
    await leaving;
    expect([present(leader).isLeader, leadersSeenBy(present(leader))]).toEqual([false, []]);
    for (const other of others) expect(leadersSeenBy(other)).not.toContain(present(leader).id);
  });

  it('is told when it loses its leadership, and that nobody leads when its leader is gone', async () => {
    const { clock, memory, gather } = room();
    const [leader, other] = await gather(2);
    memory.freeze(present(leader).cluster.id);
    await clock.runUntil(() => present(other).cluster.isLeader);
    memory.thaw(present(leader).cluster.id);
    await clock.advance(2_000);
    const seen = present(leader)
      .events('leader')
      .map((event) => event.leader?.isSelf ?? null);
    expect(seen[0]).toBe(true);
    expect(seen.slice(1).some((isSelf) => isSelf !== true)).toBe(true);
    expect(agreed([present(leader).cluster, present(other).cluster])).toBe(true);
  });

  it('leads alone at once, and so does the survivor of two, whichever it is (A1)', async () => {
    for (const survivor of [0, 1]) {
      const { clock, memory, gather, join } = room({ seed: 2 + survivor });
      const [first] = await gather(1);
      expect(first?.cluster.isLeader).toBe(true);
      const pair = [present(first).cluster, join().cluster];
      await clock.runUntil(() => agreed(pair));
      memory.crash(present(pair[1 - survivor]).id);
      await clock.runUntil(() => present(pair[survivor]).isLeader);
    }
  });

  it('finds its leader also where discovery was gone before it had shown anybody else (A1, D1)', async () => {
    const { clock, memory, gather, join } = room();
    const [leader] = await gather(3);
    const late = join().cluster;
    await clock.runUntil(() => late.members.size > 1);
    memory.stopDiscovery();
    await clock.runUntil(() => late.leader?.id === present(leader).cluster.id);
    await clock.advance(20_000);
    expect(late.leader?.id).toBe(present(leader).cluster.id);
    expect(present(leader).cluster.isLeader).toBe(true);
  });

  it('comes back after a long time cut off without deposing anybody: leader and term are those of the many (A1, A2)', async () => {
    const { clock, memory, gather } = room();
    const [leader, , cutOff] = (await gather(3)).map(({ cluster }) => cluster);
    const before = present(leader).leader;
    memory.partition([present(cutOff).id]);
    await clock.advance(120_000);
    memory.heal();
    await clock.runUntil(() => present(cutOff).leader?.id === present(leader).id);
    await clock.advance(3_000);
    expect(present(leader).isLeader).toBe(true);
    expect(present(leader).leader?.id).toBe(before?.id);
  });

  it('runs in several rooms and several networks of one process, and none of them knows of the others', async () => {
    const clock = virtualClock();
    const [one, other] = [memoryNetwork({ clock, delayMs: 5 }), memoryNetwork({ clock, delayMs: 5 })];
    const of = (count: number, name: string, network: typeof one): readonly Cluster[] =>
      Array.from({ length: count }, () => createCluster({ room: name, network: network.network() }));
    const groups = [of(3, 'first', one), of(2, 'second', one), of(2, 'first', other)];
    await clock.runUntil(() => groups.every((group) => agreed(group)));
    expect(groups.map((group) => group.map(({ members }) => members.size))).toEqual([
      [3, 3, 3],
      [2, 2],
      [2, 2],
    ]);
    void present(groups[0]?.find(({ isLeader }) => isLeader)).leave();
    await clock.advance(2_000);
    for (const group of groups.slice(1)) expect(agreed(group)).toBe(true);
  });
});

describe('quorum()', () => {
  const outcomeOf = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'done',
      (error: unknown) => (error instanceof ClusterError ? error.code : String(error)),
    );

  it('orders what three members chose before there was a leader the same way for all (Q4, Q5)', async () => {
    const { clock, start } = quorumRoom();
    const voters = ['a', 'b', 'c'].map((id) => start(id));
    for (const [at, choice] of ['rock', 'paper', 'scissors'].entries()) void voters[at]?.log.append(choice);
    await clock.runUntil(() => voters.every(({ read }) => read.length === 3));
    expect(present(voters[0]).read.toSorted()).toEqual(['paper', 'rock', 'scissors']);
    for (const { read } of voters) expect(read).toEqual(present(voters[0]).read);
  });

  it('delivers what was under way when its leader was killed once, or tells its sender (Q5)', async () => {
    for (const afterMs of [0, 4, 6, 9, 11, 14]) {
      const { clock, gather, crash, agree, members } = quorumRoom({ seed: 1 + afterMs });
      const [leader, ...others] = (await gather()) as [Voter, Voter, Voter];
      for (const { id, log } of members.values()) void log.append(`${id} first`);
      await clock.runUntil(() => others.every(({ read }) => read.length === 3));
      const outcomes: string[] = [];
      for (const { id, log } of others) {
        for (let count = 0; count < 10; count++)
          void outcomeOf(log.append(`${id}${count}`)).then((one) => outcomes.push(one));
      }
      await clock.advance(afterMs);
      crash(leader);
      await agree();
      await clock.runUntil(() => outcomes.length === 20);
      await clock.advance(1_000);
      expect(new Set(outcomes)).toEqual(new Set(['done']));
      for (const { read } of others) {
        expect(read).toHaveLength(23);
        expect(new Set(read).size).toBe(23);
        expect(read).toEqual(present(others[0]).read);
      }
    }
  });

  it('stays where a quorum is when discovery goes away, fails, or shows nobody (D1)', async () => {
    const { clock, memory, gather, members } = quorumRoom();
    const [leader] = (await gather()) as [Voter];
    const { term } = leader.cluster.leader ?? { term: -1 };
    memory.stopDiscovery();
    for (let step = 0; step < 200; step++) {
      await clock.advance(100);
      expect(leader.cluster.isLeader).toBe(true);
    }
    memory.restartDiscovery();
    await clock.advance(2_000);
    for (const { cluster } of members.values()) expect(cluster.leader).toMatchObject({ id: leader.id, term });
    let index = 0;
    void leader.log.append('still').then((at) => (index = at ?? 0));
    await clock.runUntil(() => index > 0);
  });

  it('has no leader that a follower deposes by coming back after a minute (Q7)', async () => {
    const { clock, memory, gather, members } = quorumRoom();
    const [leader, , follower] = (await gather()) as [Voter, Voter, Voter];
    const { term } = leader.cluster.leader ?? { term: -1 };
    memory.partition([follower.id]);
    await clock.advance(60_000);
    expect(follower.cluster.state).toBe('suspect');
    memory.heal();
    for (let step = 0; step < 300; step++) {
      await clock.advance(10);
      expect(leader.cluster.isLeader).toBe(true);
    }
    for (const { cluster } of members.values()) expect(cluster.leader).toMatchObject({ id: leader.id, term });
    expect(leader.notes.filter((note) => note.startsWith('stops'))).toEqual([]);
  });

  it('leads no more, and says so, once it is cut off from everybody (Q2)', async () => {
    const { clock, memory, gather } = quorumRoom();
    const [leader] = (await gather()) as [Voter];
    memory.partition([leader.id]);
    await clock.advance(300);
    expect([leader.cluster.isLeader, leader.cluster.leader, leader.cluster.state]).toEqual([false, null, 'suspect']);
    expect(leader.notes.slice(-2).toSorted()).toEqual(['nobody leads', expect.stringMatching(/^stops in /)]);
    expect(leadersSeenBy(leader.cluster)).toEqual([]);
  });
});
