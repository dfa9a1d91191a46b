import { available, type Cluster, createCluster, type Elector, type LazyElector, quorum } from 'bellwether';
import { memoryNetwork, virtualClock } from 'bellwether/testing';
import { describe, expect, it } from 'vitest';
import { available as availableAtOnce } from '../../src/electors/available.ts';
import { lazyQuorum } from '../../src/electors/lazy-quorum.ts';
import { pathsOf } from '../../src/electors/roles.ts';

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

  it('may be what the application says, as available() is', async () => {
    const cluster = createCluster({ room: 'said', network: memory.network(), elector: available() });
    await available().load();
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
    arrive(quorum());
    await clock.runUntil(() => cluster.isLeader);
    expect(cluster.state).toBe('online');
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

it('voters keep paths to each other, learners to the leader alone, and nobody to the witness', () => {
  const roles = new Map([
    ['a', 'voter'],
    ['b', 'voter'],
    ['c', 'learner'],
    ['w', 'witness'],
  ] as const);
  expect(pathsOf('a', 'a', roles)).toEqual(['b']);
  expect(pathsOf('b', 'a', roles)).toEqual(['a']);
  expect(pathsOf('c', 'a', roles)).toEqual(['a']);
  expect(pathsOf('d', 'a', roles)).toEqual(['a']);
  expect(pathsOf('c', null, roles)).toEqual([]);
});
