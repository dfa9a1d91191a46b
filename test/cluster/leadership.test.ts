import { available, ClusterError, type Cluster, createCluster, type Lead, quorum } from 'bellwether';
import { describe, expect, it, vi } from 'vitest';
import { textsOf } from '../links/at-limit.ts';
import { type Participant, agreed, present, room } from './room.ts';

const clusters = (members: readonly Participant[]): readonly Cluster[] => members.map(({ cluster }) => cluster);

/** Work that goes on until it is told to stop. */
function untilAborted({ signal }: Lead): Promise<void> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

describe('a leader that is lost', () => {
  it('to a crash that discovery saw is replaced at once, and to a silent one a little later', async () => {
    const took: number[] = [];
    for (const hint of [true, false]) {
      const { clock, memory, gather } = room();
      const [leader, ...others] = await gather(3);
      await clock.advance(3_000);
      const crashedMs = clock.nowMs();
      memory.crash(leader?.cluster.id ?? '', { hint });
      await clock.runUntil(() => agreed(clusters(others)));
      took.push(clock.nowMs() - crashedMs);
      const term = others[0]?.cluster.leader?.term ?? 0;
      expect(term).toBeGreaterThan(1);
    }
    const [hinted, silent] = took as [number, number];
    expect(hinted).toBeLessThan(silent);
    expect(silent).toBeLessThan(5_000);
  });

  it('stays a member that does not answer until discovery gives it up (D1)', async () => {
    const { clock, memory, gather } = room({ graceMs: 20_000 });
    const [leader, other] = await gather(2);
    const lost = leader?.cluster.id ?? '';
    memory.crash(lost);
    await clock.runUntil(() => other?.cluster.isLeader === true);
    expect(other?.cluster.members.get(lost)).toMatchObject({ reachable: false, isLeader: false });
    await clock.runUntil(() => other?.cluster.members.size === 1);
  });

  it('shows as suspect until the next one is known', async () => {
    const { clock, memory, gather } = room();
    const [leader, ...others] = await gather(3);
    memory.crash(leader?.cluster.id ?? '');
    await clock.runUntil(() => agreed(clusters(others)));
    for (const other of others) {
      const after = other.events('leader').slice(1);
      expect(other.cluster.state).toBe('online');
      // Whoever was told of a loss was suspect meanwhile.
      const losses = after.filter((event) => event.leader === null).length;
      expect(other.events('state').filter(({ state }) => state === 'suspect')).toHaveLength(losses);
    }
  });

  it('after a pause knows it at the first read, and its work is told (F1)', async () => {
    const { clock, memory, gather } = room();
    const [leader, ...others] = await gather(3);
    const frozen = present(leader?.cluster);
    let lead: Lead | undefined;
    void frozen.whileLeader((now) => {
      lead = now;
      return untilAborted(now);
    });
    await clock.runUntil(() => lead !== undefined);
    lead?.check();
    memory.freeze(frozen.id);
    await clock.runUntil(() => agreed(clusters(others)));
    expect(frozen.isLeader).toBe(false);
    expect(() => lead?.check()).toThrow(expect.objectContaining({ code: 'not-leader' }));
    expect(frozen.snapshot().isLeader).toBe(false);
    memory.thaw(frozen.id);
    await clock.runUntil(() => lead?.signal.aborted === true);
    await clock.runUntil(() => agreed(clusters([present(leader), ...others])));
    expect(leader?.events('error')).toEqual([]);
  });
});

describe('groups that were cut apart', () => {
  it('have a leader each, and one of them and a conflict event each after healing (A1, A2)', async () => {
    const { clock, memory, gather } = room();
    const all = await gather(4);
    const ids = all.map(({ cluster }) => cluster.id);
    all[0]?.cluster.publish('before');
    await clock.advance(1_000);
    const [left, right] = [all.slice(0, 2), all.slice(2)];
    memory.partition(ids.slice(0, 2), ids.slice(2));
    await clock.runUntil(() => agreed(clusters(left)) && agreed(clusters(right)));
    expect(right[0]?.cluster.members.get(ids[0] ?? '')).toMatchObject({ reachable: false });
    right.find(({ cluster }) => cluster.isLeader)?.cluster.publish('apart');
    await clock.advance(1_000);
    memory.heal();
    await clock.runUntil(() => agreed(clusters(all)) && all.every((member) => member.events('conflict').length > 0));
    await clock.advance(2_000);
    const conflicts = all.map((member) => member.events('conflict'));
    expect(conflicts.map(({ length }) => length)).toEqual([1, 1, 1, 1]);
    const conflict = present(conflicts[0]?.[0]);
    expect(conflict.winner.id).toBe(all[0]?.cluster.leader?.id);
    expect(['before', 'apart']).toContain(conflict.loser.published);
    expect(conflicts.every(([one]) => JSON.stringify(one) === JSON.stringify(conflict))).toBe(true);
  });
});

