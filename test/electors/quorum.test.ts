import { ClusterError, createCluster, type Lead, quorum } from 'bellwether';
import { openLog } from 'bellwether/log';
import { MemoryDisk, memoryNetwork, virtualClock } from 'bellwether/testing';
import { describe, expect, it } from 'vitest';
import { quorumRoom, type Voter } from './quorum-room.ts';

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof ClusterError ? error.code : String(error)),
  );

const leaders = (voters: Iterable<Voter>): string[] =>
  [...voters].filter(({ cluster }) => cluster.isLeader).map(({ id }) => id);

describe('electing', () => {
  it('needs a majority: one of three never leads, two do', async () => {
    const { clock, start, agree } = quorumRoom();
    const first = start('a');
    await clock.advance(20_000);
    expect([first.cluster.isLeader, first.cluster.leader]).toEqual([false, null]);
    await agree([first, start('b')]);
  });

  it('raises the term with every leadership, and each is known to all (Q1)', async () => {
    const { clock, gather, agree, crash, start } = quorumRoom();
    await gather();
    const terms: number[] = [];
    for (let round = 0; round < 4; round++) {
      const leader = await agree();
      terms.push(leader.cluster.leader?.term ?? 0);
      const disk = crash(leader);
      await agree();
      start(leader.id, { disk });
      await clock.advance(1_000);
    }
    expect(terms).toEqual([...new Set(terms)].toSorted((one, other) => one - other));
  });

  it('lets at most one lead at any instant, while the leader is cut off and when it returns (Q2, Q7)', async () => {
    const { clock, memory, gather, members, agree } = quorumRoom();
    const [cutOff] = (await gather()) as [Voter];
    memory.partition([cutOff.id]);
    let most = 0;
    for (let step = 0; step < 2_000; step++) {
      await clock.advance(5);
      most = Math.max(most, leaders(members.values()).length);
    }
    expect(most).toBe(1);
    const [heir] = leaders(members.values());
    expect(heir).not.toBe(cutOff.id);
    const term = members.get(heir ?? '')?.cluster.leader?.term;
    memory.heal();
    await agree();
    await clock.advance(5_000);
    expect(cutOff.cluster.leader).toMatchObject({ id: heir, term });
  });

  it('stops the work of a leader that is cut off before another one begins (F1)', async () => {
    const { clock, memory, gather, members } = quorumRoom();
    const [cutOff, ...others] = (await gather()) as [Voter, Voter, Voter];
    const order: string[] = [];
    for (const { id, notes } of [cutOff, ...others]) {
      const push = notes.push.bind(notes);
      notes.push = (...items) => {
        order.push(...items.filter((item) => /^(works|stops)/.test(item)).map((item) => `${id} ${item}`));
        return push(...items);
      };
    }
    memory.partition([cutOff.id]);
    await clock.runUntil(() => leaders(others).length === 1);
    const [heir = ''] = leaders(members.values());
    const term = members.get(heir)?.cluster.leader?.term ?? 0;
    expect(order).toEqual([
      `${cutOff.id} stops in ${cutOff.cluster.leader?.term ?? term - 1}`,
      `${heir} works in ${term}`,
    ]);
  });

  it('knows after a pause at the first read that it leads no more (F1)', async () => {
    const { clock, memory, gather, agree, members } = quorumRoom();
    const [frozen, ...others] = (await gather()) as [Voter, Voter, Voter];
    let held: Lead | undefined;
    frozen.cluster.whileLeader((lead) => void (held = lead));
    await clock.advance(1);
    held!.check();
    memory.freeze(frozen.id);
    await agree(others);
    expect(frozen.cluster.isLeader).toBe(false);
    expect(() => held!.check()).toThrow('does not lead');
    memory.thaw(frozen.id);
    await agree();
    await clock.advance(1_000);
    expect(leaders(members.values())).toHaveLength(1);
  });

  it('tells a single voter that is named, and keeps nothing, that it leads', async () => {
    const clock = virtualClock();
    const network = memoryNetwork({ clock }).network({ id: 'a' });
    const cluster = createCluster({ room: 'room', elector: quorum({ voters: ['a'] }), network });
    let runs = 0;
    void cluster.whileLeader(() => void runs++);
    await clock.advance(10_000);
    expect([cluster.isLeader, cluster.leader?.isSelf, cluster.state, runs]).toEqual([true, true, 'online', 1]);
  });

  it('hands over when it leaves and when it is told to, without waiting for any lease (Q9)', async () => {
    const { clock, gather, agree, members } = quorumRoom();
    const [first, second] = (await gather()) as [Voter, Voter, Voter];
    const transferredMs = clock.nowMs();
    await Promise.all([first.cluster.transfer(second.id), agreeOn(second)]);
    expect(clock.nowMs() - transferredMs).toBeLessThan(60);
    await clock.advance(500);
    const leftMs = clock.nowMs();
    void second.cluster.leave();
    members.delete(second.id);
    await agree();
    expect(clock.nowMs() - leftMs).toBeLessThan(60);

    async function agreeOn(voter: Voter): Promise<void> {
      await clock.runUntil(() => voter.cluster.isLeader);
    }
  });

  it('refuses wrong voters and leases, saying what is wrong', () => {
    expect(() => quorum({ voters: [] })).toThrow(/"voters" must be a list/);
    expect(() => quorum({ voters: 'a' } as never)).toThrow(/"voters" must be a list/);
    expect(() => quorum({ voters: ['a'], leaseMinMs: 250 } as never)).toThrow(/no option "leaseMinMs"/);
    expect(() => quorum({ voters: ['a'], maxLeasMs: 250 } as never)).toThrow(/did you mean "maxLeaseMs"/);
    expect(() => quorum({ voters: ['a', 'b!'] })).toThrow(TypeError);
    expect(() => quorum({ voters: ['a', 'a'] })).toThrow(RangeError);
    expect(() => quorum({ voters: ['a'], minLeaseMs: 0 })).toThrow(RangeError);
    expect(() => quorum({ voters: ['a'], minLeaseMs: 6000 })).toThrow(/"minLeaseMs" is 6000, .*"maxLeaseMs", 5000/);
    expect(() => quorum({ voters: Array.from({ length: 65 }, (_, at) => `v${at}`) })).toThrow(/up to 64/);
    expect(() => quorum(null as never)).toThrow(/the options must be an object/);
    expect(() => quorum({ voters: ['a'], maxVoters: 3 })).toThrow(/"maxVoters" is for members that come and go/);
    expect(() => quorum({ voters: ['a'], witness: 'none' })).toThrow(/"witness" is for members that come and go/);
  });

  it('without voters takes a witness, how many vote, and for how long a leader may be out of contact', () => {
    expect(quorum().charter).toEqual({
      elector: 'quorum',
      quorum: { witness: 'anchor', maxVoters: 5, minLeaseMs: 250, maxLeaseMs: 5000, charterMs: 120_000 },
    });
    expect(quorum({ voters: ['a'] }).charter).toEqual({ elector: 'quorum' });
    expect(() => quorum({ witness: 'both' } as never)).toThrow(/"witness" must be "anchor" or "none"/);
    for (const maxVoters of [0, 2.5, 65])
      expect(() => quorum({ maxVoters })).toThrow(/"maxVoters" must be a whole number/);
    for (const charterMs of [0, 999, 86_400_001]) expect(() => quorum({ charterMs })).toThrow(/"charterMs" must be/);
    expect(() => quorum({ charterMs: 4_000 })).toThrow(/"charterMs" is 4000, and may not be below "maxLeaseMs", 5000/);
    expect(() => quorum({ maxLeaseMs: 700_000 })).toThrow(RangeError);
  });

  it('without voters refuses a network whose members keep their ids', () => {
    const network = memoryNetwork({ clock: virtualClock() }).network({ id: 'a' });
    expect(() => createCluster({ room: 'room', network, elector: quorum() })).toThrow(/name them as "voters"/);
  });
});

