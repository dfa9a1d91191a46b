import { expect, test } from 'vitest';
import { virtualClock, type VirtualPlatform } from '../../src/platform/virtual.ts';
import type { Charter } from '../../src/protocol/charter.ts';
import { defaultLimits } from '../../src/protocol/limits.ts';
import type { RelayEntry } from '../../src/protocol/relay-frame.ts';
import { TokenBucket } from '../../src/core/token-bucket.ts';
import { SignalingConnection, type SignalingConnectionOptions } from '../../src/signaling/connection.ts';
import type { ConnectionStatus, RoomMessage } from '../../src/signaling/listener.ts';
import { Relay } from '../../src/signaling/relay.ts';
import { seeded } from '../../src/platform/seeded.ts';
import { Time, platformOn } from '../links/world.ts';
import { FakeServer, view, welcome } from './fake-server.ts';

interface World {
  readonly time: Time;
  readonly server: FakeServer;
  readonly connection: SignalingConnection;
  readonly relay: Relay;
  readonly statuses: ConnectionStatus[];
  readonly messages: RoomMessage[];
  readonly relayed: RelayEntry[];
  readonly errors: string[];
}

function unheard(options: Partial<SignalingConnectionOptions> = {}, seed = 1) {
  const time = new Time();
  const server = new FakeServer(time);
  const platform = platformOn(time, seeded(seed));
  const connection = new SignalingConnection({
    url: 'wss://example.org/path?key=hush',
    room: 'room',
    self: 'self',
    platform,
    WebSocket: server.socketClass(),
    ...options,
  });
  return { time, server, connection, relay: new Relay(connection, platform) };
}

function world(options: Partial<SignalingConnectionOptions> = {}, seed = 1): World {
  const { relay, ...parts } = unheard(options, seed);
  const { connection } = parts;
  const made: World = { ...parts, relay, statuses: [], messages: [], relayed: [], errors: [] };
  connection.listen({
    onStatus: (status) => void made.statuses.push(status),
    onMessage: (message) => void made.messages.push(message),
    onError: (error) => void made.errors.push(`${error.code}: ${error.message}`),
  });
  relay.listen({ onRelay: (arrived) => void made.relayed.push(arrived) });
  return made;
}

const self = { info: { name: 'Ada' }, host: 'here' };
const charter: Charter = {
  elector: 'quorum',
  quorum: { witness: 'anchor', maxVoters: 5, minLeaseMs: 250, maxLeaseMs: 5_000, charterMs: 12_000 },
};

function entry(peer: string, bytes: number, port: 0 | 1 = 0): RelayEntry {
  return { peer, port, payload: new Uint8Array(bytes) };
}

test('hello and join leave in the same breath, and the first welcome makes it online', async () => {
  const { time, server, connection, statuses, messages } = world({ token: () => Promise.resolve('key') });
  connection.start(self);
  await time.run(0);
  expect(server.last.heard).toEqual([
    { type: 'hello', version: 1, token: 'key' },
    { type: 'join', channel: 0, room: 'room', id: 'self', info: { name: 'Ada' }, host: 'here' },
  ]);
  await time.run(1);
  expect(statuses).toEqual(['online']);
  expect(messages).toEqual([view]);
});

test('each join says the info that was set last, and the host of that moment', async () => {
  const { time, server, connection } = world();
  const member = { info: 'first', host: 'here' };
  connection.start(member);
  await time.run(1);
  connection.setInfo('second');
  member.host = 'there';
  server.last.end(1006);
  await time.run(1_000);
  expect(server.sockets).toHaveLength(2);
  expect(server.last.heard).toContainEqual(expect.objectContaining({ type: 'join', info: 'second', host: 'there' }));
});

test('what the info became between the join and its welcome is said behind the welcome, once', async () => {
  const { time, server, connection } = world();
  server.onConnect = (socket) => time.after(5, () => socket.open());
  server.onMessage = () => {};
  connection.start(self);
  await time.run(1);
  connection.setInfo('second');
  await time.run(5);
  connection.setInfo('third');
  connection.setInfo('fourth');
  server.last.say(welcome, view);
  await time.run(2);
  connection.setInfo('fifth');
  expect(server.last.heard.slice(1)).toEqual([
    expect.objectContaining({ type: 'join', info: 'second' }),
    { type: 'info', channel: 0, info: 'fourth' },
    { type: 'info', channel: 0, info: 'fifth' },
  ]);
});

