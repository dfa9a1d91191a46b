import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { JoinRequest } from '../../src/server.ts';
import { addressBlock, addressOf } from '../../signaling-server/address.ts';
import { closeCodes } from '../../src/protocol/messages.ts';
import { encodeRelayFrame, ports } from '../../src/protocol/relay-frame.ts';
import { serving, TestClient, textsOf, until } from './serving.ts';

vi.setConfig({ testTimeout: 30_000 }); // real sockets, on a machine that may be busy

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What the server and its clients, which are of this process, hold on to. */
function usedBytes(): number {
  collectGarbage(); // may only end a collection that had begun, and leave what was dropped since
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const fast = { messagesPerSecond: 10_000, bytesPerSecond: 100_000_000 };

describe('cross-site hijacking', () => {
  const origins = ['https://example.org', 'http://localhost:5173'];

  test.each(['https://example.org', 'http://localhost:5173'])('a page of %s may connect', async (origin) => {
    const { url } = await serving({ origins });
    const page = await TestClient.join(url, 'ada', { origin });
    expect(page.closing).toBeNull();
  });

  test.each([
    'https://evil.example',
    'null',
    'http://example.org',
    'https://example.org.evil.example',
    'https://evilexample.org',
    'https://sub.example.org',
    'https://example.org:8443',
    'https://EXAMPLE.org',
    'https://example.org/',
    'http://localhost:5174',
    '',
  ])('a page of %j may not', async (origin) => {
    const server = await serving({ origins });
    const page = await TestClient.open(server.url, { headers: { origin } });
    page.say({ type: 'hello', version: 1 });
    page.say({ type: 'join', channel: 0, room: 'room', id: 'mallory', info: null, host: 'h' });
    expect(await page.closed()).toMatchObject({ code: closeCodes.forbidden });
    expect(page.messages).toEqual([]);
    expect(server.counters).toMatchObject({ refused: 1, accepted: 0, rooms: 0 });
  });

  test('what sends no Origin is no browser, and passes to authorize', async () => {
    const { url } = await serving({ origins });
    const process = await TestClient.join(url, 'ada');
    expect(process.closing).toBeNull();
  });
});

describe('authorize', () => {
  test('is asked for each join, with all there is to know', async () => {
    const asked: JoinRequest[] = [];
    const { url } = await serving({
      authorize(request) {
        asked.push(request);
        return request.token === 'open sesame';
      },
    });
    await TestClient.join(url, 'ada', { token: 'open sesame', origin: 'https://example.org' });
    expect(asked).toEqual([
      { token: 'open sesame', room: 'room', id: 'ada', origin: 'https://example.org', address: '127.0.0.1' },
    ]);
  });

  test.each([
    ['false', () => false],
    ['a promise of false', () => Promise.resolve(false)],
    ['something like true', () => 'yes' as unknown as boolean],
  ])('refuses on %s, whether the room exists or not', async (_name, authorize) => {
    const server = await serving({ authorize: (request) => request.id === 'ada' || authorize() });
    await TestClient.join(server.url, 'ada', { room: 'present' });
    const answers = [];
    for (const room of ['present', 'absent']) {
      const stranger = await TestClient.greet(server.url);
      stranger.say({ type: 'join', channel: 0, room, id: 'mallory', info: null, host: 'h' });
      answers.push(await stranger.heard('error'));
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toMatchObject({ code: 'unauthorised', channel: 0 });
    expect(server.counters).toMatchObject({ unauthorised: 2, rooms: 1, members: 1, errors: 0 });
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('the database is away');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the database is away'))],
  ])('refuses when it %s, and says so to onError alone', async (_name, authorize) => {
    const errors: unknown[] = [];
    const server = await serving({ authorize, onError: (error) => errors.push(error) });
    const stranger = await TestClient.greet(server.url);
    stranger.say({ type: 'join', channel: 0, room: 'room', id: 'mallory', info: null, host: 'h' });
    expect(await stranger.heard('error')).toMatchObject({
      code: 'unauthorised',
      message: 'this token does not open this room',
    });
    expect(errors).toEqual([new Error('the database is away')]);
    expect(server.counters.errors).toBe(1);
  });

  test('keeps what was sent behind the join behind it, however long it thinks', async () => {
    const answers: (() => void)[] = [];
    const server = await serving({
      authorize: ({ id }) => (id === 'bob' ? true : new Promise((resolve) => answers.push(() => resolve(true)))),
    });
    const bob = await TestClient.join(server.url, 'bob');
    const ada = await TestClient.greet(server.url);
    ada.say({ type: 'join', channel: 0, room: 'room', id: 'ada', info: null, host: 'h' });
    for (let i = 0; i < 50; i++) ada.relay('bob', String(i));
    ada.say({ type: 'join', channel: 1, room: 'second', id: 'ada', info: null, host: 'h' });
    ada.say({ type: 'ping', nonce: 5 });
    await until(() => answers.length === 1);
    await bob.roundTrip();
    expect(bob.entries).toEqual([]);
    answers[0]?.();
    await until(() => answers.length === 2);
    await ada.heard('view');
    await bob.roundTrip();
    expect(ada.messages.map(({ type }) => type)).toEqual(['welcome', 'view']);
    answers[1]?.();
    await ada.heard('pong');
    expect(ada.messages.map(({ type }) => type)).toEqual(['welcome', 'view', 'welcome', 'view', 'pong']);
    expect(textsOf(bob.entries)).toEqual(Array.from({ length: 50 }, (_, i) => `ada: ${i}`));
  });

  test('may take its time: a client that left meanwhile does not stay', async () => {
    let asked = false;
    let answer: () => void = () => undefined;
    const server = await serving({
      authorize() {
        asked = true;
        return new Promise((resolve) => (answer = () => resolve(true)));
      },
    });
    const ada = await TestClient.greet(server.url);
    ada.say({ type: 'join', channel: 0, room: 'room', id: 'ada', info: null, host: 'h' });
    await until(() => asked);
    ada.socket.terminate();
    answer();
    await until(() => server.counters.connections === 0);
    expect(server.counters).toMatchObject({ members: 0, errors: 0 });
  });
});

describe('forgery', () => {
  test("T2: whatever a client writes, its receivers read its own id, and another room's members read nothing", async () => {
    const { url } = await serving();
    const ada = await TestClient.join(url, 'ada');
    const bob = await TestClient.join(url, 'bob');
    const eve = await TestClient.join(url, 'eve', { room: 'elsewhere' });
    eve.relay('ada', 'to a room that I am not in');
    eve.relay('ada', 'over a channel that I never joined', 9);
    bob.relay('ada', 'from bob');
    await until(() => ada.entries.length > 0);
    await eve.roundTrip();
    expect(textsOf(ada.entries)).toEqual(['bob: from bob']);
    expect(eve.messages.filter(({ type }) => type === 'hint' || type === 'error')).toMatchObject([
      { type: 'error', code: 'not-joined', channel: 9 },
    ]);
  });

  test('a room one has left, or never entered, takes nothing more', async () => {
    const { url } = await serving();
    const ada = await TestClient.join(url, 'ada');
    const bob = await TestClient.join(url, 'bob');
    bob.say({ type: 'leave', channel: 0 });
    bob.relay('ada', 'still here');
    for (const message of [
      { type: 'leave', channel: 0 },
      { type: 'sync', channel: 0 },
      { type: 'info', channel: 0, info: 1 },
    ] as const)
      bob.say(message);
    await bob.roundTrip();
    await ada.roundTrip();
    expect(ada.entries).toEqual([]);
    expect(bob.messages.filter(({ type }) => type === 'error')).toMatchObject(
      Array.from({ length: 4 }, () => ({ code: 'not-joined' })),
    );
  });

  test('an id in use is not taken over, and a used secret opens nothing', async () => {
    const { url } = await serving();
    const ada = await TestClient.join(url, 'ada');
    const { resume } = await ada.heard('welcome');
    const again = await TestClient.greet(url);
    again.say({ type: 'join', channel: 0, room: 'room', id: 'ada', info: null, host: 'h', resume });
    await again.heard('welcome');
    await again.roundTrip();
    for (const secret of [resume, 'AAAAAAAAAAAAAAAAAAAAAA', undefined]) {
      const thief = await TestClient.greet(url);
      thief.say({
        type: 'join',
        channel: 0,
        room: 'room',
        id: 'ada',
        info: null,
        host: 'h',
        ...(secret ? { resume: secret } : {}),
      });
      expect(await thief.refused()).toBe('id-taken');
    }
    expect(again.closing).toBeNull();
  });
});

describe('limits', () => {
  test('a frame of exactly the limit passes, one byte more gets 1009', async () => {
    const { url } = await serving();
    const ada = await TestClient.join(url, 'ada');
    const bob = await TestClient.join(url, 'bob');
    const overhead = encodeRelayFrame({
      channel: 0,
      entries: [{ peer: 'ada', port: ports.link, payload: new Uint8Array(0) }],
    }).length;
    bob.relay('ada', 'x'.repeat(65_536 - overhead));
    await until(() => ada.entries.length === 1);
    bob.relay('ada', 'x'.repeat(65_537 - overhead));
    expect(await bob.closed()).toMatchObject({ code: 1009 });
    expect(await ada.heard('hint')).toMatchObject({ id: 'bob' });
  });

  test('what makes no sense is counted, once: by its typed answer, or by the code that its connection is closed with', async () => {
    const server = await serving();
    const ada = await TestClient.join(server.url, 'ada');
    ada.socket.send('{"type":');
    ada.socket.send(new Uint8Array([1, 0, 200, 1, 2]));
    const errors = (): readonly unknown[] => ada.messages.filter(({ type }) => type === 'error');
    await until(() => errors().length === 2);
    expect(errors()).toMatchObject([{ code: 'malformed' }, { code: 'malformed' }]);
    expect(server.counters).toMatchObject({ malformed: 2, closed: {}, socketErrors: 0 });
    const rash = await TestClient.open(server.url);
    rash.say({ type: 'ping', nonce: 1 }); // before it said hello
    expect(await rash.closed()).toMatchObject({ code: closeCodes.protocol });
    expect(server.counters).toMatchObject({ malformed: 2, closed: { protocol: 1 }, socketErrors: 0 });
    ada.relay('ada', 'x'.repeat(65_537));
    expect(await ada.closed()).toMatchObject({ code: 1009 });
    expect(server.counters).toMatchObject({ malformed: 2, closed: { protocol: 1 }, socketErrors: 1, errors: 0 });
  });

  test('an entry that would not fit with the sender in the place of the receiver is refused', async () => {
    const { url } = await serving({ limits: { maxFrameBytes: 3072 } });
    const sender = await TestClient.join(url, 's'.repeat(64));
    const b = await TestClient.join(url, 'b');
    const overhead = 2 + 1 + 64 + 1 + 4;
    sender.relay('b', 'x'.repeat(3072 - overhead + 1));
    expect(await sender.refused()).toBe('too-large');
    sender.relay('b', 'x'.repeat(3072 - overhead));
    await until(() => b.entries.length === 1);
  });

  test('8 rooms of one connection, and no ninth', async () => {
    const { url } = await serving();
    const ada = await TestClient.greet(url);
    for (let channel = 0; channel < 9; channel++) {
      ada.say({ type: 'join', channel, room: `room-${channel}`, id: 'ada', info: null, host: 'h' });
    }
    await ada.roundTrip();
    expect(ada.messages.filter(({ type }) => type === 'welcome')).toHaveLength(8);
    expect(ada.messages.find(({ type }) => type === 'error')).toMatchObject({ code: 'too-many-rooms', channel: 8 });
  });

  test('one room on a channel, and one member of a connection in a room', async () => {
    const { url } = await serving();
    const ada = await TestClient.join(url, 'ada');
    ada.say({ type: 'join', channel: 0, room: 'other', id: 'ada', info: null, host: 'h' });
    ada.say({ type: 'join', channel: 1, room: 'room', id: 'ada', info: null, host: 'h' });
    ada.say({ type: 'join', channel: 2, room: 'room', id: 'second-self', info: null, host: 'h' });
    await ada.roundTrip();
    expect(ada.messages.filter(({ type }) => type === 'error')).toMatchObject([
      { code: 'already-joined', channel: 0 },
      { code: 'already-joined', channel: 1 },
    ]);
    expect(ada.messages.filter(({ type }) => type === 'welcome')).toHaveLength(2);
  });

  test('maxRooms rooms, and no more until one is free', async () => {
    const server = await serving({ maxRooms: 1 });
    const ada = await TestClient.join(server.url, 'ada', { room: 'first' });
    const bob = await TestClient.greet(server.url);
    bob.say({ type: 'join', channel: 0, room: 'second', id: 'bob', info: null, host: 'h' });
    expect(await bob.refused()).toBe('too-many-rooms');
    ada.say({ type: 'leave', channel: 0 });
    await until(() => server.counters.rooms === 0);
    bob.say({ type: 'join', channel: 0, room: 'second', id: 'bob', info: null, host: 'h' });
    await bob.heard('welcome');
  });

  test('so many connections from one address, one more is refused, and its place is free when one goes', async () => {
    const server = await serving({ maxConnectionsPerAddress: 3 });
    const clients = [];
    for (let i = 0; i < 3; i++) clients.push(await TestClient.open(server.url));
    expect(clients.map(({ refusal }) => refusal)).toEqual([null, null, null]);
    expect((await TestClient.open(server.url)).refusal).toBe(429);
    clients[0]?.socket.terminate();
    await until(() => server.counters.connections === 2);
    expect((await TestClient.open(server.url)).refusal).toBeNull();
  });
});

describe('addresses', () => {
  const request = (header: string | undefined) =>
    ({ socket: { remoteAddress: '10.0.0.1' }, headers: { 'x-forwarded-for': header } }) as unknown as Parameters<
      typeof addressOf
    >[0];

  test('a forged X-Forwarded-For is worth nothing without a proxy of our own', async () => {
    const server = await serving({ maxConnectionsPerAddress: 1 });
    await TestClient.open(server.url, { headers: { 'x-forwarded-for': '1.1.1.1' } });
    const second = await TestClient.open(server.url, { headers: { 'x-forwarded-for': '2.2.2.2' } });
    expect(second.refusal).toBe(429);
  });

  test.each([
    ['one proxy', '6.6.6.6, 203.0.113.5', 1, '203.0.113.5'],
    ['two proxies', '6.6.6.6, 203.0.113.5, 10.0.0.2', 2, '203.0.113.5'],
    ['fewer entries than proxies', '203.0.113.5', 2, '10.0.0.1'],
    ['no header', undefined, 1, '10.0.0.1'],
    ['something else', 'unknown', 1, '10.0.0.1'],
    ['a port', '203.0.113.5:99', 1, '10.0.0.1'],
    ['IPv6', '2001:db8::1', 1, '2001:db8::1'],
  ])('with %s, only what our own proxies wrote counts', (_name, header, proxies, address) => {
    expect(addressOf(request(header), proxies)).toBe(address);
  });

  test('behind a proxy, each address has its own share', async () => {
    const server = await serving({ maxConnectionsPerAddress: 1, trustProxy: true });
    const from = (forwarded: string) => TestClient.open(server.url, { headers: { 'x-forwarded-for': forwarded } });
    expect((await from('6.6.6.6, 1.1.1.1')).refusal).toBeNull();
    expect((await from('6.6.6.6, 2.2.2.2')).refusal).toBeNull();
    expect((await from('7.7.7.7, 1.1.1.1')).refusal).toBe(429);
  });

  test.each([
    ['203.0.113.5', '203.0.113.5'],
    ['::ffff:203.0.113.5', '203.0.113.5'],
    ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1::/64'],
    ['2001:DB8:0:1::', '2001:db8:0:1::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('%s counts as %s', (address, block) => {
    expect(addressBlock(address)).toBe(block);
  });
});

describe('floods', () => {
  test('a message in too many fragments is cut off, one in as many as may be is read', async () => {
    const { url } = await serving();
    const ada = await TestClient.join(url, 'ada');
    const sendIn = (fragments: number) => {
      const text = '{"type":"ping","nonce":77}'.padEnd(fragments, ' ');
      for (let i = 0; i < fragments - 1; i++) ada.socket.send(text[i] as string, { fin: false });
      ada.socket.send(text.slice(fragments - 1), { fin: true });
    };
    sendIn(64);
    expect(await ada.heard('pong')).toMatchObject({ nonce: 77 });
    sendIn(65);
    expect(await ada.closed()).toMatchObject({ code: 1008 });
  });

  test('compression is not spoken, so there are no bombs', async () => {
    const { url } = await serving();
    const client = await TestClient.open(url, { perMessageDeflate: true });
    expect(client.socket.extensions).toBe('');
  });

  test.each(['ping', 'pong'] as const)(
    'a flood of %ss of the WebSocket protocol is closed like any other',
    async (kind) => {
      const server = await serving();
      const ada = await TestClient.join(server.url, 'ada');
      for (let i = 0; i < 1300; i++) ada.socket[kind]('x');
      // Unanswered pings are ended by ws even before we do it.
      expect([closeCodes.rate, 1006]).toContain((await ada.closed()).code);
      await until(() => server.counters.connections === 0);
      await TestClient.join(server.url, 'bob');
    },
  );

  test('over the rate, frames are dropped and the client is told; others notice nothing', async () => {
    const server = await serving();
    const ada = await TestClient.join(server.url, 'ada');
    const bob = await TestClient.join(server.url, 'bob');
    const cyd = await TestClient.join(server.url, 'cyd');
    for (let i = 0; i < 300; i++) bob.relay('ada', String(i));
    expect(await bob.refused()).toBe('rate-limited');
    cyd.relay('ada', 'in peace');
    await until(() => ada.entries.some(({ peer }) => peer === 'cyd'));
    expect(server.counters.rateLimited).toBeGreaterThan(150);
    expect(bob.closing).toBeNull();
  });

  test('asking for the view again and again is charged by what it brings', async () => {
    const server = await serving({ limits: { messagesPerSecond: 10_000 } });
    const filled = await TestClient.greet(server.url);
    for (let channel = 0; channel < 8; channel++) {
      filled.say({ type: 'join', channel, room: 'room', id: `filler-${channel}`, info: 'x'.repeat(1000), host: 'h' });
    }
    await filled.roundTrip();
    const beganMs = performance.now();
    const ada = await TestClient.join(server.url, 'ada');
    for (let i = 0; i < 200; i++) ada.say({ type: 'sync', channel: 0 });
    expect(await ada.refused()).toBe('rate-limited');
    const sent = ada.messages.filter(({ type }) => type === 'view').length;
    const seconds = (performance.now() - beganMs) / 1000;
    expect(sent).toBeLessThan(70 + 32 * seconds); // 512 KiB of views of 8 kB each, and 256 KiB of them a second
    expect(sent).toBeGreaterThan(40);
  });

  test('changing its info is charged for each who hears of it', async () => {
    const server = await serving({ limits: { messagesPerSecond: 10_000 } });
    const crowd = await TestClient.greet(server.url);
    for (let channel = 0; channel < 8; channel++) {
      crowd.say({ type: 'join', channel, room: 'room', id: `one-of-${channel}`, info: null, host: 'h' });
    }
    await crowd.roundTrip();
    const ada = await TestClient.join(server.url, 'ada');
    for (let i = 0; i < 120; i++) ada.say({ type: 'info', channel: 0, info: 'x'.repeat(1000) });
    expect(await ada.refused()).toBe('rate-limited'); // 120 frames of 1 kB alone would pass
  });

  test('who reads too slowly loses relay first, and then its connection; the sender and the rest go on', async () => {
    // It is not given up for its silence before.
    const buffers = { slowBytes: 64 * 1024, stuckBytes: 256 * 1024, heartbeatMs: 600_000 };
    const server = await serving({ limits: fast, ...buffers });
    const ada = await TestClient.join(server.url, 'ada');
    const slow = await TestClient.join(server.url, 'slow');
    await slow.roundTrip();
    slow.socket.pause();
    const payload = 'x'.repeat(60_000);
    // What the kernel's buffers hold comes first, and how much that is differs.
    while (server.counters.droppedSlow === 0) {
      ada.relay('slow', payload);
      await ada.roundTrip();
    }
    expect(server.counters.closed).toEqual({});
    const isClosed = (): boolean => Object.keys(server.counters.closed).length > 0;
    while (!isClosed()) {
      for (let i = 0; i < 20; i++) ada.say({ type: 'info', channel: 0, info: 'x'.repeat(1000) });
      await ada.roundTrip();
      if (!isClosed()) await new Promise((resolve) => setTimeout(resolve, 50)); // one view each
    }
    expect(server.counters.closed).toEqual({ slow: 1 });
    expect(await ada.heard('hint')).toMatchObject({ id: 'slow' });
  });

  test('nothing is kept for the absent', async () => {
    const { url } = await serving({ limits: fast });
    const ada = await TestClient.join(url, 'ada');
    const before = usedBytes();
    for (let i = 0; i < 120; i++) {
      for (let j = 0; j < 16; j++) ada.relay(`nobody-${i}`, 'x'.repeat(65_000));
      await ada.roundTrip();
    }
    expect(ada.messages.filter(({ type }) => type === 'hint')).toEqual([]); // of strangers nothing is said
    expect(usedBytes() - before).toBeLessThan(8 * 1024 * 1024); // of 120 MiB sent
  });

  test('handshakes that are none do no harm', async () => {
    const server = await serving();
    for (const head of [
      'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      '\u0000\u0001\u0002garbage\r\n\r\n',
    ]) {
      const socket = connect(server.port, '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      let answer = '';
      socket.on('data', (data) => (answer += data.toString()));
      socket.write(head);
      await new Promise((resolve) => socket.once('close', resolve));
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
    await TestClient.join(server.url, 'ada');
  });
});
