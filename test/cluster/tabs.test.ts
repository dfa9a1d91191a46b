import { available, type Cluster, type ClusterOptions, createCluster } from 'bellwether';
import { tabs, type TabsOptions } from 'bellwether/tabs';
import { virtualClock, type VirtualPlatform } from 'bellwether/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { channelPrefix, topics } from '../../src/cluster/channels.ts';
import type { Broadcast } from '../../src/platform/broadcast.ts';
import { MemoryCounters } from '../../src/platform/memory-counters.ts';
import { LockKeeper } from '../../src/platform/memory-locks.ts';
import { roomNames } from '../e2e/stage/room-names.ts';
import { noWord } from '../links/no-word.ts';
import { BrowserOrigin } from '../transports/browser-origin.ts';
import { expectBytesAsTheyWere } from './odd-bytes.ts';
import { agreed } from './room.ts';

interface Tab {
  readonly cluster: Cluster;
  readonly platform: VirtualPlatform;
  /** Codes of errors, and who led, as they were told. */
  readonly told: string[];
}

interface Opening extends Partial<Pick<ClusterOptions, 'room' | 'info' | 'elector'>>, TabsOptions {
  /** Pages over plain http have none. */
  readonly hasLocks?: boolean;
  readonly hasChannels?: boolean;
  readonly isHidden?: boolean;
}

/** The pages of one origin in one browser, in memory and in virtual time: 1 ms to the keeper of their locks. */
function browser() {
  const clock = virtualClock();
  const keeper = new LockKeeper();
  const counters = new MemoryCounters();
  const origin = new BrowserOrigin();
  /** What is posted now is lost: as no browser does it. */
  let isLost = false;
  const losing = (broadcast: Broadcast): Broadcast => {
    return (name, hear) => {
      const { post, close } = broadcast(name, hear);
      return { post: (message) => isLost || post(message), close };
    };
  };
  const page = () => {
    const platform = clock.platform({ host: 'browser' });
    const carry = (run: () => void): void => void platform.timers.after(1, run);
    return { platform, locks: keeper.page({ to: carry, from: carry }) };
  };
  const open = (opening: Opening = {}): Tab => {
    const { room = 'room', info = null, hasLocks = true, hasChannels = true, isHidden = false, ...others } = opening;
    const { elector, ...options } = others;
    const { platform, locks } = page();
    platform.setVisible(!isHidden);
    const broadcast = losing(origin.broadcast(platform.timers));
    const parts = { ...platform, counters, ...(hasLocks && { locks }), ...(hasChannels && { broadcast }) };
    const cluster = createCluster({
      room,
      info,
      ...(elector && { elector }),
      network: { ...tabs(options), platform: () => parts },
    });
    const told: string[] = [];
    cluster.on('error', ({ code }) => told.push(code));
    cluster.on('leader', ({ leader }) => told.push(leader?.id ?? 'nobody'));
    return { cluster, platform, told };
  };
  /** One after the other, each in line before the next one comes. */
  const inLine = async (count: number, options?: Opening): Promise<Tab[]> => {
    const all: Tab[] = [];
    while (all.length < count) {
      all.push(open(options));
      await clock.runUntil(() => agreed(all.map(({ cluster }) => cluster)));
      await clock.advance(200);
    }
    return all;
  };
  return { clock, origin, page, open, inLine, lose: (lost: boolean) => void (isLost = lost) };
}

// Loaded before, as a page has it when it is opened again: what is loaded comes in real time.
beforeAll(async () => {
  await import('../../src/tabs/rest.ts');
  await import('../../src/electors/without-locks.ts');
});