test('an info that came too late for the join, and is too large, is told, and is said neither then nor at the next join', async () => {
  const { time, server, connection, statuses, errors } = world();
  server.onMessage = () => {};
  connection.start(self);
  await time.run(1);
  connection.setInfo('x'.repeat(defaultLimits.maxInfoBytes));
  server.last.say(welcome, view);
  await time.run(2);
  expect(errors).toEqual(['too-large: the info takes 1026 bytes of JSON; at most 1024 are allowed']);
  server.last.end(1006);
  await time.run(2_000);
  expect(server.sockets).toHaveLength(2);
  for (const { heard } of server.sockets)
    expect(heard).toEqual([
      expect.objectContaining({ type: 'hello' }),
      expect.objectContaining({ type: 'join', info: self.info }),
    ]);
  expect(statuses).toEqual(['online', 'offline']);
});

test('reconnecting: the first try within a second, then full jitter up to 30 s, spread over clients, for ever', async () => {
  const firsts: number[] = [];
  for (let seed = 1; seed <= 30; seed++) {
    const { time, server, connection } = world({}, seed);
    server.onConnect = (socket) => socket.end(1006);
    connection.start(self);
    await time.run(600_000);
    const waits = server.sockets.slice(1).map((socket, at) => socket.madeMs - server.sockets[at]!.madeMs);
    firsts.push(waits[0]!);
    expect(waits.length, 'tries in ten minutes').toBeGreaterThan(20);
    for (const [at, waitMs] of waits.entries())
      expect(waitMs).toBeLessThanOrEqual(Math.min(500 * 2 ** (at + 1), 30_000));
    expect(Math.max(...waits)).toBeGreaterThan(5_000);
  }
  expect(Math.min(...firsts)).toBeLessThan(300);
  expect(Math.max(...firsts)).toBeGreaterThan(700);
});

test('a page that may not open the socket is told what it needs', async () => {
  const { time, connection, errors } = world({
    WebSocket: function refuse(): never {
      throw new DOMException('An insecure connection may not be initiated here.', 'SecurityError');
    } as never,
  });
  connection.start(self);
  await time.run(0);
  expect(errors).toEqual([expect.stringContaining('pages on https: need a wss: URL')]);
});

test('the backoff starts over only after the connection was well for a while', async () => {
  const { time, server, connection } = world();
  server.onConnect = (socket) => {
    socket.open();
    time.after(1_000, () => socket.end(1006));
  };
  connection.start(self);
  await time.run(300_000);
  const shortLived = server.sockets.length;
  expect(shortLived, 'a server that lets in and drops is not hammered').toBeLessThan(40);

  server.onConnect = (socket) => socket.open();
  await time.run(60_000);
  const lostMs = time.nowMs;
  server.last.end(1006);
  await time.run(1_000);
  expect(server.last.madeMs - lostMs).toBeLessThanOrEqual(1_000);
  expect(connection.status).toBe('online');
});

test('what was tried is told: where, how it ended, which attempt, when the next is; and nothing that may be secret', async () => {
  const { time, server, connection, errors } = world();
  server.onConnect = (socket) => socket.end(4003, 'too fast');
  connection.start(self);
  await time.run(1);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(
    /^connect-failed: wss:\/\/example\.org\/path: .*code 4003, too fast \(attempt 1\); next try in \d\.\d s$/,
  );
  expect(errors[0], 'nothing was heard from there').toContain('is the server there, and is that its path?');
  server.onConnect = (socket) => {
    socket.open();
    time.after(5, () => socket.end(1006));
  };
  await time.run(3_000);
  expect(errors[1], 'something was').toMatch(/the connection was lost: code 1006/);
});

