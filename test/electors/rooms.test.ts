import { available, type ClusterError, quorum } from 'bellwether';
import { openLog } from 'bellwether/log';
import { expect, it, describe } from 'vitest';
import { type Guest, openRoom, votersOf } from './open-room.ts';

const rolesIn = ({ cluster }: Guest): readonly string[] =>
  [...cluster.members.values()].map(({ role }) => role).toSorted();
const first = <T>([one]: readonly T[]): T => one as T;

describe('members that come', () => {
  it('Q6: lead alone from the first moment on, and see the witness among the members', async () => {
    const { join, agree } = openRoom();
    const { cluster } = join();
    await agree();
    expect(cluster.leader).toMatchObject({ id: cluster.id, isSelf: true });
    expect(cluster.leaseMs).toBeGreaterThanOrEqual(250);
    const witness = [...cluster.members.values()].find(({ role }) => role === 'witness');
    expect(witness).toMatchObject({ isLeader: false, isSelf: false, info: null, path: 'relay', reachable: true });
    await expect(cluster.channel('any').send(witness!.id, 1)).rejects.toMatchObject({ code: 'unknown-peer' });
  });

  it('Q8: get a vote, up to maxVoters, all others learn; everyone is reached', async () => {
    const { gather, join, guests, clock } = openRoom({ maxVoters: 3 });
    const leader = first(await gather(3));
    for (let more = 0; more < 3; more++) join();
    await clock.runUntil(() => [...guests].every((guest) => rolesIn(guest).length === 7));
    await clock.advance(2_000);
    for (const guest of guests) {
      expect(guest.cluster.leader?.id).toBe(leader.cluster.id);
      expect(rolesIn(guest)).toEqual(['learner', 'learner', 'learner', 'voter', 'voter', 'voter', 'witness']);
      expect([...guest.cluster.members.values()].filter(({ reachable }) => !reachable)).toEqual([]);
    }
  });

  it('Q8: vote on as many hosts as there are, for the tabs of one laptop share its fate', async () => {
    const { join, guests, memory, clock } = openRoom({ maxVoters: 3 });
    for (const host of ['laptop', 'laptop', 'laptop', 'laptop', 'phone', 'desk']) {
      join({ network: memory.network({ platform: clock.platform({ host }) }) });
      await clock.advance(500);
    }
    const hostsOfVoters = ({ cluster }: Guest): string =>
      votersOf(cluster)
        .map((id) => cluster.members.get(id)?.host)
        .toSorted()
        .join();
    await clock.runUntil(() => [...guests].every((guest) => hostsOfVoters(guest) === 'desk,laptop,phone'));
    await clock.advance(5_000);
    expect([...guests].map(hostsOfVoters)).toEqual(Array.from(guests, () => 'desk,laptop,phone'));
  });

  it('F1: know of each leadership after its leader, learners too, while appends are under way', async () => {
    const { gather, join, guests, clock, crash, agree } = openRoom({ maxVoters: 3 });
    const leader = first(await gather(3));
    for (let more = 0; more < 2; more++) join();
    await clock.runUntil(() => [...guests].every((guest) => rolesIn(guest).length === 6));
    await clock.advance(2_000);
    const told: { readonly id: string; readonly leader: string; readonly atMs: number }[] = [];
    for (const { cluster } of guests)
      cluster.on('leader', ({ leader: now }) => {
        if (now !== null) told.push({ id: cluster.id, leader: now.id, atMs: clock.nowMs() });
      });
    void leader.log.append('under way').catch(() => {});
    await clock.advance(5.5); // it has arrived, and nobody knows that it is committed
    crash(leader, { hint: false });
    const next = await agree();
    expect(told.map(({ id }) => id).toSorted()).toEqual([...guests].map(({ cluster }) => cluster.id).toSorted());
    expect(told[0]).toMatchObject({ id: next.cluster.id, leader: next.cluster.id });
    for (const { atMs } of told.slice(1)) expect(atMs - told[0]!.atMs).toBeCloseTo(5, 1);
  });

  it.each([
    [quorum({ maxVoters: 3 }), 'maxVoters is 3 here, and 5 in the room'],
    [quorum({ witness: 'none' }), 'witness is none here, and anchor in the room'],
    [available(), 'elector is available here, and quorum in the room'],
  ])(
    'elect nobody whose options are not those of the room: a typed error names the one that differs (%#)',
    async (elector, difference) => {
      const { join, gather, time } = openRoom();
      const [leader] = await gather(2);
      const errors: ClusterError[] = [];
      const stranger = join({ elector });
      stranger.cluster.on('error', (error) => errors.push(error));
      await expect(time(stranger.cluster.ready())).rejects.toMatchObject({ code: 'options-differ' });
      expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining(difference)]);
      expect(stranger.cluster.state).toBe('left');
      expect(leader!.cluster.isLeader).toBe(true);
      expect(votersOf(leader!.cluster)).toHaveLength(2);
    },
  );

  it('begin no work before minMembers reach each other, and go on with fewer', async () => {
    const { join, clock, guests, crash, agree } = openRoom();
    join({ minMembers: 3 });
    join({ minMembers: 3 });
    await clock.advance(30_000);
    for (const { cluster, notes } of guests)
      expect([cluster.leader, cluster.isLeader, notes]).toEqual([null, false, []]);
    join({ minMembers: 3 });
    const leader = await agree();
    await clock.advance(2_000);
    crash(leader);
    expect((await agree()).notes).toContain('works');
  });
});

