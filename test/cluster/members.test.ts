import { available, type Cluster, createCluster, type Member, quorum } from 'bellwether';
import { describe, expect, it } from 'vitest';
import { type Participant, agreed, present, room } from './room.ts';

const other = (cluster: Cluster): Member => present([...cluster.members.values()].find(({ isSelf }) => !isSelf));

describe('members', () => {
  it('hold this member from the start, and then everyone with info, host, path and round trip', async () => {
    const { clock, join } = room();
    const [ada, bob] = [join({ info: { name: 'Ada' } }), join({ info: { name: 'Bob' } })];
    expect([...ada.cluster.members.keys()]).toEqual([ada.cluster.id]);
    await clock.runUntil(() => agreed([ada.cluster, bob.cluster]));
    await clock.advance(1_000);
    expect(ada.cluster.members.get(ada.cluster.id)).toMatchObject({ isSelf: true, path: 'self', rttMs: null });
    expect(other(ada.cluster)).toMatchObject({
      id: bob.cluster.id,
      role: 'voter',
      info: { name: 'Bob' },
      path: 'memory',
      rttMs: 10,
      reachable: true,
      visible: true,
      host: bob.platform.host(),
    });
    expect([...ada.cluster.members.values()].filter(({ isLeader }) => isLeader)).toHaveLength(1);
  });

  it('are snapshots: what was read once does not change, and what did not change stays the same object', async () => {
    const { clock, join, gather } = room();
    const [leader] = await gather(2);
    const before = present(leader?.cluster.members);
    const [self] = before.values();
    join();
    await clock.runUntil(() => leader?.cluster.members.size === 3);
    expect(before.size).toBe(2);
    expect(leader?.cluster.members).not.toBe(before);
    expect(leader?.cluster.members.get(self?.id ?? '')).toBe(self);
  });

  it('say of this member which host the others were told of, whatever that would be by now', async () => {
    const { clock, memory } = room();
    let reads = 0;
    const platform = { ...clock.platform(), host: () => `read ${++reads} times` };
    const first = createCluster({ room: 'room', network: memory.network({ platform }) });
    const second = createCluster({ room: 'room', network: memory.network({ platform: clock.platform() }) });
    await clock.runUntil(() => agreed([first, second]));
    const [seen, own] = [second, first].map(({ members }) => members.get(first.id)?.host);
    expect(own).toBe(seen);
    const readsBefore = reads;
    first.setInfo('new');
    await clock.runUntil(() => second.members.get(first.id)?.info === 'new');
    expect(reads).toBe(readsBefore);
  });

  it('carry new info to everyone, to this member at once', async () => {
    const { clock, gather } = room();
    const [leader, follower] = (await gather(2)) as [Participant, Participant];
    leader.cluster.setInfo('new');
    expect(leader.cluster.members.get(leader.cluster.id)?.info).toBe('new');
    expect(leader.cluster.leader?.info).toBe('new');
    await clock.runUntil(() => other(follower.cluster).info === 'new');
    expect(follower.cluster.leader?.info).toBe('new');
    expect(() => leader.cluster.setInfo(undefined as never)).toThrow(TypeError);
  });

  it('tell who is hidden, late comers too', async () => {
    const { clock, join, gather } = room();
    const [leader, follower] = (await gather(2)) as [Participant, Participant];
    leader.platform.setVisible(false);
    expect(leader.cluster.members.get(leader.cluster.id)?.visible).toBe(false);
    const hidden = ({ cluster }: Participant) => cluster.members.get(leader.cluster.id)?.visible === false;
    await clock.runUntil(() => hidden(follower));
    const late = join();
    await clock.runUntil(() => hidden(late));
    leader.platform.setVisible(true);
    await clock.runUntil(() => !hidden(late) && !hidden(follower));
  });

  it('do not storm when only round trips change', async () => {
    let delayMs = 5;
    const { clock, gather } = room({ delayMs: () => (delayMs = delayMs === 40 ? 5 : delayMs + 5) });
    const [leader] = (await gather(4)) as [Participant];
    await clock.advance(2_000);
    const before = leader.events('members').length;
    const rtts = new Set([other(leader.cluster).rttMs]);
    for (let second = 0; second < 5; second++) {
      await clock.advance(1_000);
      rtts.add(other(leader.cluster).rttMs);
    }
    expect(rtts.size).toBeGreaterThan(1);
    expect(leader.events('members').length - before).toBeLessThanOrEqual(5 * 4 + 1);
  });

  it('stay when discovery fails, forgets, and comes back: only `discovery` shows it (D1)', async () => {
    const { clock, memory, gather } = room();
    const all = await gather(3);
    const leaders = all.map(({ cluster }) => cluster.leader);
    memory.stopDiscovery();
    await clock.advance(3_000);
    for (const { cluster } of all) {
      expect(cluster.discovery).toBe('offline');
      expect(cluster.state).toBe('online');
      expect(cluster.members.size).toBe(3);
    }
    memory.restartDiscovery();
    await clock.runUntil(() => all.every(({ cluster }) => cluster.discovery === 'online'));
    await clock.advance(1_000);
    expect(all.map(({ cluster }) => cluster.members.size)).toEqual([3, 3, 3]);
    expect(all.map(({ cluster }) => cluster.leader)).toEqual(leaders);
    expect(all.flatMap((one) => one.events('leader'))).toHaveLength(3);
  });

  it.each([
    ['available()', available()],
    ['quorum()', quorum()],
  ])(
    'are without one that says goodbye while discovery is away, and stay so when it is back: by %s',
    async (_, elector) => {
      const { clock, memory, join, gather } = room();
      const [leader, follower, leaver] = (await gather(3, { elector })) as [Participant, Participant, Participant];
      const others = [leader, follower];
      const has = (id: string) => others.map(({ cluster }) => cluster.members.has(id));
      const voters = () => [...leader.cluster.members.values()].filter(({ role }) => role === 'voter');
      await clock.runUntil(() => voters().length === 3);
      memory.stopDiscovery();
      await clock.advance(10_000); // the witness has lost its vote
      await leaver.cluster.leave();
      await clock.runUntil(() => !has(leaver.cluster.id).includes(true), { withinMs: 20 });
      memory.restartDiscovery();
      await clock.runUntil(() => others.every(({ cluster }) => cluster.discovery === 'online'));
      const latecomer = join({ elector });
      for (let times = 0; times < 100; times++) {
        await clock.advance(20);
        expect(has(leaver.cluster.id)).toEqual([false, false]);
      }
      expect(has(latecomer.cluster.id)).toEqual([true, true]);
      expect(leader.cluster.isLeader).toBe(true);
      expect(others.map(({ cluster }) => cluster.counters.badMessages)).toEqual([0, 0]);
    },
  );
});