describe('priority', () => {
  it('makes the higher one lead, also when it is raised later', async () => {
    const { clock, join } = room();
    const all = clusters([join(), join({ priority: 5 }), join()]);
    const [, preferred, plain] = all;
    await clock.runUntil(() => agreed(all) && preferred?.isLeader === true);
    plain?.setPriority(9);
    await clock.runUntil(() => agreed(all) && plain?.isLeader === true);
    expect(preferred?.isLeader).toBe(false);
  });
});

describe('transfer', () => {
  it('hands over to the one that is named, or to the first in line, and settles when it leads no more', async () => {
    const { clock, gather } = room();
    const all = clusters(await gather(3));
    const target = present(all.find((cluster) => !cluster.isLeader));
    const before = present(all.find((cluster) => cluster.isLeader));
    await before.transfer(target.id);
    expect(before.isLeader).toBe(false);
    await clock.runUntil(() => target.isLeader && agreed(all));
    await target.transfer();
    await clock.runUntil(() => agreed(all) && !target.isLeader);
    expect(target.leader?.term).toBeGreaterThan(2);
  });

  it.each([
    ['quorum', quorum()],
    ['available', available()],
  ])('takes nobody out of reach, so that what the next leader says at once reaches all (%s)', async (_, elector) => {
    const { clock, gather } = room();
    const all = (await gather(4, { elector })).map(({ cluster }) => cluster);
    await clock.advance(5_000); // all vote
    const missed: string[] = [];
    for (const cluster of all) {
      cluster.on('members', ({ members }) => {
        for (const { id, reachable } of members.values()) if (!reachable) missed.push(`${id} by ${cluster.id}`);
      });
    }
    const [leader, next] = all as [Cluster, Cluster];
    await leader.transfer(next.id);
    await clock.runUntil(() => next.isLeader);
    await clock.advance(3_000);
    expect(missed).toEqual([]);
  });

  it('is refused to members that do not lead, with not-leader', async () => {
    const [, follower] = clusters(await room().gather(2));
    await expect(follower?.transfer()).rejects.toMatchObject({ code: 'not-leader' });
  });

  it('is refused with unknown-peer or no-successor where nobody can take it, and the work goes on', async () => {
    const { clock, gather } = room();
    const [alone] = clusters(await gather(1));
    const signals: AbortSignal[] = [];
    void alone?.whileLeader((lead) => {
      signals.push(lead.signal);
      return untilAborted(lead);
    });
    await clock.settle();
    await expect(alone?.transfer()).rejects.toMatchObject({ code: 'no-successor' });
    await expect(alone?.transfer(alone.id)).rejects.toMatchObject({ code: 'no-successor' });
    await expect(alone?.transfer('nobody')).rejects.toMatchObject({ code: 'unknown-peer' });
    expect(() => alone?.transfer('not an id')).toThrow(TypeError);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });

  it('in the moment in which a follower names its leader waits until that follower is in line', async () => {
    const { clock, join } = room();
    const all = [join(), join()].map(({ cluster }) => cluster) as [Cluster, Cluster];
    await clock.runUntil(() => all.every(({ leader }) => leader !== null && leader.id === all[0].leader?.id));
    const [leader, follower] = all[0].isLeader ? all : [all[1], all[0]];
    let failure: unknown;
    leader.transfer(follower.id).catch((error: unknown) => (failure = error));
    await clock.runUntil(() => follower.isLeader || failure !== undefined);
    expect(failure).toBeUndefined();
  });

  it('to a member that answers no more ends with no-successor within handoverMs, its work untouched', async () => {
    const { clock, memory, gather } = room({ graceMs: 60_000 });
    const [leader, other] = clusters(await gather(2, { handoverMs: 500 }));
    let lead: Lead | undefined;
    void leader?.whileLeader((now) => void (lead = now));
    memory.crash(other?.id ?? '', { hint: false });
    await clock.runUntil(() => leader?.members.get(other?.id ?? '')?.reachable === false);
    let failure: unknown;
    leader?.transfer(other?.id).catch((error: unknown) => (failure = error));
    await clock.advance(520);
    expect(failure).toMatchObject({ code: 'no-successor' });
    expect(lead?.signal.aborted).toBe(false);
  });

  it('waits for the work to flush while this member still leads', async () => {
    const { clock, gather } = room();
    const [{ cluster: leader, platform }, { cluster: other }] = (await gather(2)) as [Participant, Participant];
    const flushed: boolean[] = [];
    void leader.whileLeader(async (lead) => {
      await untilAborted(lead).catch(() => {});
      await new Promise<void>((resolve) => platform.timers.after(200, resolve));
      lead.check();
      leader.publish('flushed');
      flushed.push(leader.isLeader);
    });
    await clock.settle();
    void leader.transfer();
    await clock.runUntil(() => other.isLeader);
    expect(flushed).toEqual([true]);
    expect(other.published).toBe('flushed');
  });

  it('waits no longer than handoverMs for work that does not heed its signal', async () => {
    const { clock, gather } = room();
    const [leader, other] = clusters(await gather(2, { handoverMs: 300 }));
    void leader?.whileLeader(() => new Promise(() => {}));
    await clock.settle();
    const startedMs = clock.nowMs();
    void leader?.transfer();
    await clock.advance(299);
    expect(leader?.isLeader).toBe(true);
    await clock.runUntil(() => other?.isLeader === true);
    expect(clock.nowMs() - startedMs).toBeGreaterThanOrEqual(300);
  });

  it('leaves the elector usable: who resigned can lead again, fifty times over', async () => {
    const { clock, gather } = room();
    const all = clusters(await gather(2));
    const leads: { readonly id: string; readonly term: number }[] = [];
    const running = new Set<string>();
    for (const cluster of all) {
      void cluster.whileLeader(async (lead) => {
        running.add(cluster.id);
        leads.push({ id: cluster.id, term: lead.term });
        await untilAborted(lead).finally(() => running.delete(cluster.id));
      });
    }
    for (let round = 1; round <= 50; round++) {
      await clock.runUntil(() => agreed(all) && leads.length === round && running.size === 1);
      await all.find((cluster) => cluster.isLeader)?.transfer();
    }
    await clock.runUntil(() => leads.length === 51);
    const terms = leads.map(({ term }) => term);
    expect(new Set(terms).size).toBe(51);
    expect(terms).toEqual(terms.toSorted((one, other) => one - other));
    expect(leads.every(({ id }, at) => id !== leads[at + 1]?.id)).toBe(true);
  });
});

