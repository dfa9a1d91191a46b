import { afterEach, expect, test } from 'vitest';
import { type Standalone, serveSignaling } from '../../signaling-server/standalone.ts';
import type { DiscoveryStatus, View, ViewChange } from '../../src/discovery/discovery.ts';
import { SignalingDiscovery } from '../../src/discovery/signaling.ts';
import { Clocks } from '../../src/driver/clocks.ts';
import type { Charter } from '../../src/protocol/charter.ts';
import type { ServerMessage, WireMember } from '../../src/protocol/messages.ts';
import { SignalingConnection } from '../../src/signaling/connection.ts';
import { seeded } from '../../src/platform/seeded.ts';
import { Time, platformOn } from '../links/world.ts';
import { FakeServer, view as firstView, welcome } from '../signaling/fake-server.ts';
import { RealMember, until } from '../transports/real-member.ts';

type ViewMessage = Extract<ServerMessage, { readonly type: 'view' }>;

const member = (id: string, info: WireMember['info'] = null): WireMember => ({ id, info, host: 'here' });
const changed = (from: number, news: Partial<ViewMessage>): ViewMessage => ({
  ...firstView,
  members: [],
  from,
  n: from + 1,
  ...news,
});
const whole = (n: number, ...ids: string[]): ViewMessage => changed(0, { n, members: ids.map((id) => member(id)) });

/** A discovery that has entered a room with these others. */
async function inRoom(...others: string[]): ReturnType<typeof enter> {
  return enter(others);
}

async function enter(
  others: readonly string[],
  charter?: Charter,
): Promise<{
  time: Time;
  server: FakeServer;
  discovery: SignalingDiscovery;
  views: { view: View; change: ViewChange }[];
  statuses: DiscoveryStatus[];
  hints: string[];
  asked: number[];
  contact: string[];
  say(...messages: ServerMessage[]): Promise<void>;
  ids(): string[];
  syncs(): number;
}> {
  const time = new Time();
  const server = new FakeServer(time);
  const platform = platformOn(time, seeded(3));
  const welcomed = server.onMessage;
  server.onMessage = (socket, message) => {
    if (message.type !== 'join') return welcomed(socket, message);
    socket.say(welcome, whole(5, 'self', ...others));
  };
  const connection = new SignalingConnection({
    url: 'ws://example.org',
    room: 'room',
    self: 'self',
    platform,
    WebSocket: server.socketClass(),
    ...(charter && { charter }),
  });
  const contact: string[] = [];
  const discovery = new SignalingDiscovery(connection, platform.timers, new Clocks(platform.clock));
  const views: { view: View; change: ViewChange }[] = [];
  const statuses: DiscoveryStatus[] = [];
  const hints: string[] = [];
  const asked: number[] = [];
  discovery.start(member('self'), {
    onView: (view, change) => {
      views.push({ view, change });
      contact.push(`view ${view.epoch}`);
    },
    onContact: () => void contact.push('contact'),
    onHint: (id) => void hints.push(id),
    onStatus: (status) => void statuses.push(status),
    onError: () => undefined,
    onAskPledge: (epoch) => void asked.push(epoch),
  });
  await time.run(10);
  return {
    time,
    server,
    discovery,
    views,
    statuses,
    hints,
    asked,
    contact,
    say: async (...messages) => {
      for (const message of messages) server.last.say(message);
      await time.run(5);
    },
    ids: () => [...views.at(-1)!.view.members.keys()].toSorted(),
    syncs: () => server.last.heard.filter(({ type }) => type === 'sync').length,
  };
}

