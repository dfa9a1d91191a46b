import { available, type Cluster, ClusterError, createCluster, type Talk, talkOver } from 'bellwether';
import { MemoryDisk, type StoragePlace } from 'bellwether/testing';
import { describe, expect, it, vi } from 'vitest';
import { quorumRoom } from '../electors/quorum-room.ts';
import type { Discovery } from '../../src/discovery/discovery.ts';
import { agreed, present, room } from './room.ts';

const states = (participant: { events(name: 'state'): readonly { state: string }[] }) =>
  participant.events('state').map(({ state }) => state);

describe('joining', () => {
  it('happens by itself, and listeners attached in the same turn miss nothing', async () => {
    const { clock, join } = room();
    const alone = join();
    expect(alone.cluster.state).toBe('joining');
    await clock.runUntil(() => alone.cluster.isLeader);
    expect(states(alone)).toEqual(['online']);
    expect(alone.events('discovery')).toEqual([{ discovery: 'online' }]);
    expect(alone.events('leader')).toMatchObject([{ leader: { id: alone.cluster.id, isSelf: true } }]);
  });

  it('ends in doubt where too few are there to elect, and online as soon as somebody leads', async () => {
    const { clock, start } = quorumRoom();
    const alone = start('a').cluster;
    const seen: string[] = [];
    alone.on('state', ({ state }) => seen.push(state));
    await clock.runUntil(() => alone.state === 'online');
    await clock.advance(10_000);
    expect(alone.state).toBe('suspect');
    start('b');
    await clock.runUntil(() => alone.leader !== null);
    expect(seen).toEqual(['online', 'suspect', 'online']);
  });

  it('T1: is seen by the others once it listens to them, though what elects loads late', async () => {
    const { clock, memory, join } = room();
    const network = memory.network({ platform: clock.platform() });
    const order: string[] = [];
    const late = join({
      elector: available(),
      network: {
        ...network,
        open: (options) => {
          const parts = network.open(options);
          const talk = parts.talk as Talk;
          const discovery = parts.discovery as Discovery;
          const start = discovery.start.bind(discovery);
          discovery.start = (self, events) => void (order.push('seen'), start(self, events));
          const Links = new Proxy(talk.Links, {
            construct: (target, given: ConstructorParameters<Talk['Links']>) => (
              order.push('listens'),
              new target(...given)
            ),
          });
          return { ...parts, talk: { ...talk, Links } };
        },
      },
    });
    await vi.waitUntil(() => order.length === 2);
    await clock.runUntil(() => late.cluster.isLeader);
    expect(order).toEqual(['listens', 'seen']);
  });

  it('ends where the runtime refuses to open what the network is made of, as browsers do that block cookies', async () => {
    const { clock, memory, join } = room();
    const cause = new Error('the operation is insecure');
    const network = memory.network({ platform: clock.platform() });
    const refuse = (): never => {
      throw cause;
    };
    const refused = join({
      network: {
        ...network,
        open: (options) => {
          const parts = network.open(options);
          const { transports } = parts.talk as Talk;
          return { ...parts, talk: talkOver(transports.map((one) => Object.assign(one, { start: refuse }))) };
        },
      },
    });
    const ready = refused.cluster.ready();
    await clock.runUntil(() => refused.cluster.state === 'left');
    await expect(ready).rejects.toMatchObject({ code: 'storage-failed', cause });
    expect(refused.events('error')).toMatchObject([{ code: 'storage-failed', cause }]);
  });

  it('is no failure where the cluster is left while its storage is opened and read', async () => {
    const { clock, memory, join } = room();
    const disk = new MemoryDisk();
    let reading = false;
    const place: StoragePlace = {
      async open(owner) {
        const storage = await disk.open(owner);
        let closed = false;
        return {
          write: (batch) => storage.write(batch),
          async load() {
            reading = true;
            await new Promise<void>((resolve) => clock.platform().timers.after(10, resolve));
            if (closed) throw new ClusterError('storage-failed', 'it was closed while it was read');
            return storage.load();
          },
          close() {
            closed = true;
            return storage.close();
          },
        };
      },
    };
    const left = join({ network: memory.network({ id: 'a', storage: place }) });
    await clock.runUntil(() => reading);
    let over = false;
    void left.cluster.leave().then(() => (over = true));
    await clock.runUntil(() => over);
    await clock.advance(100);
    expect(left.events('error')).toEqual([]);
    await (await disk.open('a')).close();
  });

  it('gives every cluster an id of its own', () => {
    const { join } = room();
    const ids = Array.from({ length: 5 }, () => join().cluster.id);
    expect(new Set(ids).size).toBe(5);
  });

  it('ends in one leader whom all name, for two, three and twelve members (A1)', async () => {
    for (const count of [2, 3, 12]) {
      const members = (await room().gather(count)).map(({ cluster }) => cluster);
      expect(members.filter((cluster) => cluster.isLeader)).toHaveLength(1);
      expect(new Set(members.map(({ leader }) => leader?.id)).size).toBe(1);
      expect(new Set(members.map(({ leader }) => leader?.term)).size).toBe(1);
    }
  });

  it('resolves ready when online, at once if it is already', async () => {
    const { clock, join } = room();
    const { cluster } = join();
    const ready = cluster.ready();
    await clock.runUntil(() => cluster.state === 'online');
    await expect(ready).resolves.toBeUndefined();
    await expect(cluster.ready()).resolves.toBeUndefined();
  });

  it('ends only the wait when the signal given to ready aborts', async () => {
    const { clock, join } = room();
    const { cluster } = join();
    const reason = new Error('no time');
    const abort = new AbortController();
    const ready = cluster.ready({ signal: abort.signal });
    abort.abort(reason);
    await expect(ready).rejects.toBe(reason);
    await expect(cluster.ready({ signal: abort.signal })).rejects.toBe(reason);
    await clock.runUntil(() => cluster.isLeader);
  });

  it('stays joining while discovery cannot be reached, says what was tried, and joins once it can', async () => {
    const { clock, memory, join } = room();
    memory.stopDiscovery();
    const member = join();
    await clock.advance(5_000);
    expect(member.cluster.state).toBe('joining');
    expect(member.events('error')).toMatchObject([{ code: 'connect-failed' }]);
    memory.restartDiscovery();
    await clock.runUntil(() => member.cluster.isLeader);
  });

  it('holds the first election back until minMembers are there', async () => {
    const { clock, join } = room();
    const early = [1, 2, 3].map(() => join({ minMembers: 4 }));
    await clock.advance(3_000);
    expect(early.map(({ cluster }) => cluster.leader)).toEqual([null, null, null]);
    expect(early.map(({ cluster }) => cluster.state)).toEqual(['online', 'online', 'online']);
    const all = [...early, join({ minMembers: 4 })].map(({ cluster }) => cluster);
    await clock.runUntil(() => agreed(all));
  });

  it('keeps leader and term when more members come', async () => {
    const { clock, join, gather } = room();
    const [first] = await gather(2);
    const before = first?.cluster.leader;
    const later = [join(), join()].map(({ cluster }) => cluster);
    await clock.runUntil(() => later.every(({ leader }) => leader !== null));
    await clock.advance(5_000);
    expect(first?.cluster.leader).toBe(before);
    expect(later.map(({ leader }) => leader?.id)).toEqual([before?.id, before?.id]);
  });
});