describe('whileLeader', () => {
  it('runs once per term, however often leadership events come by', async () => {
    const { clock, join, gather } = room();
    const [leader] = clusters(await gather(2));
    const terms: number[] = [];
    void leader?.whileLeader(({ term }) => void terms.push(term));
    join();
    await clock.advance(5_000);
    expect(terms).toEqual([leader?.leader?.term]);
  });

  it('runs nowhere but on the leader, and several at once there', async () => {
    const { clock, gather } = room();
    const all = clusters(await gather(3));
    const ran: string[] = [];
    for (const cluster of all) {
      void cluster.whileLeader(() => void ran.push(`${cluster.id} one`));
      void cluster.whileLeader(() => void ran.push(`${cluster.id} two`));
    }
    await clock.advance(1_000);
    const id = all[0]?.leader?.id;
    expect(ran).toEqual([`${id} one`, `${id} two`]);
  });

  it('begins when everybody has heard who leads, and finds this member online among those who are there', async () => {
    const { clock, join } = room();
    const [leader, heir] = [join(), join()];
    await clock.runUntil(() => leader.cluster.isLeader && heir.cluster.leader?.id === leader.cluster.id);
    const heard: string[] = [];
    const found = new Promise<unknown>((resolve) => {
      const { cluster } = heir;
      cluster.on('leader', ({ leader: now }) => now?.isSelf && heard.push('leader'));
      void cluster.whileLeader(({ check }) => {
        heard.push('work');
        check();
        const { state, isLeader, members } = cluster;
        const [led] = [...members.values()].flatMap(({ id, isLeader: leads }) => (leads ? [id] : []));
        resolve({ state, isLeader, led, isThere: members.get(leader.cluster.id)?.reachable ?? false });
      });
    });
    void leader.cluster.leave();
    await clock.runUntil(() => heir.cluster.isLeader);
    expect(heard).toEqual(['leader', 'work']);
    expect(await found).toEqual({ state: 'online', isLeader: true, led: heir.cluster.id, isThere: false });
  });

  it('returns before the work begins, also where this member leads already, or is asked within other work', async () => {
    const { clock, gather } = room();
    const [leader] = clusters(await gather(1));
    const ran: string[] = [];
    const work = (name: string) => (): void => {
      ran.push(name);
      if (name !== 'outer') return;
      void leader?.whileLeader(work('inner'));
      ran.push('outer goes on');
    };
    void leader?.whileLeader(work('outer'));
    ran.push('asked');
    await clock.settle();
    expect(ran).toEqual(['asked', 'outer', 'outer goes on', 'inner']);
  });

  it('begins no other work that waits when the first leaves at once, and leaving waits for that one', async () => {
    const { clock, join } = room();
    const { cluster } = join({ handoverMs: 60_000 });
    const ran: string[] = [];
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => (finish = resolve));
    void cluster.whileLeader(() => {
      ran.push('first');
      void cluster.leave();
      return finished;
    });
    void cluster.whileLeader(() => void ran.push('second'));
    await clock.runUntil(() => ran.length > 0);
    await clock.advance(1_000);
    expect([cluster.state, cluster.isLeader, ran]).toEqual(['online', true, ['first']]);
    finish();
    await clock.runUntil(() => cluster.state === 'left');
    expect(ran).toEqual(['first']);
  });

  it('settles when its signal aborts, and stops the work with that reason', async () => {
    const { clock, gather } = room();
    const [leader] = await gather(1);
    const abort = new AbortController();
    let stopped: unknown;
    const over = leader?.cluster.whileLeader(
      (lead) => untilAborted(lead).catch((reason: unknown) => void (stopped = reason)),
      { signal: abort.signal },
    );
    await clock.settle();
    const reason = new Error('enough');
    abort.abort(reason);
    await over;
    await clock.settle();
    expect(stopped).toBe(reason);
    expect(leader?.cluster.isLeader).toBe(true);
    await leader?.cluster.whileLeader(() => expect.fail(), { signal: abort.signal });
  });

  it('takes a rejection with the reason of the signal, an AbortError or check for what it is: no failure', async () => {
    const { clock, gather } = room();
    const [leader] = await gather(2);
    void leader?.cluster.whileLeader(untilAborted);
    void leader?.cluster.whileLeader((lead) =>
      untilAborted(lead).catch(() => Promise.reject(new DOMException('stopped', 'AbortError'))),
    );
    void leader?.cluster.whileLeader((lead) => untilAborted(lead).catch(() => Promise.reject(new ClusterError('not-leader', '')))); // prettier-ignore
    await clock.settle();
    await leader?.cluster.transfer();
    await clock.advance(3_000);
    expect(leader?.events('error')).toEqual([]);
  });

  it('that throws is told on the console where nobody listens, and nowhere else', async () => {
    const { clock, memory } = room();
    const told = vi.spyOn(console, 'error').mockReturnValue();
    const fail = (): never => {
      throw new Error('no database');
    };
    const failing = async (hear?: (cluster: Cluster) => unknown): Promise<number> => {
      const cluster = createCluster({ room: 'alone', network: memory.network() });
      hear?.(cluster);
      void cluster.whileLeader(fail);
      await clock.runUntil(() => cluster.isLeader);
      await clock.advance(100);
      await cluster.leave();
      return told.mock.calls.length;
    };
    expect(await failing((cluster) => cluster.on('error', () => {}))).toBe(0);
    expect(await failing()).toBe(1);
    expect(told.mock.lastCall).toEqual([
      expect.stringMatching(/no error listener/),
      expect.objectContaining({ code: 'work-failed' }),
    ]);
    told.mockRestore();
  });

  it('that throws reports work-failed, and another member leads', async () => {
    const { clock, gather } = room();
    const [leader, other] = await gather(2);
    const cause = new Error('disk full');
    void leader?.cluster.whileLeader(() => Promise.reject(cause));
    await clock.runUntil(() => other?.cluster.isLeader === true);
    expect(leader?.events('error')).toMatchObject([{ code: 'work-failed', cause }]);
  });

  it('that throws where nobody else can lead is tried again, later each time', async () => {
    const { clock, gather } = room();
    const [alone] = await gather(1);
    const startedMs: number[] = [];
    void alone?.cluster.whileLeader(() => {
      startedMs.push(clock.nowMs());
      throw new Error('not yet');
    });
    await clock.advance(8_000);
    const gaps = startedMs.slice(1).map((at, index) => at - (startedMs[index] ?? 0));
    expect(gaps).toEqual([1_000, 2_000, 4_000]);
    expect(alone?.cluster.isLeader).toBe(true);
    expect(alone?.events('error')).toHaveLength(4);
  });

  it('tells the work when leadership moves to another member', async () => {
    const { clock, join, gather } = room();
    const [leader] = await gather(1);
    let lead: Lead | undefined;
    void leader?.cluster.whileLeader((now) => {
      lead = now;
    });
    await clock.settle();
    const preferred = join({ priority: 3 });
    await clock.runUntil(() => preferred.cluster.isLeader);
    await clock.runUntil(() => leader?.cluster.leader?.id === preferred.cluster.id);
    expect(lead?.signal.aborted).toBe(true);
    expect(() => lead?.check()).toThrow(ClusterError);
  });

  it('refuses what is no function', async () => {
    const [leader] = clusters(await room().gather(1));
    expect(() => leader?.whileLeader(undefined as never)).toThrow(TypeError);
  });
});

