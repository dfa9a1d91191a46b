import {
  available,
  type Cluster,
  createCluster,
  type Elector,
  type LazyElector,
  type Network,
  quorum,
  type Talk,
} from 'bellwether';
import { memoryNetwork, virtualClock } from 'bellwether/testing';
import { describe, expect, it } from 'vitest';
import { available as availableAtOnce } from '../../src/electors/available.ts';
import { defaultLimits } from '../../src/core/quorum/limits.ts';
import { lazyQuorum } from '../../src/electors/lazy-quorum.ts';
import type { Discovery } from '../../src/discovery/discovery.ts';
import type { Pledge } from '../../src/protocol/standing.ts';

const clock = virtualClock();
const memory = memoryNetwork({ clock, delayMs: 5 });

function join(elector: LazyElector, room: string): Cluster {
  return createCluster({ room, network: { ...memory.network(), elector } });
}

describe('an elector whose code is loaded while the room is sought', () => {
  it('asks for the same of a room as the one that is there at once', () => {
    expect(lazyQuorum().charter).toEqual(quorum().charter);
    expect(available().charter).toEqual(availableAtOnce().charter);
  });

  it('has leases as long as its core has by itself', () => {
    const { minLeaseMs, maxLeaseMs } = defaultLimits;
    expect(lazyQuorum().charter.quorum).toMatchObject({ minLeaseMs, maxLeaseMs });
  });

  it('may be what the application says, as available() is', async () => {
    const cluster = createCluster({ room: 'said', network: memory.network(), elector: available() });
    await available().load(clock.platform(), 'said');
    await clock.runUntil(() => cluster.isLeader);
    expect(cluster.leaseMs).toBe(null);
    await cluster.leave();
  });

  it('lets the member be online, and elect, once it is there', async () => {
    let arrive: (elector: Elector) => void = () => {};
    const load = (): Promise<Elector> => new Promise((resolve) => (arrive = resolve));
    const cluster = join({ ...lazyQuorum(), load }, 'waiting');
    await clock.advance(5_000);
    expect([cluster.state, cluster.members.size, cluster.leader]).toEqual(['joining', 1, null]);
    expect(cluster.members.get(cluster.id)?.role, 'nobody votes before the election says so').toBe('learner');
    arrive(quorum());
    await clock.runUntil(() => cluster.isLeader);
    expect(cluster.state).toBe('online');
    expect(cluster.members.get(cluster.id)?.role).toBe('voter');
    await cluster.leave();
  });

  it('ends the cluster, saying why, where it cannot be loaded', async () => {
    const cause = new Error('offline');
    const cluster = join({ ...lazyQuorum(), load: () => Promise.reject(cause) }, 'failing');
    const ready = cluster.ready().catch((error: unknown) => error);
    await clock.runUntil(() => cluster.state === 'left');
    expect(await ready).toMatchObject({ code: 'connect-failed', cause });
  });

  it('is not loaded by a cluster that takes another one', async () => {
    let loads = 0;
    const load = async (): Promise<Elector> => (loads++, quorum());
    const network = { ...memory.network(), elector: { ...lazyQuorum(), load } };
    const cluster = createCluster({ room: 'another', network, elector: quorum({ maxVoters: 3 }) });
    await clock.runUntil(() => cluster.isLeader);
    expect(loads).toBe(0);
    await cluster.leave();
  });
});