test('a socket that never opens, one that cannot be made, and a token that cannot be had are failures like others', async () => {
  const silent = world();
  silent.server.onConnect = () => undefined;
  silent.connection.start(self);
  await silent.time.run(11_500);
  expect(silent.errors[0]).toContain('no welcome within 10 s');
  expect(silent.server.sockets).toHaveLength(2);

  const broken = world({
    WebSocket: function refuse() {
      throw new SyntaxError('bad URL');
    } as never,
  });
  broken.connection.start(self);
  await broken.time.run(5_000);
  expect(broken.errors.length).toBeGreaterThan(1);

  let asked = 0;
  const tokenless = world({
    token: () => (++asked < 3 ? Promise.reject(new Error('no key')) : Promise.resolve('key')),
  });
  tokenless.connection.start(self);
  await tokenless.time.run(10_000);
  expect(tokenless.errors).toHaveLength(2);
  expect(tokenless.errors[0]).toContain('token() failed');
  expect(tokenless.connection.status).toBe('online');
});

test('a drain is waited out and is no error', async () => {
  const { time, server, connection, statuses, errors } = world();
  connection.start(self);
  await time.run(100);
  server.last.say({ type: 'drain', retryAfterMs: 5_000 });
  await time.run(10);
  const closedMs = time.nowMs;
  server.last.end(4000, 'drain');
  await time.run(7_000);
  expect(server.sockets[1]!.madeMs - closedMs).toBeGreaterThanOrEqual(5_000);
  expect(statuses).toEqual(['online', 'offline', 'online']);
  expect(errors).toEqual([]);
});

test('codes from 4500 to 4999, and refusals that would be repeated, end it for good', async () => {
  for (const code of [4500, 4501, 4503, 4999]) {
    const { time, server, connection, errors } = world();
    server.onConnect = (socket) => socket.end(code, 'because');
    connection.start(self);
    await time.run(120_000);
    expect(server.sockets).toHaveLength(1);
    expect(errors).toEqual([expect.stringMatching(/^rejected: .*because$/)]);
  }
  const { time, server, connection, errors } = world();
  server.onMessage = (socket, { type }) => {
    if (type === 'join') socket.say({ type: 'error', code: 'unauthorised', message: 'no', channel: 0 });
  };
  connection.start(self);
  await time.run(120_000);
  expect(server.sockets).toHaveLength(1);
  expect(errors).toEqual([expect.stringMatching(/^rejected: .*unauthorised/)]);
});

test('an info that the server does not take is too large: at once where its limit is known, and else at the door', async () => {
  const { time, server, connection, errors } = world();
  connection.start(self);
  await time.run(1_000);
  connection.setInfo('x'.repeat(1_022));
  expect(() => connection.setInfo('x'.repeat(1_023))).toThrow(
    expect.objectContaining({ code: 'too-large', message: expect.stringMatching(/1025 bytes .* 1024/) }),
  );
  expect(server.last.heard.filter(({ type }) => type === 'info')).toHaveLength(1);
  expect(errors).toEqual([]);

  const refused = world();
  refused.server.onMessage = (socket, { type }) => {
    if (type === 'join') socket.say({ type: 'error', code: 'too-large', message: 'more than 1024', channel: 0 });
  };
  refused.connection.start(self);
  await refused.time.run(120_000);
  expect(refused.server.sockets).toHaveLength(1);
  expect(refused.errors).toEqual([expect.stringMatching(/^too-large: .*more than 1024/)]);
});

test('it comes back with the secret of the last welcome; whose secret is refused, and its bare id, is to come as another', async () => {
  const { time, server, connection, errors } = world();
  const secrets: (string | undefined)[] = [];
  let welcomes = 0;
  let refuse = false;
  server.onMessage = (socket, message) => {
    if (message.type !== 'join') return;
    secrets.push(message.resume);
    if (refuse) socket.say({ type: 'error', code: 'id-taken', message: 'no', channel: 0 });
    else socket.say({ ...welcome, resume: `secret-${++welcomes}` });
  };
  connection.start(self);
  await time.run(100);
  server.last.end(1006);
  await time.run(2_000);
  refuse = true;
  server.last.end(1006);
  await time.run(200_000);
  expect(secrets).toEqual([undefined, 'secret-1', 'secret-2', 'secret-2', 'secret-2', undefined]);
  expect(errors.at(-1)).toMatch(/^superseded: .*id-taken/);
});