describe('of two members and the witness', () => {
  it('Q8: the loss of the leader leaves the other one leading, with all that was committed', async () => {
    const { gather, crash, agree, clock, time } = openRoom();
    const [leader, other] = (await gather(2)) as [Guest, Guest];
    leader.cluster.publish('draft');
    await time(leader.log.append('first'));
    const { term } = leader.cluster.leader!;
    crash(leader);
    expect(await agree()).toBe(other);
    expect(other.cluster.leader!.term).toBeGreaterThan(term);
    await clock.runUntil(() => other.read.length > 0);
    expect([other.read, other.cluster.published]).toEqual([['first'], 'draft']);
    await time(other.log.append('second'));
  });

  it('Q8: the loss of the other one changes nothing for the leader', async () => {
    const { gather, crash, clock, time } = openRoom();
    const [leader, other] = (await gather(2)) as [Guest, Guest];
    crash(other);
    const { term } = leader.cluster.leader!;
    await clock.advance(60_000);
    expect(leader.cluster.leader).toMatchObject({ isSelf: true, term });
    await time(leader.log.append('alone'));
    expect(votersOf(leader.cluster)).toEqual([leader.cluster.id]);
  });

  it('Q8, D1: the loss of the server changes nothing, for as long as the charter lasts', async () => {
    const { gather, memory, clock, time } = openRoom({ charterMs: 60_000 });
    const [leader, other] = (await gather(2)) as [Guest, Guest];
    const { term } = leader.cluster.leader!;
    memory.stopDiscovery();
    await clock.advance(45_000);
    expect(leader.cluster.leader).toMatchObject({ isSelf: true, term });
    expect(other.cluster.leader?.id).toBe(leader.cluster.id);
    expect(other.cluster.members.size).toBe(3);
    await time(other.log.append('without the server'));
    await clock.runUntil(() => !leader.cluster.isLeader, { withinMs: 20_000 });
    await clock.runUntil(() => other.cluster.leader === null);
  });

  it('Q2: while they do not hear each other, no more than one of them leads', async () => {
    const { gather, memory, guests, clock, agree } = openRoom();
    const [leader, other] = (await gather(2)) as [Guest, Guest];
    memory.cut(leader.cluster.id, other.cluster.id);
    for (let at = 0; at < 300; at++) {
      await clock.advance(100);
      expect([...guests].filter(({ cluster }) => cluster.isLeader).length).toBeLessThanOrEqual(1);
    }
    memory.heal();
    await agree();
  });
});

describe('on both sides of a cut', () => {
  it('members reach each other and nobody else, with a leader or without, and hear what is broadcast there', async () => {
    const { gather, memory, clock, time, agree } = openRoom({ witness: 'none' });
    const all = await gather(5);
    const sides = [all.slice(0, 2), all.slice(2)]; // who led is on the smaller one
    const heard: string[] = [];
    for (const { cluster } of all)
      cluster.channel('news').on((value, from) => heard.push(`${String(value)} ${from}>${cluster.id}`));
    for (const one of sides[0]!) for (const other of sides[1]!) memory.cut(one.cluster.id, other.cluster.id);
    const reached = ({ cluster }: Guest): readonly string[] =>
      [...cluster.members.values()]
        .filter(({ reachable }) => reachable)
        .map(({ id }) => id)
        .toSorted();
    const areApart = (): boolean =>
      sides.every((side) => {
        const ids = side
          .map(({ cluster }) => cluster.id)
          .toSorted()
          .join();
        return side.every((guest) => reached(guest).join() === ids);
      });
    await clock.runUntil(areApart);
    for (let at = 0; at < 100; at++) {
      await clock.advance(250);
      expect(areApart()).toBe(true);
    }
    for (const [from] of sides) await time(from!.cluster.channel('news').broadcast('hello'));
    await clock.advance(1_000);
    const wanted = sides.flatMap(([from, ...others]) =>
      others.map((to) => `hello ${from!.cluster.id}>${to.cluster.id}`),
    );
    expect(heard.toSorted()).toEqual(wanted.toSorted());
    memory.heal();
    await agree();
    await clock.runUntil(() => all.every((guest) => reached(guest).length === 5));
  });
});