describe('what members say to each other, loaded while the room is sought', () => {
  /** A network that is there at once, but for how to talk, which comes by `load`. */
  const talkingBy = (load: (talk: Talk) => Promise<Talk>): Network => {
    const network = memory.network();
    return {
      ...network,
      open: (context) => {
        const parts = network.open(context);
        return { ...parts, talk: { load: () => load(parts.talk as Talk) } };
      },
    };
  };

  it('lets the room show once it is there, with all that happened meanwhile', async () => {
    const first = createCluster({ room: 'talking', network: memory.network() });
    await clock.runUntil(() => first.isLeader);
    let arrive: () => void = () => {};
    const network = talkingBy((talk) => new Promise((resolve) => (arrive = () => resolve(talk))));
    const cluster = createCluster({ room: 'talking', network });
    await clock.advance(1_000);
    const third = createCluster({ room: 'talking', network: memory.network() });
    await clock.runUntil(() => first.members.size === 3);
    expect([cluster.state, cluster.discovery, cluster.members.size]).toEqual(['joining', 'online', 1]);
    arrive();
    await clock.runUntil(() => cluster.leader?.id === first.id && cluster.members.size === 3);
    expect(cluster.state).toBe('online');
    await Promise.all([first, cluster, third].map((one) => one.leave()));
  });

  it('ends the cluster, saying why, where it cannot be loaded', async () => {
    const cause = new Error('offline');
    const cluster = createCluster({ room: 'mute', network: talkingBy(() => Promise.reject(cause)) });
    const ready = cluster.ready().catch((error: unknown) => error);
    await clock.runUntil(() => cluster.state === 'left');
    const message = expect.stringContaining('a service worker needs all in one file');
    expect(await ready).toMatchObject({ code: 'connect-failed', cause, message });
  });

  it('says goodbye, and no more, where the cluster is left before it is there', async () => {
    const other = createCluster({ room: 'brief', network: memory.network() });
    await clock.runUntil(() => other.isLeader);
    let arrive: () => void = () => {};
    const network = talkingBy((talk) => new Promise((resolve) => (arrive = () => resolve(talk))));
    const cluster = createCluster({ room: 'brief', network });
    await clock.runUntil(() => other.members.size === 2);
    await cluster.leave();
    arrive();
    await clock.runUntil(() => other.members.size === 1);
    expect([cluster.state, cluster.members.size]).toEqual(['left', 1]);
    await other.leave();
  });
});

describe('a discovery whose code is loaded', () => {
  function late(room: string): { readonly cluster: Cluster; readonly order: string[]; arrive(): void } {
    const network = memory.network();
    const order: string[] = [];
    let arrive: () => void = () => {};
    const open: Network['open'] = (context) => {
      const parts = network.open(context);
      const discovery = parts.discovery as Discovery;
      const watched: Discovery = {
        start: (self, events) => void (order.push(`looks as ${String(self.info)}`), discovery.start(self, events)),
        setInfo: (info) => discovery.setInfo(info),
        leave: () => void (order.push('leaves'), discovery.leave()),
        abandon: () => discovery.abandon(),
      };
      return { ...parts, discovery: { load: () => new Promise((resolve) => (arrive = () => resolve(watched))) } };
    };
    const cluster = createCluster({ room, info: 'Ada', network: { ...network, open } });
    return { cluster, order, arrive: () => arrive() };
  }

  it('looks for the room once it is there, for the member as it is then', async () => {
    const { cluster, order, arrive } = late('sought');
    let told = 0;
    cluster.on('members', () => told++);
    await clock.advance(1_000);
    const before = cluster.members;
    expect([cluster.state, cluster.discovery, before.size, cluster.foundsInMs]).toEqual([
      'joining',
      'connecting',
      1,
      null,
    ]);
    expect(cluster.members, 'the same object until something changes').toBe(before);
    cluster.setInfo('Grace');
    expect(told).toBe(1);
    expect(cluster.members.get(cluster.id)).toMatchObject({ info: 'Grace', path: 'self', isSelf: true, role: 'voter' });
    arrive();
    await clock.runUntil(() => cluster.isLeader);
    expect([order, cluster.leader?.info]).toEqual([['looks as Grace'], 'Grace']);
    await cluster.leave();
    expect(order).toEqual(['looks as Grace', 'leaves']);
  });

  it('says nothing where the cluster is left before', async () => {
    const { cluster, order, arrive } = late('left');
    await clock.advance(10);
    await expect(cluster.channel('a').send('nobody', 1)).rejects.toMatchObject({ code: 'unknown-peer' });
    await cluster.channel('a').broadcast(1);
    await cluster.leave();
    arrive();
    await clock.advance(1_000);
    expect([order, cluster.state]).toEqual([[], 'left']);
    await expect(cluster.channel('a').broadcast(1)).rejects.toMatchObject({ code: 'left' });
  });
});

it('who leaves before anything was elected gives up what it never had, where the room has epochs', async () => {
  for (const [elector, said] of [
    [lazyQuorum(), { epoch: 0, standing: { lastIndex: 0, lastTerm: 0, configuration: [], promisedMs: 0 } }],
    [available(), undefined],
  ] as const) {
    const pledges: unknown[] = [];
    const network = memory.network();
    const open: Network['open'] = (context) => {
      const { discovery, ...parts } = network.open(context);
      const leave = (pledge?: Pledge): void => void pledges.push(pledge);
      return { ...parts, discovery: Object.assign(discovery, { leave }) };
    };
    const cluster = createCluster({ room: 'epochs', network: { ...network, open }, elector });
    await Promise.resolve();
    await cluster.leave();
    expect(pledges).toEqual([said]);
  }
});
