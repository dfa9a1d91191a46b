import { available, lock, quorum } from 'bellwether';
import { describe, expect, it } from 'vitest';
import { agreed, present, room, type Participant } from './room.ts';

const states = (participant: Participant) => participant.events('state').map(({ state }) => state);

describe('a page that goes for good', () => {
  it('has left within the call, work or no work, and stays out', async () => {
    const { clock, gather } = room();
    const [leader, other] = (await gather(2)) as [Participant, Participant];
    void leader.cluster.whileLeader(() => new Promise(() => {}));
    await clock.advance(100);
    leader.platform.hide();
    expect(leader.cluster.state).toBe('left');
    leader.platform.show();
    await clock.runUntil(() => other.cluster.isLeader);
    expect(leader.cluster.state).toBe('left');
  });
});

describe('a page that is frozen', () => {
  it('hands over at once, its work told to stop, and follows when it thaws', async () => {
    const { clock, gather } = room();
    const [leader, other] = (await gather(2)) as [Participant, Participant];
    const stopped: number[] = [];
    void leader.cluster.whileLeader(({ signal }) => {
      signal.addEventListener('abort', () => stopped.push(clock.nowMs()));
      return new Promise(() => {});
    });
    await clock.advance(10);
    const frozenMs = clock.nowMs();
    leader.platform.freeze();
    expect(leader.cluster.isLeader).toBe(false);
    expect(stopped).toEqual([frozenMs]);
    await clock.runUntil(() => other.cluster.isLeader);
    expect(clock.nowMs() - frozenMs).toBeLessThanOrEqual(15);
    await clock.advance(10_000);
    leader.platform.resume();
    await clock.runUntil(() => agreed([leader.cluster, other.cluster]));
    expect(other.cluster.isLeader).toBe(true);
    expect(other.events('conflict')).toEqual([]);
  });

  it('keeps the lead where nobody could take it', async () => {
    const { clock, gather } = room();
    const [alone] = (await gather(1)) as [Participant];
    alone.platform.freeze();
    alone.platform.resume();
    await clock.advance(1_000);
    expect(alone.cluster.isLeader).toBe(true);
  });
});

describe('a page that goes into the back/forward cache', () => {
  it('says goodbye within the call, so that the others need no timeout', async () => {
    const { clock, gather } = room();
    const [leader, other] = (await gather(2)) as [Participant, Participant];
    const was = leader.cluster.id;
    const hiddenMs = clock.nowMs();
    leader.platform.hide({ mayReturn: true });
    expect(leader.cluster).toMatchObject({ state: 'joining', discovery: 'connecting', leader: null, isLeader: false });
    expect([...leader.cluster.members.keys()]).toEqual([leader.cluster.id]);
    expect(leader.cluster.id).not.toBe(was);
    await clock.runUntil(() => other.cluster.isLeader && other.cluster.members.size === 1);
    expect(clock.nowMs() - hiddenMs).toBeLessThanOrEqual(15);
    await clock.advance(5_000);
    expect(leader.cluster.state).toBe('joining');
    expect(other.cluster.members.size).toBe(1);
  });

  it('comes back as a new member: the same cluster, listeners, work, info and priority', async () => {
    const { clock, gather } = room();
    const [page, other] = (await gather(2)) as [Participant, Participant];
    const terms: number[] = [];
    const aborted: number[] = [];
    void page.cluster.whileLeader(({ term, signal }) => {
      terms.push(term);
      signal.addEventListener('abort', () => aborted.push(term));
    });
    const heard: unknown[] = [];
    page.cluster.channel('chat').on((value) => heard.push(value));
    page.cluster.setInfo('Ada');
    page.cluster.setPriority(7);
    await clock.advance(1_000);
    page.platform.hide({ mayReturn: true });
    expect(aborted).toEqual(terms);
    await clock.runUntil(() => other.cluster.isLeader);
    page.platform.show();
    await clock.runUntil(() => agreed([page.cluster, other.cluster]) && page.cluster.isLeader);
    expect(other.cluster.members.get(page.cluster.id)?.info).toBe('Ada');
    expect(states(page)).toEqual(['online', 'joining', 'online']);
    await clock.advance(1_000);
    expect(terms).toHaveLength(2);
    expect(aborted).toHaveLength(1);
    await other.cluster.channel('chat').send(page.cluster.id, 'welcome back');
    await clock.runUntil(() => heard.length > 0);
    expect(heard).toEqual(['welcome back']);
    expect(page.events('error')).toEqual([]);
  });

  it('rejects what still waits, and runs init again before it is online', async () => {
    const { clock, gather } = room({ bytesPerSecond: 50_000 });
    const ids: string[] = [];
    const [page, other] = (await gather(2, { init: ({ id }) => void ids.push(id) })) as [Participant, Participant];
    const waiting = page.cluster.channel('file').send(other.cluster.id, new Uint8Array(2_000_000));
    page.platform.hide({ mayReturn: true });
    await expect(waiting).rejects.toMatchObject({ code: 'left' });
    await expect(page.cluster.channel('file').send(other.cluster.id, 1)).rejects.toMatchObject({
      code: 'unknown-peer',
    });
    const ready = page.cluster.ready();
    page.platform.show();
    await clock.runUntil(() => agreed([page.cluster, other.cluster]));
    await ready;
    expect(ids).toContain(page.cluster.id);
    expect(ids).toHaveLength(3);
    expect(states(page)).toEqual(['initializing', 'online', 'joining', 'initializing', 'online']);
  });

  it('in the middle of init tells it so, and begins anew when it comes back', async () => {
    const { clock, join } = room();
    const signals: AbortSignal[] = [];
    const page = join({
      init: async ({ signal }) => {
        signals.push(signal);
        if (signals.length === 1) await new Promise((_, reject) => signal.addEventListener('abort', reject));
      },
    });
    await clock.runUntil(() => signals.length === 1);
    page.platform.hide({ mayReturn: true });
    await clock.settle();
    page.platform.show();
    await clock.runUntil(() => page.cluster.isLeader);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(page.events('error')).toEqual([]);
  });

  it('while it is leaving has left for good, and so has one that leaves while it is away', async () => {
    const { clock, gather } = room();
    const [flushing, away] = (await gather(2, { handoverMs: 60_000 })) as [Participant, Participant];
    void flushing.cluster.whileLeader(() => new Promise(() => {}));
    await clock.settle();
    const left = flushing.cluster.leave();
    away.platform.hide({ mayReturn: true });
    await away.cluster.leave();
    flushing.platform.hide({ mayReturn: true });
    await left;
    for (const { platform } of [flushing, away]) platform.show();
    await clock.advance(5_000);
    expect([flushing.cluster.state, away.cluster.state]).toEqual(['left', 'left']);
  });

  it('and back a hundred times leaves nothing behind: two members, one leader', async () => {
    const { clock, gather } = room();
    const [page, other] = (await gather(2)) as [Participant, Participant];
    const ids = new Set([page.cluster.id]);
    for (let round = 0; round < 100; round++) {
      page.platform.hide({ mayReturn: true });
      if (round % 2) await clock.advance(round);
      page.platform.show();
      if (round % 3) await clock.runUntil(() => agreed([page.cluster, other.cluster]));
      ids.add(page.cluster.id);
    }
    await clock.runUntil(() => agreed([page.cluster, other.cluster]));
    await clock.advance(5_000);
    expect(ids.size).toBe(101);
    expect([...other.cluster.members.keys()].toSorted()).toEqual([page.cluster.id, other.cluster.id].toSorted());
    expect(present(page.cluster.snapshot().members.get(page.cluster.id)).isSelf).toBe(true);
  });
});