describe('snapshot and subscribe', () => {
  it('give the same object until something changes, and say when it does', async () => {
    const { clock, join } = room();
    const { cluster } = join();
    const seen: unknown[] = [];
    const undo = cluster.subscribe(() => seen.push(cluster.snapshot()));
    const first = cluster.snapshot();
    expect(cluster.snapshot()).toBe(first);
    expect(first).toMatchObject({ state: 'joining', leader: null, isLeader: false });
    await clock.runUntil(() => cluster.isLeader);
    await clock.advance(1_000);
    const now = cluster.snapshot();
    expect(now).toMatchObject({ id: cluster.id, state: 'online', isLeader: true, members: cluster.members });
    expect(now).toBe(seen.at(-1));
    undo();
    const told = seen.length;
    cluster.publish(1);
    await clock.advance(1_000);
    expect(seen).toHaveLength(told);
    expect(cluster.snapshot().published).toBe(1);
  });
});

describe('listeners', () => {
  it('that throw harm neither the others nor the cluster, and surface as uncaught', async () => {
    const { clock, join } = room();
    const { cluster } = join();
    const surfaced: unknown[] = [];
    const catcher = (error: unknown): void => void surfaced.push(error);
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', catcher);
    try {
      const error = new Error('in the listener');
      let heard = false;
      cluster.on('leader', () => {
        throw error;
      });
      cluster.on('leader', () => (heard = true));
      await clock.runUntil(() => cluster.isLeader);
      await clock.settle();
      expect(heard).toBe(true);
      expect(surfaced).toEqual([error]);
    } finally {
      process.off('uncaughtException', catcher);
      for (const listener of others) process.on('uncaughtException', listener);
    }
  });

  it('return their own undo, and do not get what happened before', async () => {
    const { clock, gather } = room();
    const [leader] = (await gather(1)) as [Participant];
    const heard: unknown[] = [];
    const listen = (): void => void heard.push('state');
    const undo = leader.cluster.on('state', listen);
    leader.cluster.on('state', listen);
    await clock.advance(100);
    expect(heard).toEqual([]);
    undo();
    undo();
    await leader.cluster.leave();
    expect(heard).toEqual(['state']);
  });
});