describe('publish', () => {
  it('reaches everyone, late comers too, and the next leader starts from it after a crash', async () => {
    const { clock, memory, join, gather } = room();
    const [leader, other] = await gather(2);
    leader?.cluster.publish({ tick: 41 });
    await clock.runUntil(() => other?.events('published').length === 1);
    const late = join();
    await clock.runUntil(() => late.cluster.published !== undefined);
    expect(late.cluster.published).toEqual({ tick: 41 });
    let lead: Lead | undefined;
    for (const { cluster } of [present(other), late]) void cluster.whileLeader((now) => void (lead = now));
    memory.crash(leader?.cluster.id ?? '');
    await clock.runUntil(() => lead !== undefined);
    expect(lead?.published).toEqual({ tick: 41 });
  });

  it('is refused to followers, for what is not JSON, and above 64 KiB', async () => {
    const { clock, gather } = room();
    const [leader, follower] = clusters(await gather(2));
    expect(() => follower?.publish(1)).toThrow(expect.objectContaining({ code: 'not-leader' }));
    for (const value of [undefined, 1n, () => {}, Number.NaN, new Date(), new Map(), [undefined]]) {
      expect(() => leader?.publish(value as never)).toThrow(TypeError);
    }
    for (const toJSON of [() => undefined, () => new Map()]) {
      const hidden = Object.defineProperty({}, 'toJSON', { value: toJSON });
      expect(() => leader?.publish([hidden])).toThrow(/it has a toJSON\(\)/);
    }
    leader?.publish({ toJSON: 'a key like any other' });
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(() => leader?.publish(circle as never)).toThrow(/levels, or a circle/);
    for (const value of textsOf(64 * 1024)) {
      leader?.publish(value);
      await clock.runUntil(() => follower?.published === value);
    }
    for (const value of textsOf(64 * 1024 + 1))
      expect(() => leader?.publish(value)).toThrow(expect.objectContaining({ code: 'too-large' }));
  });

  it('keeps a copy: later changes of the value change nothing', async () => {
    const [leader] = clusters(await room().gather(1));
    const value = { score: 1 };
    leader?.publish(value);
    value.score = 2;
    expect(leader?.published).toEqual({ score: 1 });
  });
});