test('the id of a member that lost its first welcome stays taken: it asks a while, and is to come as another', async () => {
  const { time, server, connection, statuses, errors } = world();
  server.onMessage = () => undefined; // welcomed while the page was frozen
  connection.start(self);
  await time.run(10_000);
  server.onMessage = (socket, { type }) => {
    if (type === 'join') socket.say({ type: 'error', code: 'id-taken', message: 'no', channel: 0 });
  };
  await time.run(200_000);
  expect(server.sockets).toHaveLength(4);
  expect(errors.map((error) => error.replace(/:.*/, ''))).toEqual([
    ...['connect-failed', 'connect-failed', 'connect-failed'],
    'superseded',
  ]);
  expect(statuses).toEqual(['offline']);
});

test('an idle connection pings, and one that is silent is given up after 1.5 heartbeats', async () => {
  const { time, server, connection, statuses } = world();
  connection.start(self);
  await time.run(60_000);
  const pings = server.last.heard.filter(({ type }) => type === 'ping').length;
  expect(pings).toBeGreaterThanOrEqual(5);
  expect(server.sockets).toHaveLength(1);

  server.onMessage = () => undefined;
  const silentMs = time.nowMs;
  await time.run(26_000, () => statuses.includes('offline'));
  expect(time.nowMs - silentMs).toBeLessThanOrEqual(25_000);
});

test('silence is noticed also while this member keeps sending', async () => {
  const { time, server, connection, relay, statuses } = world();
  connection.start(self);
  await time.run(100);
  server.onMessage = () => undefined;
  for (let second = 0; second < 20 && !statuses.includes('offline'); second++) {
    relay.send(entry('b', 10), 'urgent');
    await time.run(1_000);
  }
  expect(statuses).toEqual(['online', 'offline']);
});

test('a member that slept does not take its own sleep for silence of the server', async () => {
  const { time, server, connection, statuses } = world();
  connection.start(self);
  await time.run(5_000);
  time.nowMs += 600_000;
  await time.run(30_000);
  expect(statuses).toEqual(['online']);
  expect(server.sockets).toHaveLength(1);
});

test('a sleep that begins between a ping and its answer is no silence either', async () => {
  const { time, server, connection, statuses } = world();
  connection.start(self);
  await time.run(9_000);
  server.onMessage = () => undefined; // the answer waits while the member sleeps
  await time.run(2_000);
  expect(server.last.heard.at(-1)).toMatchObject({ type: 'ping' });
  time.nowMs += 600_000;
  await time.run(100);
  server.onMessage = (socket, message) => {
    if (message.type === 'ping') socket.say({ type: 'pong', nonce: message.nonce });
  };
  await time.run(30_000);
  expect(statuses).toEqual(['online']);
  expect(server.sockets).toHaveLength(1);
});

test('a token that expired is no error: it is back at once, with another token and under its old place', async () => {
  let tokens = 0;
  const { time, server, connection, errors } = world({ token: () => Promise.resolve(`token-${++tokens}`) });
  connection.start(self);
  await time.run(60_000);
  server.last.say({ type: 'drain', retryAfterMs: 0 });
  await time.run(1);
  server.last.end(4004, 'the token expired');
  await time.run(3);
  expect(connection.status).toBe('online');
  expect(server.last.heard).toMatchObject([
    { type: 'hello', token: 'token-2' },
    { type: 'join', resume: 'secret-1' },
  ]);
  expect(errors).toEqual([]);
});

test('a server that ends each connection as soon as it has begun is not hammered, whatever it announces', async () => {
  const { time, server, connection } = world();
  const { onMessage } = server;
  server.onMessage = (socket, message) => {
    onMessage(socket, message);
    if (message.type !== 'join') return;
    socket.say({ type: 'drain', retryAfterMs: 0 });
    time.after(10, () => socket.end(4004));
  };
  connection.start(self);
  await time.run(300_000);
  expect(server.sockets.length).toBeLessThan(40);
});

test('a runtime without a WebSocket is told of at once, with what to do', () => {
  const options = { url: 'wss://example.org', room: 'room', self: 'self' };
  expect(() => new SignalingConnection({ ...options, platform: platformOn(new Time(), seeded(1)) })).toThrow(
    new TypeError('this runtime has no WebSocket: give one as the option WebSocket'),
  );
});