describe('members that go', () => {
  it('Q8: four of five crash at once, and the last one leads', async () => {
    const { gather, crash, agree, time } = openRoom();
    const [leader, ...others] = await gather(5);
    await time(leader!.log.append('kept'));
    const last = others.pop()!;
    for (const guest of [leader!, ...others]) crash(guest);
    expect(await agree()).toBe(last);
    await time(last.log.append('more'));
    expect(last.read).toEqual(['kept', 'more']);
  });

  it('lose their vote at once when they say goodbye, and after a while when they vanish', async () => {
    const { gather, guests, crash, clock, agree } = openRoom();
    const [leader, leaves, vanishes] = (await gather(4)) as Guest[] as [Guest, Guest, Guest, Guest];
    guests.delete(leaves);
    await leaves.cluster.leave();
    await clock.runUntil(() => votersOf(leader.cluster).length === 3, { withinMs: 1_000 });
    crash(vanishes);
    await clock.advance(10_000);
    expect(votersOf(leader.cluster)).toHaveLength(3);
    await clock.runUntil(() => votersOf(leader.cluster).length === 2, { withinMs: 60_000 });
    expect(await agree()).toBe(leader);
  });

  it.each([
    ['a moment after their goodbye', 'leave', 100],
    ['when they have been missing for a while', 'crash', 20_000],
  ])('Q8: count no more %s: of five without a witness three go, and the leader leads on', async (_, how, apartMs) => {
    const { gather, guests, crash, clock, time } = openRoom({ witness: 'none' });
    const [leader, , ...going] = (await gather(5)) as [Guest, ...Guest[]];
    const { term } = leader.cluster.leader!;
    for (const guest of going) {
      guests.delete(guest);
      if (how === 'crash') crash(guest);
      else void guest.cluster.leave();
      await clock.advance(apartMs);
    }
    await clock.advance(30_000);
    expect(leader.cluster.leader).toMatchObject({ isSelf: true, term });
    await time(leader.log.append('of two'));
  });

  it('Q8: lose their vote after two leases where others than the leader heard the goodbye, and not when they are missing', async () => {
    const { gather, memory, clock } = openRoom();
    const [leader, , leaver] = (await gather(3)) as [Guest, Guest, Guest];
    memory.stopDiscovery(); // nor does the leader hear of it from there
    await clock.runUntil(() => !rolesIn(leader).includes('witness')); // the witness is missing
    memory.cut(leader.cluster.id, leaver.cluster.id);
    await leaver.cluster.leave();
    await clock.runUntil(() => !votersOf(leader.cluster).includes(leaver.cluster.id), { withinMs: 2_000 });
    expect(leader.cluster.isLeader).toBe(true);
  });

  it('are gone from what everyone sees once they vanished, learners too; until then the leader calls them unreachable', async () => {
    const { gather, join, guests, crash, clock, settle } = openRoom({ maxVoters: 2 });
    const [leader, follower] = (await gather(2)) as [Guest, Guest];
    const learner = join();
    await clock.runUntil(() => [...guests].every(({ cluster }) => cluster.members.size === 4));
    await settle(2);
    const { id } = learner.cluster;
    await clock.runUntil(() => leader.cluster.members.get(id)!.reachable);
    crash(learner, { hint: false });
    await clock.runUntil(() => !leader.cluster.members.get(id)?.reachable);
    await clock.runUntil(() => [leader, follower].every(({ cluster }) => !cluster.members.has(id)));
    crash(follower, { hint: false });
    const third = join();
    await clock.runUntil(() => [leader, third].every(({ cluster }) => !cluster.members.has(follower.cluster.id)));
    expect([...third.cluster.members.keys()].toSorted()).toEqual([...leader.cluster.members.keys()].toSorted());
  });

  it('are members for as long as they lead, also after their goodbye', async () => {
    const { gather, guests, clock, agree } = openRoom();
    const [leader, ...others] = (await gather(3)) as [Guest, Guest, Guest];
    const strangers: unknown[] = [];
    const told: (string | undefined)[] = [];
    for (const { cluster } of others) {
      cluster.subscribe(() => {
        if (cluster.leader && !cluster.members.has(cluster.leader.id)) strangers.push(cluster.leader);
      });
      cluster.on('leader', ({ leader: next }) => told.push(next?.id));
    }
    guests.delete(leader);
    void leader.cluster.leave();
    const next = await agree();
    expect(strangers).toEqual([]);
    expect(told.filter((id) => id !== undefined)).toEqual([next.cluster.id, next.cluster.id]);
    await clock.runUntil(() => others.every(({ cluster }) => cluster.members.size === 3));
  });

  it('Q9: hand over when they lead and leave, in less than a lease', async () => {
    const { gather, guests, clock, agree } = openRoom();
    const [leader] = (await gather(3)) as [Guest, Guest, Guest];
    guests.delete(leader);
    const before = clock.nowMs();
    void leader.cluster.leave();
    await agree();
    expect(clock.nowMs() - before).toBeLessThan(250);
  });

  it('leave nothing behind: pages that are loaded again fifty times have fifty ids, and one vote each time', async () => {
    const { gather, join, guests, clock, agree } = openRoom();
    const [leader] = (await gather(2)) as [Guest, Guest];
    const ids = new Set<string>();
    for (let load = 0; load < 50; load++) {
      const page = join();
      await clock.runUntil(() => votersOf(page.cluster).includes(page.cluster.id));
      ids.add(page.cluster.id);
      guests.delete(page);
      void page.cluster.leave();
      await clock.advance(50);
    }
    expect(ids.size).toBe(50);
    await clock.advance(1_000);
    expect(await agree()).toBe(leader);
    expect(leader.cluster.members.size).toBe(3);
    expect(leader.cluster.leader!.term).toBe(first([...guests]).cluster.leader!.term);
  });

  it('leave the room to whoever comes next, also where they left before it was founded', async () => {
    const { join, guests, clock, agree } = openRoom();
    for (const waitMs of [0, 5, 10, 15, 20, 500]) {
      const hasty = join();
      await clock.advance(waitMs);
      guests.delete(hasty);
      await hasty.cluster.leave();
    }
    const { cluster } = join();
    await agree();
    expect(cluster.isLeader).toBe(true);
  });
});

