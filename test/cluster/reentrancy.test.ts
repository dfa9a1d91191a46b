import { createCluster, type Cluster, type ClusterEvents } from 'bellwether';
import { describe, expect, it } from 'vitest';
import { present, room } from './room.ts';

describe('a listener', () => {
  it('hears events in the order in which things happened, also when another one causes the next', async () => {
    const { clock, join } = room();
    const { cluster } = join();
    const heard: (string | null)[] = [];
    cluster.on('leader', ({ leader }) => void (leader && cluster.leave()));
    cluster.on('leader', ({ leader }) => void heard.push(leader?.id ?? null));
    await clock.runUntil(() => cluster.state === 'left');
    expect(heard).toEqual([cluster.id, null]);
  });

  it('that was taken back within an event is not called by that event any more', async () => {
    const { clock, join } = room();
    const { cluster } = join();
    const undos: (() => void)[] = [];
    let calls = 0;
    cluster.on('state', () => undos.forEach((undo) => undo()));
    undos.push(cluster.on('state', () => calls++));
    await clock.runUntil(() => cluster.isLeader);
    expect(calls).toBe(0);
  });

  it('that is attached within a message hears the next one first', async () => {
    const { clock, gather } = room();
    const [first, second] = (await gather(2)).map(({ cluster }) => cluster) as [Cluster, Cluster];
    const heard: unknown[] = [];
    const inbox = second.channel('a');
    const again = (value: unknown): void => {
      heard.push(value);
      if (heard.length < 10) inbox.on(again);
    };
    inbox.on(again);
    await first.channel('a').send(second.id, 1);
    await clock.runUntil(() => heard.length > 0);
    expect(heard).toEqual([1]);
  });

  it('that is no function, or for an event that does not exist, is refused at once', () => {
    const { cluster } = room().join();
    expect(() => cluster.on('leader', undefined as never)).toThrow(TypeError);
    expect(() => cluster.on('laeder' as never, () => {})).toThrow('"laeder"; did you mean "leader"?');
    expect(() => cluster.on('*' as never, () => {})).toThrow(TypeError);
    expect(() => cluster.subscribe(null as never)).toThrow(TypeError);
    expect(() => cluster.channel('a').on(7 as never)).toThrow(TypeError);
  });
});

describe('leave called within', () => {
  const names = ['leader', 'members', 'state', 'discovery'] as const;

  it('any event ends everything: `left` is the last that is heard', async () => {
    for (const name of names) {
      const { clock, join } = room();
      const other = join();
      await clock.runUntil(() => other.cluster.isLeader);
      const { cluster } = join();
      const heard: (keyof ClusterEvents)[] = [];
      cluster.on(name, () => void cluster.leave());
      for (const each of names) cluster.on(each, () => void heard.push(each));
      await clock.runUntil(() => cluster.state === 'left');
      await clock.advance(2_000);
      expect(heard.at(-1), name).toBe('state');
      expect(heard.filter((each) => each === 'state').length, name).toBeLessThanOrEqual(2);
      expect(other.cluster.members.size).toBe(1);
    }
  });

  it('itself is the same leaving: by the signals of work and init, and by the state', async () => {
    const { clock, gather } = room();
    let init: AbortSignal | undefined;
    const [leader] = await gather(1, { init: ({ signal }) => void (init = signal) });
    const { cluster } = present(leader);
    const inner: Promise<void>[] = [];
    const leaveAgain = (): void => void inner.push(cluster.leave());
    void cluster.whileLeader(({ signal }) => signal.addEventListener('abort', leaveAgain));
    await clock.settle();
    init?.addEventListener('abort', leaveAgain);
    cluster.on('state', leaveAgain);
    const outer = cluster.leave();
    await outer;
    expect(inner).toHaveLength(3);
    expect(inner.every((promise) => promise === outer)).toBe(true);
  });

  it('the state `initializing` keeps init from running', async () => {
    const { clock, join } = room();
    let runs = 0;
    const { cluster } = join({ init: () => void runs++ });
    cluster.on('state', () => void cluster.leave());
    await clock.runUntil(() => cluster.state === 'left');
    await clock.advance(100);
    expect(runs).toBe(0);
  });
});