describe('tabs(), in one browser', () => {
  it('L1: the first one leads with nobody to wait for, and the others follow over the broadcast path, in line', async () => {
    const { clock, open, inLine } = browser();
    const alone = open({ room: 'another' });
    await clock.advance(20); // to the keeper and back, some times
    expect(alone.cluster.isLeader).toBe(true);
    const all = (await inLine(3)).map(({ cluster }) => cluster);
    expect(all[0]!.isLeader).toBe(true);
    for (const { members, id } of all) {
      const paths = [...members.values()].map((member) => [member.id === id, member.path, member.host]);
      expect(paths.toSorted()).toEqual([
        [false, 'broadcast', 'browser'],
        [false, 'broadcast', 'browser'],
        [true, 'self', 'browser'],
      ]);
    }
    for (const at of [0, 1]) {
      await all[at]!.leave();
      await clock.runUntil(() => all[at + 1]!.isLeader, { withinMs: 20 });
    }
  });

  it('L1: rooms named with anything that a text can hold stay apart, and from the locks and channels of others', async () => {
    const { clock, origin, page, open } = browser();
    const { locks } = page();
    const channel = origin.broadcast();
    const strange = [...roomNames, '', ...roomNames.map((name) => JSON.stringify([name, 'lock']))];
    for (const name of strange) {
      locks.request(name, {}, { granted: () => {} });
      channel(name, () => {}).post('hello');
    }
    const pairs = roomNames.map((room) => [open({ room }), open({ room })] as const);
    await clock.runUntil(() => pairs.every((pair) => agreed(pair.map(({ cluster }) => cluster))));
    await clock.advance(5_000);
    for (const pair of pairs)
      for (const { cluster } of pair) {
        expect([...cluster.members.keys()].toSorted()).toEqual(pair.map((tab) => tab.cluster.id).toSorted());
        expect(cluster.counters.badMessages).toBe(0);
      }
  });

  it('what strangers post on its channels is dropped and counted, and changes nothing', async () => {
    const { clock, origin, inLine } = browser();
    const [leader, other] = (await inLine(2)) as [Tab, Tab];
    const { members } = other.cluster;
    const nonsense = [null, 7, 'hello', [], {}, { type: 'here' }, { by: leader.cluster.id }];
    for (const about of [['members'], ['frames', other.cluster.id]]) {
      const { post } = origin.broadcast()(JSON.stringify(['bellwether', 'room', ...about]));
      for (const each of nonsense) post(each);
    }
    await clock.advance(1_000);
    expect([leader, other].map(({ cluster }) => cluster.counters.badMessages)).toEqual([
      nonsense.length,
      2 * nonsense.length,
    ]);
    expect(other.told).toEqual([leader.cluster.id, 'bad-message']); // of many at once one is told of
    expect([leader.cluster.isLeader, other.cluster.members]).toEqual([true, members]);
  });

  it('whoever speaks another version is told of once, and all that it says there is counted', async () => {
    const { clock, origin, inLine } = browser();
    const [{ cluster, told }] = (await inLine(1)) as [Tab];
    const { post } = origin.broadcast()(JSON.stringify(['bellwether', 'room', 'members']));
    for (let count = 0; count < 3; count++) post({ type: 'here', version: 1 });
    await clock.advance(1_000);
    expect(told.filter((code) => code === 'protocol')).toHaveLength(1);
    expect(cluster.counters.badMessages).toBe(3);
    expect(cluster.isLeader).toBe(true);
  });

  it('pages of one room that elect by different rules each say so, and which', async () => {
    const { clock, open, inLine } = browser();
    const [first] = (await inLine(1)) as [Tab];
    const errors: string[] = [];
    first.cluster.on('error', ({ code, message }) => errors.push(`${code}: ${message}`));
    const other = open({ elector: available() });
    await clock.advance(1_000);
    expect(errors[0]).toMatch(/^options-differ: .* by available\(\), and this one by lock\(\)/);
    expect(other.told).toContain('options-differ');
    expect([first, other].map(({ cluster }) => cluster.members.size)).toEqual([1, 1]);
  });

  it('a page without locks does not lead beside those that have them: it says why, and leaves', async () => {
    const { clock, open, inLine } = browser();
    const [first] = (await inLine(1)) as [Tab];
    const other = open({ hasLocks: false });
    await clock.advance(1_000);
    expect(other.told).toEqual(['options-differ']);
    expect([first.cluster.isLeader, other.cluster.state]).toEqual([true, 'left']);
  });

  it('what a member of its room says that no member would is dropped and counted, and what comes after it is heard', async () => {
    const { clock, origin, inLine } = browser();
    const [{ cluster }] = (await inLine(1)) as [Tab];
    const errors: string[] = [];
    const heard: unknown[] = [];
    cluster.on('error', ({ message }) => errors.push(message));
    cluster.channel('chat').on((value) => heard.push(value));
    const port = (...about: string[]) => origin.broadcast()(JSON.stringify(['bellwether', 'room', ...about]));
    const here = { type: 'here', version: 3, id: 'x', info: null, host: 'h', elector: 'lock', ask: false };
    port('members').post(here);
    let offset = 0;
    const say = async (topic: string, value: unknown): Promise<void> => {
      const body = JSON.stringify(value);
      const piece = { lane: 0, offset, topic, body, isLast: true };
      port('frames', cluster.id).post({ ...noWord, by: 'x', piece });
      offset += body.length + 1;
      await clock.advance(1_000); // of each by itself is told
    };
    const nonsense = [
      [topics.presence, 'maybe'],
      [topics.election, { type: 'vote' }],
      ['gossip', 1],
    ] as const;
    for (const [topic, value] of nonsense) await say(topic, value);
    expect(errors.map((error) => error.includes('member x sent a bad message'))).toEqual(nonsense.map(() => true));
    expect(cluster.counters.badMessages).toBe(nonsense.length);
    expect(cluster.members.get('x')?.visible).toBe(true);
    await say(`${channelPrefix}chat`, 'hello');
    expect([heard, cluster.isLeader]).toEqual([['hello'], true]);
  });

  it('A1: over plain http one that comes later looks around first: it follows from the beginning, and nobody else ever led', async () => {
    const { clock, open, inLine } = browser();
    const [first] = (await inLine(1, { hasLocks: false })) as [Tab];
    const later = [open({ hasLocks: false }), open({ hasLocks: false })];
    await clock.runUntil(() => agreed([first, ...later].map(({ cluster }) => cluster)));
    await clock.advance(5_000);
    const { id } = first.cluster;
    for (const { told } of [first, ...later]) expect(told).toEqual([id]);
  });

  it('a leader that is hidden hands over to one that can be seen, unless that is not wanted', async () => {
    const { clock, inLine } = browser();
    for (const preferVisible of [true, false]) {
      const [hidden, seen] = (await inLine(2, { room: `room ${preferVisible}`, preferVisible })) as [Tab, Tab];
      hidden.platform.setVisible(false);
      await clock.advance(5_000);
      expect(seen.cluster.isLeader).toBe(preferVisible);
      expect(seen.cluster.members.get(hidden.cluster.id)?.visible).toBe(false);
    }
  });

  it('a tab that is opened hidden is known to be so, to those before it and after', async () => {
    const { clock, open, inLine } = browser();
    const [first] = (await inLine(1)) as [Tab];
    const hidden = open({ isHidden: true });
    const after = open();
    const all = [first, hidden, after].map(({ cluster }) => cluster);
    await clock.runUntil(() => agreed(all));
    await clock.advance(200);
    expect(all.map(({ members }) => members.get(hidden.cluster.id)?.visible)).toEqual([false, false, false]);
    await first.cluster.leave();
    await clock.runUntil(() => after.cluster.isLeader, { withinMs: 20 });
  });

  it('T1: that it is hidden is said again where its session began anew, as it may have been lost with the old one', async () => {
    const { clock, inLine, lose } = browser();
    const [one, other] = (await inLine(2, { preferVisible: false })) as [Tab, Tab];
    const isSeen = (): boolean | undefined => one.cluster.members.get(other.cluster.id)?.visible;
    lose(true);
    other.platform.setVisible(false);
    await clock.advance(100);
    lose(false);
    expect(isSeen()).toBe(true);
    // Its next word in line shows that something is missing.
    await clock.runUntil(() => isSeen() === false);
  });

  it.each([
    ['hidden as before', false],
    ['seen', true],
  ])(
    'a hidden tab that was frozen until all had given it up is back in line when it thaws, and known to be %s',
    async (_, isSeen) => {
      const { clock, inLine } = browser();
      const [leader, frozen, third] = (await inLine(3)) as [Tab, Tab, Tab];
      frozen.platform.setVisible(false);
      await clock.advance(1_000);
      frozen.platform.freeze();
      await clock.runUntil(() => leader.cluster.members.size === 2);
      leader.cluster.publish('meanwhile');
      await clock.advance(60_000);
      frozen.platform.resume();
      frozen.platform.setVisible(isSeen);
      const all = [leader, frozen, third].map(({ cluster }) => cluster);
      const { id } = frozen.cluster;
      await clock.runUntil(() => agreed(all) && all.every(({ published }) => published === 'meanwhile'));
      await clock.runUntil(() => all.every(({ members }) => members.get(id)?.visible === isSeen));
      const heard: string[] = [];
      for (const cluster of all) cluster.channel<string>('chat').on((text, from) => heard.push(`${text} from ${from}`));
      for (const cluster of all) await cluster.channel('chat').broadcast('hello');
      await clock.advance(100);
      expect(heard.toSorted()).toEqual(all.flatMap(({ id: from }) => Array(2).fill(`hello from ${from}`)).toSorted());
      await third.cluster.leave();
      await leader.cluster.leave();
      await clock.runUntil(() => frozen.cluster.isLeader, { withinMs: 100 });
      expect(all.map(({ counters }) => counters.badMessages)).toEqual([0, 0, 0]);
    },
  );

  it('carries bytes as they were when they were sent, whatever becomes of them; those that are nowhere throw (T1)', async () => {
    const { clock, inLine } = browser();
    const [first, second] = (await inLine(2)).map(({ cluster }) => cluster) as [Cluster, Cluster];
    await expectBytesAsTheyWere([first, second], (isSo) => clock.runUntil(isSo));
  });

  it('where there is no BroadcastChannel, that is thrown when a cluster is made', () => {
    const { open } = browser();
    expect(() => open({ hasChannels: false })).toThrow(/no BroadcastChannel; take web\(\)/);
  });
});