describe('a room that is founded anew', () => {
  it('Q5: goes on with all that was committed, told once, where enough of those who voted said goodbye', async () => {
    const { gather, guests, clock, agree, join, time } = openRoom({ witness: 'none' });
    const all = await gather(5);
    const [leader, ...others] = all as [Guest, ...Guest[]];
    leader.cluster.publish('draft');
    for (const value of ['one', 'two']) await time(leader.log.append(value));
    await clock.advance(100);
    const ids = others.slice(2).map(({ cluster }) => cluster.id);
    const { term } = leader.cluster.leader!;
    const pending = others[2]!.log.append('three');
    for (const guest of [leader, ...others.slice(0, 2)]) {
      guests.delete(guest);
      void guest.cluster.leave();
    }
    const outcome = pending.then(String, ({ code }: ClusterError) => code);
    const next = await agree();
    expect([...guests].map(({ cluster }) => cluster.id)).toEqual(ids);
    expect(next.cluster.leader!.term).toBeGreaterThan(term + 2 ** 20 - 1);
    expect(next.cluster.published).toBe('draft');
    await time(next.log.append('four'));
    await clock.advance(500);
    const became = await outcome;
    for (const { read } of guests) {
      expect(read.filter((value) => value !== 'three')).toEqual(['one', 'two', 'four']);
      if (became === 'not-committed') expect(read).not.toContain('three');
    }
    const late = join();
    await clock.runUntil(() => late.read.length === next.read.length);
    expect(late.read).toEqual(next.read);
  });

  it('answers what was asked of its log while nobody led', async () => {
    const { gather, guests, clock, agree, time } = openRoom({ witness: 'none' });
    const [leader, other, stays] = (await gather(3)) as [Guest, Guest, Guest];
    await time(leader.log.append('one'));
    for (const guest of [leader, other]) {
      guests.delete(guest);
      void guest.cluster.leave();
    }
    await clock.advance(1_000);
    const read = stays.log.read();
    await agree();
    await clock.advance(500);
    expect(await read).toBeGreaterThan(0);
  });

  it('E3: goes on with whoever was asleep, and did not pledge: it keeps its id, and reads on where it was', async () => {
    const { gather, guests, clock, memory, agree, time } = openRoom({ witness: 'none' });
    const [leader, second, third, sleeper, stays] = (await gather(5)) as Guest[] as [Guest, Guest, Guest, Guest, Guest];
    await time(leader.log.append('before'));
    await clock.advance(100);
    const { id } = sleeper.cluster;
    memory.freeze(id);
    guests.delete(sleeper);
    for (const guest of [leader, second, third]) {
      guests.delete(guest);
      void guest.cluster.leave();
    }
    expect(await agree()).toBe(stays);
    await time(stays.log.append('meanwhile'));
    memory.thaw(id);
    guests.add(sleeper);
    await agree();
    await time(sleeper.log.append('after'));
    await clock.runUntil(() => sleeper.read.length === 3);
    expect(sleeper.read).toEqual(['before', 'meanwhile', 'after']);
    expect([sleeper.cluster.id, sleeper.notes.includes('error superseded')]).toEqual([id, false]);
  });

  it('goes on without whoever slept until nothing of its epoch was left: that one comes in again under a fresh id, and works on', async () => {
    const { gather, join, guests, clock, memory, crash, agree, time } = openRoom({ charterMs: 30_000 });
    const [leader, sleeper] = (await gather(2)) as [Guest, Guest];
    const heard: unknown[] = [];
    sleeper.cluster.channel('chat').on((value) => heard.push(value));
    await time(leader.log.append('before'));
    await clock.advance(100);
    const { id } = sleeper.cluster;
    memory.freeze(id);
    guests.delete(sleeper);
    crash(leader);
    memory.stopDiscovery();
    memory.restartDiscovery();
    const newcomer = join();
    await clock.advance(40_000);
    expect(await agree()).toBe(newcomer);
    memory.thaw(id);
    guests.add(sleeper);
    await clock.runUntil(() => sleeper.cluster.id !== id);
    await agree();
    expect(sleeper.notes).toContain('error superseded');
    expect(sleeper.read).toEqual(['before', 'thrown superseded']);
    const again: unknown[] = [];
    void (async () => {
      for await (const item of openLog(sleeper.cluster).entries()) if (item.type === 'entry') again.push(item.value);
    })();
    await time(sleeper.log.append('after'));
    await time(newcomer.cluster.channel('chat').send(sleeper.cluster.id, 'welcome'));
    await clock.runUntil(() => again.length === 1 && heard.length === 1);
    expect([again, heard]).toEqual([['after'], ['welcome']]);
    guests.delete(newcomer);
    void newcomer.cluster.leave();
    expect(await agree()).toBe(sleeper);
    await clock.advance(10);
    expect(sleeper.notes.at(-1)).toBe('works');
  });
});