test('goodbye sends what is urgent, then leave, then closes, all within the call, and no event follows', async () => {
  const { time, server, connection, relay, statuses } = world();
  connection.start(self);
  await time.run(100);
  const socket = server.last;
  relay.send(entry('b', 10), 'urgent');
  connection.goodbye();
  expect(socket.heard.slice(2)).toEqual([
    { type: 'relay', entries: [entry('b', 10)] },
    { type: 'leave', channel: 0 },
  ]);
  expect(socket.closedByClient).toBe(true);
  await time.run(60_000);
  expect(statuses).toEqual(['online']);
  expect(server.sockets).toHaveLength(1);
});

test('who leaves before its welcome has come says so, and who leaves before its socket is open says nothing', async () => {
  const { time, server, connection } = world();
  server.onMessage = () => undefined;
  connection.start(self);
  await time.run(100);
  connection.goodbye();
  expect(server.last.heard.map(({ type }) => type)).toEqual(['hello', 'join', 'leave']);
  expect(server.last.closedByClient).toBe(true);

  const slow = world();
  slow.server.onConnect = () => undefined;
  slow.connection.start(self);
  await slow.time.run(100);
  slow.connection.goodbye();
  expect(slow.server.last.heard).toEqual([]);
  expect(slow.server.last.closedByClient).toBe(true);
});

test('what is relayed within one turn shares a frame, urgent before bulk', async () => {
  const { time, server, connection, relay } = world();
  connection.start(self);
  await time.run(100);
  relay.send(entry('b', 30), 'bulk');
  relay.send(entry('b', 10), 'urgent');
  relay.send(entry('c', 20), 'urgent');
  await time.run(0);
  expect(server.last.heard.slice(2)).toEqual([
    { type: 'relay', entries: [entry('b', 10), entry('c', 20), entry('b', 30)] },
  ]);
});

test('small urgent messages, more of them than there may be frames, neither hold up bulk nor are lost behind it', async () => {
  const { time, server, connection, relay } = world();
  let [urgent, bulk] = [0, 0];
  server.onRelay = (entries) => {
    for (const { payload } of entries) {
      if (payload.byteLength === 10) urgent++;
      else bulk++;
    }
  };
  connection.start(self);
  await time.run(100);
  for (let count = 0; count < 2_000; count++) relay.send(entry('b', 100), 'bulk');
  for (let tick = 0; tick < 1_000; tick++) {
    relay.send(entry('c', 10), 'urgent');
    await time.run(10);
  }
  await time.run(1_000);
  expect([urgent, bulk]).toEqual([1_000, 1_024]);
});

test('what is relayed before anybody listens is heard by the first who do, in order', async () => {
  const { time, server, connection, relay } = unheard();
  connection.start(self);
  await time.run(100);
  for (const bytes of [1, 2, 3]) server.last.relay([entry('b', bytes, bytes === 2 ? 1 : 0)]);
  await time.run(1);
  const heard: string[] = [];
  const note = (who: string) => relay.listen({ onRelay: (one) => heard.push(`${who} ${one.payload.byteLength}`) });
  note('link');
  note('signal');
  await time.run(0);
  expect(heard).toEqual(['link 1', 'signal 1', 'link 2', 'signal 2', 'link 3', 'signal 3']);
  note('late');
  server.last.relay([entry('b', 4)]);
  await time.run(1);
  expect(heard.slice(6)).toEqual(['link 4', 'signal 4', 'late 4']);
});

test('of what is relayed while nobody listens so much is kept as a room may say, and no more', async () => {
  const { time, server, connection, relay } = unheard();
  connection.start(self);
  await time.run(100);
  for (let sent = 0; sent < 300; sent++) server.last.relay([entry('b', 10)]);
  await time.run(1);
  let heard = 0;
  relay.listen({ onRelay: () => void heard++ });
  await time.run(0);
  expect(heard).toBe(64);
});

