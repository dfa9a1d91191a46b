import type { Network } from 'bellwether';
import type { Transport } from 'bellwether/testing';
import { describe, expect, it } from 'vitest';
import type { Discovery, View, ViewChange } from '../../src/discovery/discovery.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import type { Talk } from '../../src/cluster/talk.ts';
import { BroadcastTransport } from '../../src/transports/broadcast-channel.ts';
import { type Guest, openRoom, type OpenRoom, votersOf } from '../electors/open-room.ts';
import { BrowserOrigin } from '../transports/browser-origin.ts';

/** To whom a page would open data channels. */
class Wishes implements Transport {
  readonly kind = 'webrtc';
  readonly only = 'wanted';
  peers: readonly PeerId[] = [];

  start(): void {}
  close(): void {}
  want(peers: ReadonlySet<PeerId>): void {
    this.peers = [...peers].toSorted();
  }
}

interface Tab extends Guest {
  readonly wishes: Wishes;
}

/** Browsers, and tabs of them in one room of quorum(). What is not said within a browser goes over a slower network. */
function browsers(room: OpenRoom) {
  const origins = new Map<string, BrowserOrigin>();
  return (host: string, amend: (discovery: Discovery) => void = () => undefined): Tab => {
    const origin = origins.get(host) ?? new BrowserOrigin();
    origins.set(host, origin);
    const wishes = new Wishes();
    const inner = room.memory.network({ platform: room.clock.platform({ host }) });
    const network: Network = {
      ...inner,
      open(context) {
        const { timers } = context.platform;
        const broadcast = origin.broadcast(timers);
        const near = new BroadcastTransport({ room: context.room, broadcast, timers });
        const parts = inner.open(context);
        const talk = parts.talk as Talk;
        amend(parts.discovery as Discovery);
        return { ...parts, talk: { ...talk, transports: [near, wishes, ...talk.transports] } };
      },
    };
    return { ...room.join({ network }), wishes };
  };
}

const pathFrom = ({ cluster }: Guest, to: Guest): unknown => cluster.members.get(to.cluster.id)?.path;
const idsOf = (guests: readonly Guest[]): readonly string[] => guests.map(({ cluster }) => cluster.id).toSorted();

/** Three tabs of one browser and two of another, of whom three vote. */
async function mixed() {
  const room = openRoom({ maxVoters: 3 });
  const open = browsers(room);
  const left = [open('left'), open('left'), open('left')] as const;
  await room.agree();
  const right = [open('right'), open('right')] as const;
  const tabs = [...left, ...right];
  const votes = ({ cluster }: Guest): boolean => votersOf(cluster).includes(cluster.id);
  await room.settle(3);
  await room.clock.runUntil(() => right.some(votes));
  await room.clock.advance(5_000);
  return { room, open, left, right, tabs, votes };
}

describe('tabs of two browsers in one room', () => {
  it('talk to each other over the broadcast path within a browser, and by what there is else across', async () => {
    const { left, right, tabs } = await mixed();
    expect(pathFrom(left[0], left[1])).toBe('broadcast');
    expect(pathFrom(right[1], right[0])).toBe('broadcast');
    expect(pathFrom(left[0], right[0])).toBe('memory');
    expect(new Set(tabs.map(({ cluster }) => cluster.members.get(cluster.id)!.host))).toEqual(
      new Set(['left', 'right']),
    );
  });

  it('spread the votes over both, and only those who vote want data channels: to those who do elsewhere', async () => {
    const { left, right, tabs, votes } = await mixed();
    expect([left.some(votes), right.some(votes)]).toEqual([true, true]);
    for (const tab of tabs) {
      const elsewhere = left.includes(tab as never) ? right : left;
      expect(tab.wishes.peers).toEqual(votes(tab) ? idsOf(elsewhere.filter(votes)) : []);
    }
  });

  it('want none for what the application says, either, where one of the two does not vote', async () => {
    const { room, left, right, votes } = await mixed();
    const learner = [...left, ...right].find((tab) => !votes(tab))!;
    const others = left.includes(learner as never) ? right : left;
    const heard: unknown[] = [];
    for (const other of others) {
      other.cluster.channel('chat').on((value) => heard.push(value));
      await room.time(learner.cluster.channel('chat').send(other.cluster.id, 'hello'));
    }
    await room.clock.advance(1_000);
    expect(heard).toEqual(['hello', 'hello']);
    expect(learner.wishes.peers).toEqual([]);
    for (const other of others) expect(other.wishes.peers).not.toContain(learner.cluster.id);
  });

  it('leave the learner that is alone in its browser its data channel to the leader, until it gets company', async () => {
    const { room, open, tabs } = await mixed();
    // Hosts without a vote come first: this one takes the vote of a tab whose browser has another.
    const lone = open('third');
    await room.clock.runUntil(() => votersOf(lone.cluster).includes(lone.cluster.id));
    const last = open('fourth');
    await room.clock.runUntil(() => last.cluster.leader !== null);
    await room.clock.advance(2_000);
    expect(votersOf(last.cluster)).not.toContain(last.cluster.id);
    expect(last.wishes.peers).toEqual([last.cluster.leader!.id]);

    const company = open('fourth');
    await room.clock.runUntil(() => pathFrom(last, company) === 'broadcast');
    await room.clock.advance(2_000);
    expect([last.wishes.peers, company.wishes.peers]).toEqual([[], []]);
    expect(tabs.every(({ wishes }) => !wishes.peers.includes(last.cluster.id))).toBe(true);
  });

  it('T1: hear all that a tab says, once and in order, while tabs of its browser freeze, thaw and go', async () => {
    const { room, left } = await mixed();
    const [one, other, third] = left;
    const heard: unknown[] = [];
    other.cluster.channel('count').on((value) => heard.push(value));
    let sent = 0;
    const say = async (times: number): Promise<void> => {
      for (let time = 0; time < times; time++) {
        one.cluster
          .channel('count')
          .send(other.cluster.id, sent++)
          .catch(() => {});
        await room.clock.advance(50);
      }
    };
    await say(20);
    room.memory.freeze(other.cluster.id);
    await say(20);
    room.memory.thaw(other.cluster.id);
    await say(20);
    void third.cluster.leave();
    room.guests.delete([...room.guests].find(({ cluster }) => cluster === third.cluster)!);
    await say(20);
    await room.clock.advance(2_000);
    expect(heard).toEqual(Array.from({ length: sent }, (_, number) => number));
    expect(one.cluster.members.has(third.cluster.id)).toBe(false);
    expect(one.cluster.counters.badMessages).toBe(0);
  });
});

describe('a member of which discovery tells late where it is', () => {
  it('is talked to over the broadcast path from then on', async () => {
    const room = openRoom();
    const open = browsers(room);
    const first = open('left');
    await room.agree();
    const late: (() => void)[] = [];
    const second = open('left', (discovery) => {
      const start = discovery.start.bind(discovery);
      discovery.start = (self, events) => {
        const onView = (view: View, change: ViewChange): void => {
          const nowhere = [...view.members].map(
            ([id, one]) => [id, id === self.id ? one : { ...one, host: '' }] as const,
          );
          late.push(() => events.onView(view, { joined: [], bye: [] }));
          events.onView({ ...view, members: new Map(nowhere) }, change);
        };
        start(self, { ...events, onView });
      };
    });
    await room.settle(2);
    expect(pathFrom(second, first)).toBe('memory');
    late.at(-1)!();
    await room.clock.runUntil(() => pathFrom(second, first) === 'broadcast');
  });
});