describe('the log', () => {
  it('takes entries from any member, and every member reads them in the same order (Q4, Q5)', async () => {
    const { clock, gather, members } = quorumRoom();
    await gather();
    const appended: (number | null)[] = [];
    for (const { id, log } of members.values()) {
      for (let count = 0; count < 20; count++) void log.append(`${id}${count}`).then((index) => appended.push(index));
    }
    await clock.runUntil(() => [...members.values()].every(({ read }) => read.length === 60));
    const [first, ...rest] = [...members.values()].map(({ read }) => read);
    for (const read of rest) expect(read).toEqual(first);
    expect(new Set(first).size).toBe(60);
    for (const id of ['a', 'b', 'c']) {
      const own = first?.filter((value) => value.startsWith(id));
      expect(own).toEqual(Array.from({ length: 20 }, (_, count) => `${id}${count}`));
    }
    expect(appended).toHaveLength(60);
  });

  it('keeps what is appended while there is no leader, until there is one', async () => {
    const { clock, start } = quorumRoom();
    const a = start('a');
    const outcome = codeOf(a.log.append('early'));
    await clock.advance(5_000);
    start('b');
    await clock.runUntil(() => a.read.length === 1);
    expect(await outcome).toBe('resolved');
  });

  it('is read linearizably from any member: what was appended before is there (one call)', async () => {
    const { clock, gather, members } = quorumRoom();
    const [, follower] = (await gather()) as [Voter, Voter];
    for (const { log } of members.values()) {
      let index: number | null = null;
      let seen = -1;
      void log.append('x').then(async (at) => {
        index = at;
        seen = await follower.log.read();
      });
      await clock.runUntil(() => seen >= 0);
      expect(seen).toBe(index);
    }
  });

  it('rejects what is under way when the cluster is left as unknown, and what comes later as not committed (Q5)', async () => {
    const { clock, gather, memory } = quorumRoom();
    const [, follower] = (await gather()) as [Voter, Voter];
    void follower.log.append('first');
    await clock.runUntil(() => follower.read.length === 1);
    memory.partition([follower.id]);
    const underWay = codeOf(follower.log.append('lost?'));
    const reading = codeOf(follower.log.read());
    await clock.advance(10);
    await follower.cluster.leave();
    expect([await underWay, await reading]).toEqual(['unknown', 'left']);
    expect(await codeOf(follower.log.append('late'))).toBe('not-committed');
    await clock.settle();
    expect(follower.read).toEqual(['first', 'the end']);
  });

  it('says of what was never sent when the cluster is left that it is not committed, and never takes effect (Q5)', async () => {
    const { clock, start, gather } = quorumRoom();
    const alone = start('a');
    await clock.advance(1_000); // no leader: it waits here
    const waiting = codeOf(alone.log.append('waits for a leader'));
    await clock.advance(1_000);
    void alone.cluster.leave();
    expect(await waiting).toBe('not-committed');

    const [, follower] = (await gather('b', 'c')) as [Voter, Voter];
    void follower.log.append('first');
    await clock.runUntil(() => follower.read.length === 1);
    const sent = codeOf(follower.log.append('was sent'));
    await clock.advance(1);
    const unsent = codeOf(follower.log.append('in the same turn'));
    void follower.cluster.leave();
    expect([await sent, await unsent]).toEqual(['unknown', 'not-committed']);
    const again = start(follower.id, { disk: follower.disk.copy() });
    await clock.runUntil(() => again.read.length > 0);
    await clock.advance(1_000);
    expect(again.read.filter((value) => value !== 'was sent')).toEqual(['first']);
  });

  it('says so also where the cluster was left before it elected', async () => {
    const { clock, start } = quorumRoom();
    const { cluster, log } = start('a');
    const early = codeOf(log.append('early'));
    void cluster.leave();
    await clock.settle();
    expect(await early).toBe('not-committed');
  });

  it('refuses an entry that is over the limit as too large, and what is appended around it all the same', async () => {
    const { clock, gather } = quorumRoom();
    const [leader] = (await gather()) as [Voter];
    const longest = codeOf(leader.log.append('x'.repeat(1_048_573)));
    const tooLong = leader.log.append('y'.repeat(1_048_574)).catch((error: unknown) => error);
    void leader.log.append('after');
    await clock.runUntil(() => leader.read.length === 2);
    expect(await longest).toBe('resolved');
    expect(await tooLong).toMatchObject({ code: 'too-large', message: expect.stringMatching(/ 1048576 .* 1048575 /) });
    expect(leader.read.map((value) => value.length)).toEqual([1_048_573, 5]);
  });

  it('gives whoever begins late the application’s state, and then what follows', async () => {
    const { clock, gather } = quorumRoom();
    const [leader] = (await gather()) as [Voter];
    for (const value of ['one', 'two', 'three']) void leader.log.append(value);
    await clock.runUntil(() => leader.read.length === 3);
    let last = 0;
    void leader.log.read().then(async (index) => {
      await leader.log.compact(index - 1, 'one+two');
      last = index;
    });
    await clock.runUntil(() => last > 0);
    const late: string[] = [];
    const signal = new AbortController();
    void (async () => {
      for await (const item of leader.log.entries({ signal: signal.signal }))
        late.push(item.type === 'entry' ? String(item.value) : String(item.state));
    })().catch((error: unknown) => late.push(String(error)));
    await clock.settle();
    signal.abort('enough');
    await clock.settle();
    expect(late).toEqual(['one+two', 'three', 'enough']);
  });

  it('is short again once the application compacts it, and whoever was away gets the state in its place (Q5)', async () => {
    const { clock, gather, crash, start, agree } = quorumRoom();
    const [leader, away] = (await gather()) as [Voter, Voter];
    await clock.runUntil(() => leader.disk.stored().records.size > 0);
    const disk = crash(away);
    const count = 9_000; // the core asks for a snapshot every 8,192 entries
    for (let done = 0; done < count; done += 1_000) {
      for (let value = 1; value <= 1_000; value++) void leader.log.append(done + value);
      await clock.runUntil(() => leader.read.length === done + 1_000);
      void leader.log.read().then((index) => leader.log.compact(index, `the first ${done + 1_000}`));
      await clock.advance(100);
    }
    expect(leader.disk.stored().snapshot?.index).toBeGreaterThan(8_000);
    expect(leader.disk.stored().entries.length).toBeLessThan(1_000);

    const again = start(away.id, { disk });
    await clock.runUntil(() => again.read.length > 0);
    void leader.log.append('after it');
    await clock.runUntil(() => again.read.at(-1) === 'after it');
    // Of what it missed it has read the state, and behind that every entry once.
    const [, first] = /^snapshot the first (\d+)$/.exec(again.read[0] ?? '') ?? [];
    const rest = Array.from({ length: count - Number(first) }, (_, at) => String(Number(first) + at + 1));
    expect(again.read.slice(1)).toEqual([...rest, 'after it']);
    await agree();

    const restarted = start(leader.id, { disk: crash(leader) });
    await clock.runUntil(() => restarted.read.at(-1) === 'after it');
    expect(restarted.read).toEqual(again.read);
  });

  it('refuses a cluster without one, and what is not JSON', async () => {
    const clock = virtualClock();
    const cluster = createCluster({ room: 'r', network: memoryNetwork({ clock }).network() });
    const log = openLog(cluster);
    const appended = codeOf(log.append('x'));
    await clock.advance(100);
    expect(await appended).toMatch(/keeps no log; take quorum/);
    await expect(openLog<unknown>(cluster).append(() => {})).rejects.toThrow(TypeError);
    expect(() => openLog({} as never)).toThrow(TypeError);
    expect(() => log.entries({ from: 0 })).toThrow(RangeError);
  });
});