test('the welcome is the first view, and those that follow change it by exactly what they say', async () => {
  const { say, views, ids } = await inRoom('b', 'c');
  expect(views[0]!.view).toMatchObject({ era: 'era-1', n: 5, founder: 'self', epoch: 1 });
  expect(views[0]!.change).toEqual({ joined: ['self', 'b', 'c'], bye: [] });
  await say(changed(5, { members: [member('d'), member('b', 'new')], bye: ['c'] }));
  expect(views[1]!.change).toEqual({ joined: ['d'], bye: ['c'] });
  expect(views[1]!.view.members.get('b')).toEqual(member('b', 'new'));
  expect(views[1]!.view.n).toBe(6);
  expect(ids()).toEqual(['b', 'd', 'self']);
});

test('D2: a gap asks for the whole view, once, and nothing is guessed meanwhile', async () => {
  const { say, views, ids, syncs } = await inRoom('b');
  await say(changed(7, { members: [member('z')] }), changed(8, { bye: ['b'] }));
  expect(views).toHaveLength(1);
  expect(syncs()).toBe(1);
  await say(whole(9, 'self', 'y', 'z'));
  expect(ids()).toEqual(['self', 'y', 'z']);
  expect(views.at(-1)!.change).toEqual({ joined: ['y', 'z'], bye: [] });
  await say(changed(11, {}));
  expect(syncs()).toBe(2);
});

test('D2: a view in several frames is shown when it is whole, and one cut off with its connection never', async () => {
  const { say, views, ids, server, time } = await inRoom('b', 'x', 'y');
  await say(changed(5, { gone: ['x'], more: true }), changed(5, { bye: ['y'], members: [member('c')], more: true }));
  expect(views).toHaveLength(1);
  await say(changed(5, { members: [member('d')] }));
  expect(views).toHaveLength(2);
  expect(views[1]!.change).toEqual({ joined: ['c', 'd'], bye: ['y'] });
  expect(ids()).toEqual(['b', 'c', 'd', 'self']);

  await say(changed(6, { gone: ['b', 'c'], more: true }));
  server.last.end(1006);
  await time.run(2_000);
  await say(changed(6, { members: [member('e')] }));
  expect(ids()).toEqual(['b', 'c', 'd', 'e', 'self']);
});

test('D2: views that are older than what is known change nothing', async () => {
  const { say, views, syncs } = await inRoom('b');
  await say(changed(5, { members: [member('c')] }));
  await say(changed(5, { members: [member('c')] }), changed(3, { gone: ['b'] }), whole(5, 'self'));
  expect(views).toHaveLength(2);
  expect(syncs()).toBe(0);
});

test('D1: losing the server, and failing to reach it again, changes no view', async () => {
  const { time, server, views, statuses } = await inRoom('b', 'c');
  server.onConnect = (socket) => socket.end(1006);
  server.last.end(1006);
  await time.run(600_000);
  expect(server.sockets.length).toBeGreaterThan(10);
  expect(statuses).toEqual(['online', 'offline']);
  expect(views).toHaveLength(1);
});

/** The server comes back without a memory, and at first only this member with it. */
async function restart(room: Awaited<ReturnType<typeof inRoom>>): Promise<void> {
  room.server.onMessage = (socket, message) => {
    if (message.type === 'join') socket.say(welcome, { ...firstView, era: 'era-2', epoch: 2 });
    if (message.type === 'ping') socket.say({ type: 'pong', nonce: message.nonce });
  };
  room.server.last.end(1006);
  await room.time.run(2_000);
}

test('D2: a new era only adds; who does not come back within the longest backoff is gone in the end', async () => {
  const room = await inRoom('b', 'c');
  await restart(room);
  expect(room.views[1]!.view).toMatchObject({ era: 'era-2', n: 1, epoch: 2 });
  expect(room.views[1]!.change).toEqual({ joined: [], bye: [] });
  expect(room.ids()).toEqual(['b', 'c', 'self']);

  await room.say(changed(1, { members: [member('b')], era: 'era-2' }));
  expect(room.views[2]!.change).toEqual({ joined: [], bye: [] });
  await room.time.run(25_000);
  expect(room.ids()).toEqual(['b', 'c', 'self']);
  await room.time.run(40_000);
  expect(room.views.at(-1)!.change).toEqual({ joined: [], bye: [] });
  expect(room.ids()).toEqual(['b', 'self']);
});