describe('leaving while the work flushes', () => {
  it('settles at once when the page goes', async () => {
    const { clock, gather } = room();
    const [leader] = await gather(2, { handoverMs: 60_000 });
    const { cluster, platform } = present(leader);
    void cluster.whileLeader(() => new Promise(() => {}));
    await clock.settle();
    let settled = false;
    void cluster.leave().then(() => (settled = true));
    await clock.advance(100);
    expect(settled).toBe(false);
    platform.hide();
    await clock.settle();
    expect({ settled, state: cluster.state }).toEqual({ settled: true, state: 'left' });
  });

  it('begins no work any more, whatever becomes of a transfer that was under way', async () => {
    const { clock, memory, gather } = room({ graceMs: 100_000 });
    const [leader, other] = await gather(2, { handoverMs: 10_000 });
    const { cluster } = present(leader);
    let runs = 0;
    void cluster.whileLeader(() => {
      runs++;
      return new Promise(() => {});
    });
    await clock.settle();
    const transfer = cluster.transfer();
    memory.crash(present(other).cluster.id);
    await clock.advance(9_000);
    void cluster.leave();
    await clock.runUntil(() => cluster.state === 'left');
    await clock.settle();
    await transfer.catch(() => {});
    expect(runs).toBe(1);
  });
});

describe('what is given to a cluster', () => {
  it('as info is kept as a copy: later changes of it change nothing', async () => {
    const { clock, join } = room();
    const info = { name: 'Ada' };
    const [first, second] = [join({ info }), join()];
    info.name = 'Eve';
    await clock.runUntil(() => second.cluster.members.size === 2);
    expect(first.cluster.members.get(first.cluster.id)?.info).toEqual({ name: 'Ada' });
    const next = { name: 'Grace' };
    first.cluster.setInfo(next);
    next.name = 'Eve';
    await clock.advance(1_000);
    expect(first.cluster.members.get(first.cluster.id)?.info).toEqual({ name: 'Grace' });
    expect(second.cluster.members.get(first.cluster.id)?.info).toEqual({ name: 'Grace' });
  });

  it('as a signal must be one', async () => {
    const { cluster } = room().join();
    expect(() => cluster.whileLeader(() => {}, { signal: {} as never })).toThrow(TypeError);
    expect(() => cluster.ready({ signal: 5 as never })).toThrow(TypeError);
    await cluster.leave();
  });

  it('ends a wait whenever it aborts, also between two states', async () => {
    const { clock, join } = room();
    const { cluster } = join({ init: () => new Promise(() => {}) });
    const abort = new AbortController();
    const reason = new Error('no time');
    let failure: unknown;
    const ready = cluster.ready({ signal: abort.signal }).catch((error: unknown) => (failure = error));
    // After the wait has heard of it, and before it looks what it is.
    cluster.on('state', () => abort.abort(reason));
    await clock.runUntil(() => cluster.state === 'initializing');
    await clock.settle();
    expect(failure).toBe(reason);
    await ready;
  });
});

describe('a thousand clusters', () => {
  it('made and left in one turn leave nothing behind, not even on a signal they share', async () => {
    const { clock, memory } = room();
    let listeners = 0;
    const abort = new AbortController();
    const { addEventListener, removeEventListener } = abort.signal;
    abort.signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(abort.signal, args);
    };
    abort.signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(abort.signal, args);
    };
    for (let count = 0; count < 1_000; count++) {
      const cluster = createCluster({ room: 'room', network: memory.network(), signal: abort.signal });
      if (count % 2) await Promise.resolve();
      void cluster.leave();
      expect(cluster.state).toBe('left');
    }
    await clock.advance(1_000);
    expect(listeners).toBe(0);
  });

  it('that left reject broadcasts, with or without anyone to hear them', async () => {
    const [first] = await room().gather(1);
    const cluster = present(first).cluster;
    await cluster.leave();
    await expect(cluster.channel('a').broadcast(1)).rejects.toMatchObject({ code: 'left' });
  });
});