describe.each([
  ['available', available()],
  ['quorum', quorum()],
  ['lock', lock()],
])('under %s()', (name, elector) => {
  /** No promise of anybody has to end first. */
  const soonMs = name === 'quorum' ? 60 : 20;

  /** They know each other, and have their votes where those count. */
  async function settled(count: number) {
    const { clock, gather } = room();
    const all = await gather(count, { elector });
    const isVoter = ({ cluster }: Participant): boolean =>
      all.every((other) => other.cluster.members.get(cluster.id)?.role === 'voter');
    await clock.runUntil(() => all.every(isVoter));
    await clock.advance(1_000);
    return { clock, all };
  }

  it('F1: a leader that freezes hands over, and leads no more at the first read after it has thawed', async () => {
    const { clock, all } = await settled(2);
    const [leader, other] = all as [Participant, Participant];
    let check = (): void => {};
    void leader.cluster.whileLeader((lead) => void ({ check } = lead));
    await clock.advance(10);
    check();
    const { term } = present(leader.cluster.leader ?? undefined);
    leader.platform.freeze();
    await clock.runUntil(() => other.cluster.isLeader, { withinMs: soonMs });
    expect(other.cluster.leader?.term).toBeGreaterThan(term);
    await clock.advance(10_000);
    leader.platform.resume();
    expect(leader.cluster.isLeader).toBe(false);
    expect(check).toThrow('must stop');
    await clock.runUntil(() => agreed([leader.cluster, other.cluster]));
    expect(other.cluster.isLeader).toBe(true);
  });

  it('a leader that goes is replaced, and back from the back/forward cache it is a new member', async () => {
    const { clock, all } = await settled(2);
    const [leader, other] = all as [Participant, Participant];
    const was = leader.cluster.id;
    leader.platform.hide({ mayReturn: true });
    await clock.runUntil(() => other.cluster.isLeader, { withinMs: soonMs });
    leader.platform.show();
    await clock.runUntil(() => agreed([leader.cluster, other.cluster]));
    expect(leader.cluster.id).not.toBe(was);
    expect(other.cluster.isLeader).toBe(true);
    expect(other.cluster.members.has(was)).toBe(false);
    expect(leader.events('error')).toEqual([]);
  });

  it('a leader that goes for good is replaced, and stays out', async () => {
    const { clock, all } = await settled(2);
    const [leader, other] = all as [Participant, Participant];
    leader.platform.hide();
    expect(leader.cluster.state).toBe('left');
    await clock.runUntil(() => other.cluster.isLeader, { withinMs: soonMs });
    await clock.advance(5_000);
    expect(other.cluster.members.has(leader.cluster.id)).toBe(false);
  });

  it('who can be seen leads rather than who is hidden, when the leader goes', async () => {
    const { clock, all } = await settled(4);
    const [leader, ...others] = all as [Participant, ...Participant[]];
    const [seen, ...hidden] = others.toReversed() as [Participant, ...Participant[]];
    for (const { platform } of hidden) platform.setVisible(false);
    await clock.advance(200);
    expect(leader.cluster.isLeader).toBe(true);
    leader.platform.hide();
    await clock.runUntil(() => seen.cluster.isLeader, { withinMs: soonMs });
  });
});