describe('init', () => {
  it('is awaited before the cluster is online and can lead', async () => {
    const { clock, join } = room();
    let done = (): void => {};
    const slow = join({ init: () => new Promise((resolve) => (done = resolve)) });
    await clock.runUntil(() => slow.cluster.state === 'initializing');
    await clock.advance(3_000);
    expect(slow.cluster.leader).toBeNull();
    expect(slow.cluster.isLeader).toBe(false);
    done();
    await clock.runUntil(() => slow.cluster.isLeader);
    expect(states(slow)).toEqual(['initializing', 'online']);
  });

  it('of one member does not hold the others up, and it finds their leader when it is done', async () => {
    const { clock, join } = room();
    let done = (): void => {};
    const slow = join({ init: () => new Promise((resolve) => (done = resolve)) });
    const [first, second] = [join(), join()];
    await clock.runUntil(() => first.cluster.isLeader || second.cluster.isLeader);
    await clock.advance(3_000);
    const { leader } = first.cluster;
    done();
    await clock.runUntil(() => agreed([slow.cluster, first.cluster, second.cluster]));
    expect(slow.cluster.leader).toMatchObject({ id: leader?.id, term: leader?.term });
  });

  it('that throws rejects ready with init-failed and leaves', async () => {
    const { clock, join } = room();
    const cause = new Error('no database');
    const member = join({ init: () => Promise.reject(cause) });
    const ready = member.cluster.ready();
    await clock.runUntil(() => member.cluster.state === 'left');
    await expect(ready).rejects.toMatchObject({ code: 'init-failed', cause });
    await expect(member.cluster.ready()).rejects.toMatchObject({ code: 'init-failed' });
    expect(member.events('error')).toMatchObject([{ code: 'init-failed', cause }]);
  });

  it('that throws is told on the console where nobody listens or waits, and nowhere else', async () => {
    const { clock, memory } = room();
    const told = vi.spyOn(console, 'error').mockReturnValue();
    const failing = async (hear?: (cluster: Cluster) => unknown): Promise<number> => {
      const init = (): never => {
        throw new Error('no database');
      };
      const cluster = createCluster({ room: 'room', network: memory.network(), init });
      hear?.(cluster);
      await clock.runUntil(() => cluster.state === 'left');
      return told.mock.calls.length;
    };
    expect(await failing((cluster) => cluster.on('error', () => {}))).toBe(0);
    expect(await failing((cluster) => cluster.ready())).toBe(0);
    expect(await failing((cluster) => cluster.on('error', () => {})())).toBe(1);
    expect(told.mock.lastCall).toEqual([expect.stringMatching(/no error listener/), expect.any(ClusterError)]);
    told.mockRestore();
  });

  it('is told by its signal when the cluster leaves meanwhile', async () => {
    const { clock, join } = room();
    let signal: AbortSignal | undefined;
    const member = join({
      init: (context) => {
        ({ signal } = context);
        return new Promise(() => {});
      },
    });
    await clock.runUntil(() => signal !== undefined);
    await member.cluster.leave();
    expect(signal?.aborted).toBe(true);
    expect(states(member)).toEqual(['initializing', 'left']);
  });
});