test('however much is to be relayed, the server never has to drop a frame, and urgent ones do not wait', async () => {
  const { time, server, connection, relay } = world();
  const { messagesPerSecond, bytesPerSecond } = defaultLimits;
  const frames = new TokenBucket(messagesPerSecond, 2 * messagesPerSecond);
  const bytes = new TokenBucket(bytesPerSecond, 2 * bytesPerSecond);
  let dropped = 0;
  let bulk = 0;
  const beats: number[] = [];
  server.onRelay = (entries, size) => {
    if (!frames.take(1, time.nowMs) || !bytes.take(size, time.nowMs)) dropped++;
    for (const { payload } of entries) {
      if (payload.byteLength === 8)
        beats.push(time.nowMs - new DataView(payload.buffer, payload.byteOffset).getFloat64(0));
      else bulk += payload.byteLength;
    }
  };
  connection.start(self);
  await time.run(100);
  for (let tick = 0; tick < 600; tick++) {
    while (relay.queuedBytes('b') < 64 * 1024) relay.send(entry('b', 12_000), 'bulk');
    if (tick % 4 === 0) {
      const beat = new Uint8Array(8);
      new DataView(beat.buffer).setFloat64(0, time.nowMs);
      for (const peer of ['b', 'c', 'd']) relay.send({ peer, port: 0, payload: beat }, 'urgent');
    }
    await time.run(25);
  }
  expect(dropped).toBe(0);
  expect(bulk).toBeGreaterThan(0.75 * 15 * bytesPerSecond);
  expect(beats).toHaveLength(450);
  expect(Math.max(...beats)).toBe(0);
});

test('told to slow down, it does', async () => {
  const { time, server, connection, relay, errors } = world();
  connection.start(self);
  await time.run(100);
  server.last.say({ type: 'error', code: 'rate-limited', message: 'slow down', channel: 0 });
  await time.run(1);
  let relayed = 0;
  server.onRelay = () => void relayed++;
  relay.send(entry('b', 30_000), 'urgent');
  await time.run(10);
  expect(relayed).toBe(0);
  await time.run(1_000);
  expect(relayed).toBe(1);
  expect(errors).toEqual([expect.stringMatching(/^rate-limited: .*slow down$/)]);
});

test('what the server may not say is reported and ignored', async () => {
  const { time, server, connection, statuses, errors, relayed } = world();
  connection.start(self);
  await time.run(100);
  for (const text of [
    'no JSON',
    '{"type":"bogus"}',
    '['.repeat(30_000) + ']'.repeat(30_000),
    '{"__proto__":{}}',
    '{"type":"delta"}',
  ])
    server.last.sayText(text);
  server.last.onmessage?.({ data: new Uint8Array([9, 9, 9]).buffer });
  server.last.relay([entry('b', 3)]);
  await time.run(10);
  expect(errors).toHaveLength(6);
  expect(errors.every((error) => error.startsWith('protocol: '))).toBe(true);
  expect(statuses).toEqual(['online']);
  expect(relayed).toEqual([entry('b', 3)]);
});

test.each<[string, (platform: VirtualPlatform) => void]>([
  ['a page that comes back into view', (platform) => platform.setVisible(true)],
  ['a member whose network is back', (platform) => platform.online()],
])('%s does not sit out a long wait, and does not hammer a server that has just failed', async (_who, comeBack) => {
  const time = new Time();
  const virtual = virtualClock().platform();
  const server = new FakeServer(time);
  const connection = new SignalingConnection({
    url: 'wss://example.org',
    room: 'room',
    self: 'self',
    platform: { ...platformOn(time, seeded(5)), lifecycle: virtual.lifecycle },
    WebSocket: server.socketClass(),
  });
  server.onConnect = (socket) => socket.end(1006);
  connection.start(self);
  await time.run(1);
  virtual.setVisible(false);
  comeBack(virtual);
  await time.run(0);
  expect(server.sockets, 'the first wait is at most a second: it is sat out').toHaveLength(1);
  await time.run(100_000);
  const before = server.sockets.length;
  server.onConnect = (socket) => socket.open();
  virtual.setVisible(false);
  comeBack(virtual);
  await time.run(5);
  expect(server.sockets).toHaveLength(before + 1);
  expect(connection.status).toBe('online');
  virtual.setVisible(false);
  comeBack(virtual);
  await time.run(5);
  expect(server.sockets, 'what works is not given up').toHaveLength(before + 1);
  connection.abandon();
  comeBack(virtual);
  await time.run(60_000);
  expect(server.sockets).toHaveLength(before + 1);
});