test('D1, D2: nobody kept from a former era is given up while the server is out of reach', async () => {
  const room = await inRoom('b');
  await restart(room);
  const { onMessage } = room.server;
  room.server.onConnect = (socket) => socket.end(1006);
  room.server.last.end(1006);
  await room.time.run(300_000);
  expect(room.ids()).toEqual(['b', 'self']);
  room.server.onConnect = (socket) => socket.open();
  room.server.onMessage = onMessage;
  await room.time.run(31_000);
  expect(room.ids()).toEqual(['b', 'self']);
  await room.time.run(60_000);
  expect(room.ids()).toEqual(['self']);
});

test('a hint of the server is passed on, and changes no view', async () => {
  const { say, hints, views } = await inRoom('b', 'c');
  await say({ type: 'hint', channel: 0, id: 'c' });
  expect(hints).toEqual(['c']);
  expect(views).toHaveLength(1);
});

test('this member is in its own view, whatever the server says', async () => {
  const { say, ids, views } = await inRoom('b');
  await say(changed(5, { bye: ['self'] }));
  expect(ids()).toEqual(['b', 'self']);
  expect(views.at(-1)!.change.bye).toEqual([]);
});

test('a new info goes to the server, and along when it comes back; leave says goodbye, abandon says nothing', async () => {
  const { server, time, discovery, views } = await inRoom('b');
  discovery.setInfo({ name: 'Ada' });
  expect(server.last.heard.at(-1)).toEqual({ type: 'info', channel: 0, info: { name: 'Ada' } });
  server.last.end(1006);
  await time.run(2_000);
  expect(server.last.heard[1]).toMatchObject({ type: 'join', info: { name: 'Ada' }, resume: 'secret-1' });
  const before = views.length;
  discovery.leave();
  expect(server.last.heard.at(-1)).toEqual({ type: 'leave', channel: 0 });

  const other = await inRoom('b');
  other.discovery.abandon();
  expect(other.server.last.heard.map(({ type }) => type)).toEqual(['hello', 'join']);
  await time.run(60_000);
  expect(views).toHaveLength(before);
});

let real: Standalone | null = null;
let members: RealMember[] = [];

afterEach(async () => {
  for (const one of members) one.leave();
  members = [];
  await real?.close();
  real = null;
});

test('on the real server: members find each other and talk over the relay, also after it was stopped and came back', async () => {
  real = await serveSignaling({ port: 0, host: '127.0.0.1' });
  const { url, port } = real;
  members = [new RealMember(url), new RealMember(url), new RealMember(url)];
  const [a, b, c] = members as [RealMember, RealMember, RealMember];
  const allTalk = async (word: string): Promise<void> => {
    for (const one of members)
      for (const other of members)
        if (one !== other) void one.links.send(other.id, 't', word, 'urgent').catch(() => undefined);
    await until(() => members.every(({ heard }) => heard.filter((value) => value === word).length === 2), word);
  };
  await until(() => members.every((one) => one.members.size === 3), 'all know each other');
  await allTalk('before');
  await a.links.send(b.id, 't', new Uint8Array(200_000), 'bulk');
  await until(() => b.heard.some((value) => value instanceof Uint8Array), 'bytes over the relay');

  await real.close({ drainMs: 0 });
  real = await serveSignaling({ port, host: '127.0.0.1' });
  await allTalk('after');
  expect(members.map((one) => one.members.size)).toEqual([3, 3, 3]);
  expect([...a.resets, ...b.resets, ...c.resets]).toEqual([]);

  c.leave();
  await until(() => a.members.size === 2 && b.members.size === 2, 'the goodbye of one is known to the others');
}, 60_000);

const standing = { lastIndex: 3, lastTerm: 5, configuration: [], promisedMs: 0 };