describe('leaving', () => {
  it('lets the next one lead after one trip, without a timeout', async () => {
    const { clock, gather } = room();
    const [leader, ...others] = await gather(3);
    await clock.advance(1_000);
    const leftMs = clock.nowMs();
    void leader?.cluster.leave();
    await clock.runUntil(() => agreed(others.map(({ cluster }) => cluster)));
    expect(clock.nowMs() - leftMs).toBeLessThanOrEqual(15);
    await clock.runUntil(() => others.every(({ cluster }) => cluster.members.size === 2));
    expect(clock.nowMs() - leftMs).toBeLessThanOrEqual(15);
  });

  it('never rejects, and is the same promise each time', async () => {
    const { gather } = room();
    const [leader] = await gather(2);
    const leaving = leader?.cluster.leave();
    expect(leader?.cluster.leave()).toBe(leaving);
    await leaving;
    expect(leader?.cluster).toMatchObject({ state: 'left', leader: null, isLeader: false });
    expect(leader?.events('leader').at(-1)).toEqual({ leader: null, term: null });
  });

  it('refuses everything afterwards with left, and settles what waits', async () => {
    const { gather } = room();
    const [member] = await gather(1);
    const cluster = present(member?.cluster);
    const work = cluster.whileLeader(() => {});
    await cluster.leave();
    await work;
    await cluster.whileLeader(() => expect.fail());
    await expect(cluster.ready()).rejects.toMatchObject({ code: 'left' });
    await expect(cluster.transfer()).rejects.toMatchObject({ code: 'left' });
    await expect(cluster.channel('a').send('somebody', 1)).rejects.toMatchObject({ code: 'left' });
    for (const call of [() => cluster.publish(1), () => cluster.setInfo(1), () => cluster.setPriority(1)]) {
      expect(call).toThrow(ClusterError);
    }
  });

  it('happens when the signal aborts, before the start as well', async () => {
    const { clock, join, memory } = room();
    const abort = new AbortController();
    const member = join({ signal: abort.signal });
    await clock.runUntil(() => member.cluster.isLeader);
    abort.abort();
    expect(member.cluster.state).toBe('left');
    const never = createCluster({ room: 'room', network: memory.network(), signal: AbortSignal.abort() });
    await clock.settle();
    expect(never.state).toBe('left');
  });

  it('in the turn in which it was made leaves no trace, and the next one joins (as under StrictMode)', async () => {
    const { clock, join } = room();
    const first = join();
    const left = first.cluster.leave();
    const second = join();
    await left;
    await clock.runUntil(() => second.cluster.isLeader);
    await clock.advance(1_000);
    expect(second.cluster.members.size).toBe(1);
    expect(states(first)).toEqual(['left']);
  });

  it('on request holds an exit signal back until it has left', async () => {
    const { clock, join } = room();
    const [heeding, deaf] = [join({ exitSignals: true }), join()];
    await clock.runUntil(() => agreed([heeding.cluster, deaf.cluster]));
    await Promise.all([heeding.platform.exit(), deaf.platform.exit()]);
    expect(heeding.cluster.state).toBe('left');
    expect(deaf.cluster.state).toBe('online');
  });

  it('is what await using does at the end', async () => {
    const { gather } = room();
    const [member] = await gather(1);
    await member?.cluster[Symbol.asyncDispose]();
    expect(member?.cluster.state).toBe('left');
  });
});
