import { createCluster, quorum, type Cluster } from 'bellwether';
import { openLog, type Log } from 'bellwether/log';
import { memoryNetwork, virtualClock, type MemoryNetwork, type VirtualClock } from 'bellwether/testing';
import { beforeEach, expect, test } from 'vitest';

interface Member {
  readonly id: string;
  readonly cluster: Cluster;
  readonly log: Log<string, unknown>;
  readonly leaders: string[];
}

const bytesPerSecond = 300_000;
const large = 1_000_000;
let clock: VirtualClock;
let memory: MemoryNetwork;
let members: Member[];

beforeEach(() => {
  clock = virtualClock({ seed: 1 });
  memory = memoryNetwork({ clock, delayMs: 5, bytesPerSecond });
  const elector = quorum({ voters: ['a', 'b', 'c'] });
  members = ['a', 'b', 'c'].map((id) => {
    const cluster = createCluster({ room: 'room', network: memory.network({ id }), elector });
    const leaders: string[] = [];
    cluster.on('leader', ({ leader, term }) => leaders.push(`${leader?.id ?? 'nobody'} ${term}`));
    return { id, cluster, log: openLog<string, unknown>(cluster), leaders };
  });
});

const leading = (): Member | undefined => members.find(({ cluster }) => cluster.isLeader);

async function elected(): Promise<readonly [Member, Member, Member]> {
  await clock.runUntil(() => members.every(({ cluster }) => cluster.leader !== null));
  await clock.advance(1_000);
  const leader = leading() as Member;
  return [leader, ...members.filter((member) => member !== leader)] as [Member, Member, Member];
}

/** Resolves with how long it took to commit, in milliseconds. */
async function timed(log: Log<string, unknown>, value: string): Promise<number> {
  const beganMs = clock.nowMs();
  await log.append(value);
  return clock.nowMs() - beganMs;
}

/** A value that the promise resolves with, in virtual time. */
async function settled<T>(promise: Promise<T>): Promise<T> {
  let isOver = false;
  const over = promise.finally(() => (isOver = true));
  await clock.runUntil(() => isOver);
  return over;
}

test.each(['the leader', 'a follower'])(
  'T1: leadership is kept while %s appends what takes the line many times the lease, and it is sent about once',
  async (who) => {
    const [leader, follower] = await elected();
    const before = members.map(({ leaders }) => [...leaders]);
    const { log } = who === 'the leader' ? leader : follower;
    const tookMs = await settled(timed(log, 'x'.repeat(large)));
    await settled(timed(leader.log, 'the next one'));
    expect(members.map(({ leaders }) => leaders)).toEqual(before);
    const onceMs = (1000 * large) / bytesPerSecond;
    expect(tookMs).toBeLessThan((who === 'the leader' ? 1.3 : 3) * onceMs);
  },
);

test('T1: a leader that is lost while its log is on the way to the others is followed as soon as any other', async () => {
  const [leader, ...others] = await elected();
  void leader.log.append('x'.repeat(large)).catch(() => {});
  await clock.advance(1_500);
  const lostMs = clock.nowMs();
  memory.crash(leader.id, { hint: false });
  await clock.runUntil(() => others.some(({ cluster }) => cluster.isLeader));
  expect(clock.nowMs() - lostMs).toBeLessThan(1_000);
});

test('T1: what is small is committed at once while the application sends large messages', async () => {
  const [leader, ...others] = await elected();
  const files = others.map(({ id }) => leader.cluster.channel('files').send(id, new Uint8Array(5 * large)));
  await clock.advance(1_000);
  expect(await settled(timed(leader.log, 'small'))).toBeLessThan(500);
  expect(await settled(timed((others[0] as Member).log, 'small, too'))).toBeLessThan(1_000);
  members.forEach(({ cluster }) => void cluster.leave());
  await Promise.allSettled(files);
});

test('entries that come after large ones are committed in their order', async () => {
  const [leader, follower] = await elected();
  const values = ['one', 'x'.repeat(large / 5), 'two', 'three'];
  const indexes = await settled(Promise.all(values.map((value) => leader.log.append(value))));
  expect(indexes).toEqual(indexes.toSorted((one, other) => Number(one) - Number(other)));
  const read: string[] = [];
  void (async () => {
    for await (const item of follower.log.entries()) if (item.type === 'entry') read.push(item.value);
  })();
  await clock.runUntil(() => read.length === values.length);
  expect(read).toEqual(values);
});

test('Q6: a leader whose vote has run out before the first answers come leads again when they come', async () => {
  let delayMs = 30;
  const lines = memoryNetwork({ clock, delayMs: () => delayMs });
  const elector = quorum({ voters: ['d', 'e'] });
  const pair = ['d', 'e'].map((id) => createCluster({ room: 'pair', network: lines.network({ id }), elector }));
  const told: string[] = [];
  for (const cluster of pair)
    cluster.on('leader', ({ leader }) => leader?.isSelf !== false && told.push(leader ? 'leads' : 'lost'));
  await clock.runUntil(() => pair.some(({ isLeader }) => isLeader));
  const leader = pair.find(({ isLeader }) => isLeader) as Cluster;
  const term = leader.leader?.term;
  delayMs = 180;
  await clock.runUntil(() => !leader.isLeader);
  await clock.runUntil(() => leader.isLeader);
  expect(leader.leader).toMatchObject({ isSelf: true, term });
  expect(told).toEqual(['leads', 'lost', 'leads']);
});