test('views bring epoch, founder and witness, and how long a room that is not founded waits at most', async () => {
  const { say, views } = await inRoom('b');
  await say(changed(5, { epoch: 0, founder: null, witness: null, foundsInMs: 900 }));
  expect(views.at(-1)!.view).toMatchObject({ n: 6, epoch: 0, founder: null, witness: null, foundsInMs: 900 });
  await say(changed(6, { epoch: 9, founder: 'b', witness: 'w', continues: 1 }));
  expect(views.at(-1)!.view).toMatchObject({ n: 7, epoch: 9, founder: 'b', witness: 'w', continues: 1 });
  expect(views.at(-1)!.view.foundsInMs).toBeUndefined();
});

test('who was asked for a pledge gives it once it is there', async () => {
  const { say, discovery, server, asked } = await inRoom('b');
  discovery.stand({ type: 'standing', epoch: 1, standing });
  await say({ type: 'ask-pledge', channel: 0, epoch: 1 });
  expect(asked).toEqual([1]);
  discovery.stand({ type: 'pledge', epoch: 1, standing });
  expect(server.last.heard.slice(-2)).toEqual([
    { type: 'standing', channel: 0, epoch: 1, standing },
    { type: 'pledge', channel: 0, epoch: 1, standing },
  ]);
});

test('a goodbye says where the core stood', async () => {
  const { discovery, server } = await inRoom('b');
  discovery.leave({ epoch: 1, standing });
  expect(server.last.heard.at(-1)).toEqual({ type: 'leave', channel: 0, pledge: { epoch: 1, standing } });
});

const charter: Charter = {
  elector: 'quorum',
  quorum: { witness: 'anchor', maxVoters: 5, minLeaseMs: 250, maxLeaseMs: 5000, charterMs: 120_000 },
};
const joins = (server: FakeServer) =>
  server.sockets.flatMap(({ heard }) => heard.filter((message) => message.type === 'join'));

test('Q2: a welcome is contact only once a view has shown that no later epoch was founded meanwhile', async () => {
  const { time, server, contact, say } = await enter(['b'], charter);
  expect(contact.splice(0)).toEqual(['view 1', 'contact']);
  server.onMessage = (socket, { type }) => {
    if (type === 'join') socket.say(welcome); // the view is held back while an epoch is being founded
  };
  server.last.end(1006);
  await time.run(5_000);
  expect(contact).toEqual([]);
  await say({ ...whole(1, 'self'), era: 'era-2', epoch: 2 });
  expect(contact).toEqual(['view 2', 'contact']);
});

test('Q2: with a server that has forgotten the epoch there is no contact, until it knows it again', async () => {
  const { time, server, contact, say } = await enter(['b'], charter);
  server.onMessage = (socket, message) => {
    if (message.type === 'join') socket.say(welcome, { ...whole(1, 'self'), era: 'era-2', epoch: 0, founder: null });
    if (message.type === 'ping') socket.say({ type: 'pong', nonce: message.nonce });
  };
  contact.length = 0;
  server.last.end(1006);
  await time.run(30_000);
  expect(contact).toEqual(['view 0']);
  await say({ ...whole(2, 'self'), era: 'era-2', epoch: 1, founder: null });
  expect(contact).toEqual(['view 0', 'view 1', 'contact']);
});

test('a member that comes back claims its epoch, and says whether it was out of contact for the length of its charter', async () => {
  const { time, server } = await enter(['b'], charter);
  const welcomed = server.onConnect;
  server.last.end(1006);
  await time.run(10_000);
  server.onConnect = () => undefined;
  server.last.end(1006);
  await time.run(119_000);
  server.onConnect = welcomed;
  await time.run(60_000);
  expect(joins(server).map(({ epoch, lapsed }) => [epoch, lapsed])).toEqual([
    [undefined, undefined],
    [1, false],
    [1, true],
  ]);
});