describe('what is published', () => {
  it('is what the next leader starts from, also after a crash', async () => {
    const { clock, gather, crash, agree, members } = quorumRoom();
    const [leader] = (await gather()) as [Voter];
    leader.cluster.publish({ seen: 5 });
    expect(leader.cluster.published).toEqual({ seen: 5 });
    await clock.runUntil(() => [...members.values()].every(({ cluster }) => cluster.published !== undefined));
    crash(leader);
    const heir = await agree();
    expect(heir.cluster.published).toEqual({ seen: 5 });
  });
});

describe('a new leader', () => {
  it('begins its work with all that was committed before, also what only the leader before knew to be (Q4)', async () => {
    const { clock, memory, gather, crash, agree } = quorumRoom();
    const [leader, ...others] = (await gather()) as [Voter, Voter, Voter];
    const found: unknown[] = [];
    for (const { cluster, log } of others) {
      void cluster.whileLeader(async ({ published }) => {
        found.push(published);
        for await (const item of log.entries()) found.push(item.type === 'entry' ? item.value : item.state);
      });
    }
    void leader.log.append('first entry');
    await clock.runUntil(() => others.every(({ read }) => read.length === 1));
    leader.cluster.publish('last words');
    let isCommitted = false;
    void leader.log.append('last entry').then(() => (isCommitted = true));
    await clock.advance(7); // the others have it, and their answers are under way
    for (const { id } of others) memory.cutOneWay(leader.id, id);
    await clock.runUntil(() => isCommitted);
    expect(others.map(({ cluster }) => cluster.published)).toEqual([undefined, undefined]);
    crash(leader);
    await agree();
    await clock.settle();
    expect(found).toEqual(['last words', 'first entry', 'last entry']);
  });
});