describe('a server that comes back without its memory', () => {
  it('takes over the group of those who come back, whose leader leads on, and hosts a fresh witness', async () => {
    const { gather, memory, clock, crash, agree } = openRoom();
    const [leader, other] = (await gather(2)) as [Guest, Guest];
    const { term } = leader.cluster.leader!;
    const witnessOf = ({ cluster }: Guest): string | undefined =>
      [...cluster.members.values()].find(({ role }) => role === 'witness')?.id;
    const before = witnessOf(leader);
    memory.stopDiscovery();
    await clock.advance(5_000);
    memory.restartDiscovery();
    await clock.advance(30_000);
    expect(leader.cluster.leader).toMatchObject({ isSelf: true, term });
    expect(other.cluster.leader?.id).toBe(leader.cluster.id);
    expect(witnessOf(leader)).not.toBe(before);
    crash(leader);
    expect(await agree()).toBe(other);
  });

  it('founds nothing for those that it does not know before the charter of others is over, and says when', async () => {
    const { memory, join, clock, agree } = openRoom({ charterMs: 30_000 });
    memory.stopDiscovery();
    memory.restartDiscovery();
    const { cluster } = join();
    await clock.advance(1_000);
    expect([cluster.leader, cluster.state]).toEqual([null, 'online']);
    expect(cluster.foundsInMs).toBeGreaterThan(28_000);
    await clock.advance(20_000);
    expect(cluster.foundsInMs).toBeLessThan(10_000);
    await agree();
    expect(cluster.foundsInMs).toBe(null);
  });
});