test('each join says the charter, and what is claimed by then, so that a server that forgot the room learns it', async () => {
  const { time, server, connection } = world({ charter });
  let claim = {};
  connection.start(self, () => claim);
  await time.run(5);
  claim = { epoch: 7, lapsed: false };
  server.last.end(1006);
  await time.run(10_000);
  const joins = server.sockets.map(({ heard }) => heard.find(({ type }) => type === 'join'));
  expect(joins).toEqual([
    expect.objectContaining({ charter }),
    expect.objectContaining({ charter, epoch: 7, lapsed: false }),
  ]);
  expect(joins[0]).not.toHaveProperty('epoch');
});

test('a member whose options differ from those of the room stays away, and says which one', async () => {
  const { time, server, connection, statuses, errors } = world({ charter });
  server.onMessage = (socket, { type }) => {
    if (type === 'join')
      socket.say({ type: 'error', code: 'charter-differs', message: 'maxVoters differs', channel: 0 });
  };
  connection.start(self);
  await time.run(120_000);
  expect(errors).toEqual([expect.stringMatching(/^options-differ: .*maxVoters differs/)]);
  expect(statuses).toEqual(['offline']);
  expect(server.sockets).toHaveLength(1);
});

test('where members elect without the server, nothing is claimed', async () => {
  const { time, server, connection } = world();
  connection.start(self, () => ({ epoch: 7, lapsed: false }));
  await time.run(5);
  expect(server.last.heard.find(({ type }) => type === 'join')).not.toHaveProperty('epoch');
});

test('a member whose epoch the server refuses is told so for good, and stays away', async () => {
  const { time, server, connection, errors } = world({ charter });
  server.onMessage = (socket, { type }) => {
    if (type === 'join') socket.say({ type: 'error', code: 'epoch-refused', message: 'no epoch 7', channel: 0 });
  };
  connection.start(self, () => ({ epoch: 7, lapsed: true }));
  await time.run(120_000);
  expect(errors).toEqual([expect.stringMatching(/^superseded: .*no epoch 7/)]);
  expect(server.sockets).toHaveLength(1);
});

test('contact: every question is announced as it leaves, and answered by the answer to the last of them alone', async () => {
  const { time, server, connection } = world({ charter });
  const contact: string[] = [];
  const answer = server.onMessage;
  server.onMessage = (socket, message) => {
    contact.push(message.type);
    if (message.type !== 'ping') answer(socket, message);
  };
  connection.listen({ onAsked: () => contact.push('asked'), onAnswered: () => contact.push('answered') });
  connection.start(self);
  await time.run(5);
  expect(contact).toEqual(['hello', 'asked', 'join', 'answered']);
  await time.run(2_000); // six times in 12 s
  expect(contact.splice(0)).toEqual(['hello', 'asked', 'join', 'answered', 'asked', 'ping']);
  const [nonce] = server.last.heard.flatMap((message) => (message.type === 'ping' ? [message.nonce] : []));
  server.last.say({ type: 'pong', nonce: nonce! - 1 });
  await time.run(5);
  expect(contact).toEqual([]);
  server.last.say({ type: 'pong', nonce: nonce! });
  await time.run(5);
  expect(contact).toEqual(['answered']);
});

test('a server that is farther away than pings are apart is waited for, and each answer is contact', async () => {
  const { time, server, connection, statuses } = world({ charter });
  let answered = 0;
  const answer = server.onMessage;
  server.onMessage = (socket, message) => {
    time.after(3_000, () => {
      if (message.type === 'ping') socket.say({ type: 'pong', nonce: message.nonce });
      else answer(socket, message);
    });
  };
  connection.listen({ onAnswered: () => answered++ });
  connection.start(self);
  await time.run(61_000);
  expect(statuses).toEqual(['online']);
  expect(server.sockets).toHaveLength(1);
  expect(answered).toBeGreaterThanOrEqual(10);
});

test('without a charter that runs out, the server is pinged no more often than it asks for', async () => {
  const { time, server, connection } = world();
  connection.start(self);
  await time.run(9_999);
  expect(server.last.heard.filter(({ type }) => type === 'ping')).toEqual([]);
  await time.run(10);
  expect(server.last.heard.filter(({ type }) => type === 'ping')).toHaveLength(1);
});