describe('the storage', () => {
  it('brings members back with all that was committed, when all of them crashed (Q3, Q5)', async () => {
    const { clock, gather, crash, start, agree } = quorumRoom({ writeMs: 3 });
    const voters = await gather();
    const [leader] = voters as [Voter];
    leader.cluster.publish('kept');
    for (const value of ['one', 'two', 'three']) void leader.log.append(value);
    await clock.runUntil(() => leader.read.length === 3 && leader.cluster.published === 'kept');
    const term = leader.cluster.leader?.term ?? 0;
    const disks = new Map(voters.map((voter) => [voter.id, crash(voter)]));
    await clock.advance(1_000);
    const again = [...disks].map(([id, disk]) => start(id, { disk }));
    const next = await agree(again);
    await clock.runUntil(() => again.every(({ read }) => read.length === 3));
    for (const { read, cluster } of again) {
      expect(read).toEqual(['one', 'two', 'three']);
      expect(cluster.published).toBe('kept');
    }
    expect(next.cluster.leader?.term).toBeGreaterThan(term);
  });

  it('that is held by somebody, or belongs to another member, lets nobody join', async () => {
    const { clock, start } = quorumRoom();
    const first = start('a');
    await clock.advance(100);
    const second = start('a', { disk: first.disk });
    const ready = codeOf(second.cluster.ready());
    await clock.advance(100);
    expect([await ready, second.cluster.state]).toEqual(['storage-locked', 'left']);
    const other = start('b', { disk: first.disk.copy() });
    const otherReady = codeOf(other.cluster.ready());
    await clock.advance(100);
    expect(await otherReady).toBe('storage-locked');
  });

  it('that is full ends the membership of its member, and of nobody else', async () => {
    const { clock, gather, agree, members } = quorumRoom();
    const [leader] = (await gather()) as [Voter];
    leader.disk.fill();
    const outcome = codeOf(leader.log.append('no room'));
    await clock.runUntil(() => leader.cluster.state === 'left');
    expect(leader.notes).toContain('error storage-full');
    expect(await outcome).toBe('unknown');
    members.delete(leader.id);
    await agree();
  });

  it('is free for the next one when leave resolves', async () => {
    const { clock, start } = quorumRoom({ writeMs: 20 });
    const voter = start('a');
    await clock.advance(500);
    let isLeft = false;
    void voter.cluster.leave().then(() => (isLeft = true));
    await clock.runUntil(() => isLeft);
    await expect(voter.disk.open('a')).resolves.toBeDefined();
    await expect(new MemoryDisk().open('a')).resolves.toBeDefined();
  });
});
