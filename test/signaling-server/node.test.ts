import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { attachSignaling, type Store } from '../../src/server.ts';
import { closeCodes } from '../../src/protocol/messages.ts';
import { serving, TestClient, textsOf, until } from './serving.ts';

vi.setConfig({ testTimeout: 30_000 }); // real sockets, on a machine that may be busy

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => void server.close());
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function fetchText(url: string): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    get(url, (response: IncomingMessage) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode, text }));
    }).on('error', reject);
  });
}

describe('a room', () => {
  test('is entered in one round trip: hello, join and the first relay frames go out together', async () => {
    const { url } = await serving();
    const bob = await TestClient.join(url, 'bob');
    const ada = await TestClient.open(url);
    ada.say({ type: 'hello', version: 1 });
    ada.say({ type: 'join', channel: 0, room: 'room', id: 'ada', info: { name: 'Ada' }, host: 'h' });
    ada.relay('bob', 'first');
    ada.relay('bob', 'second');
    await until(() => bob.entries.length === 2);
    expect(textsOf(bob.entries)).toEqual(['ada: first', 'ada: second']);
    expect(bob.messages.at(-1)).toMatchObject({ type: 'view', members: [{ id: 'ada', info: { name: 'Ada' } }] });
    const pace = { maxFrameBytes: 65_536, maxInfoBytes: 1024, messagesPerSecond: 50, bytesPerSecond: 262_144 };
    const unread = { slowBytes: 262_144, stuckBytes: 1_048_576 };
    expect(await ada.heard('welcome')).toMatchObject({ heartbeatMs: 10_000, maxIdBytes: 64, ...pace, ...unread });
    expect(await ada.heard('view')).toMatchObject({ from: 0, founder: 'bob', members: [{ id: 'bob' }, { id: 'ada' }] });
  });

  test('is told apart by each connection by a channel of its own choice', async () => {
    const { url } = await serving();
    const ada = await TestClient.greet(url);
    ada.say({ type: 'join', channel: 200, room: 'one', id: 'ada', info: null, host: 'h' });
    ada.say({ type: 'join', channel: 7, room: 'two', id: 'ada', info: null, host: 'h' });
    const bob = await TestClient.join(url, 'bob', { room: 'two' });
    await until(() => ada.messages.length === 5);
    expect(ada.messages.map((message) => [message.type, 'channel' in message && message.channel])).toEqual([
      ['welcome', 200],
      ['view', 200],
      ['welcome', 7],
      ['view', 7],
      ['view', 7],
    ]);
    bob.relay('ada', 'hello');
    await until(() => ada.entries.length === 1);
    expect(textsOf(ada.entries)).toEqual(['bob: hello']);
  });

  test('hears a hint as soon as a process is gone, and its member comes back with the secret', async () => {
    const { url } = await serving();
    const ada = await TestClient.join(url, 'ada');
    const bob = await TestClient.join(url, 'bob');
    const { resume } = await bob.heard('welcome');
    await bob.roundTrip();
    bob.socket.terminate();
    expect(await ada.heard('hint')).toMatchObject({ id: 'bob' });
    const again = await TestClient.greet(url);
    again.say({ type: 'join', channel: 0, room: 'room', id: 'bob', info: null, host: 'h', resume });
    expect(await again.heard('view')).toMatchObject({ from: 0, n: 2 });
    expect(ada.messages.filter(({ type }) => type === 'view')).toHaveLength(2);
  });

  test('gives a page that its browser says is going a shorter grace than whoever is cut off', async () => {
    const { url } = await serving({ graceMs: 3_600_000, goingAwayMs: 20 });
    const ada = await TestClient.join(url, 'ada');
    const endings: readonly ((socket: WebSocket) => void)[] = [
      (socket) => socket.terminate(),
      (socket) => socket.close(),
      (socket) => socket.close(1000, 'going away'),
      (socket) => socket.close(3001),
      (socket) => socket.close(1001),
    ];
    for (const [i, end] of endings.entries()) {
      const member = await TestClient.join(url, `member-${i}`);
      await member.roundTrip();
      end(member.socket);
      await until(() => ada.messages.some((message) => message.type === 'hint' && message.id === `member-${i}`));
    }
    const gone = () => ada.messages.flatMap((message) => (message.type === 'view' ? message.gone : []));
    await until(() => gone().length > 0);
    await ada.roundTrip();
    expect(gone()).toEqual(['member-4']);
  });

  test('has one place for a member: coming back over a second socket closes the half-open first', async () => {
    const { url, counters } = await serving();
    const first = await TestClient.join(url, 'ada');
    const { resume } = await first.heard('welcome');
    const second = await TestClient.greet(url);
    second.say({ type: 'join', channel: 0, room: 'room', id: 'ada', info: null, host: 'h', resume });
    expect(await second.heard('view')).toMatchObject({ from: 0, n: 1 });
    expect(await first.closed()).toMatchObject({ code: closeCodes.replaced });
    expect(counters.errors).toBe(0);
  });
});

describe('a socket that is half-open', () => {
  test('is asked, then given up after 1.5 heartbeats, and its room is told at once', async () => {
    const { url } = await serving({ heartbeatMs: 200 });
    const ada = await TestClient.join(url, 'ada');
    const beat = setInterval(() => ada.say({ type: 'ping', nonce: 0 }), 100);
    onTestFinished(() => clearInterval(beat));
    const bob = await TestClient.join(url, 'bob');
    await bob.roundTrip();
    bob.socket.pause(); // reads nothing, answers nothing
    expect(await ada.heard('hint')).toMatchObject({ id: 'bob' });
    bob.socket.resume();
    expect(await bob.closed()).toMatchObject({ code: closeCodes.heartbeat });
  });

  test('that still answers for its page is kept', async () => {
    const server = await serving({ heartbeatMs: 400 });
    const ada = await TestClient.join(server.url, 'ada');
    let pings = 0;
    ada.socket.on('ping', () => pings++);
    await until(() => pings >= 2);
    expect(ada.closing).toBeNull();
    expect(server.counters.closed).toEqual({});
  });

  test('that says no hello is let go', async () => {
    const server = createServer(); // whose own limits end no handshake of a busy machine
    const signaling = attachSignaling(server, { helloMs: 50 });
    onTestFinished(() => signaling.close({ drainMs: 0 }));
    const silent = await TestClient.open(`${await listening(server)}/bellwether`);
    expect(await silent.closed()).toEqual({ code: closeCodes.heartbeat, reason: 'say hello within 50 ms' });
  });

  test('whose hello came in time is kept, though the server was too busy to read it', async () => {
    const helloMs = 1_000;
    const { url } = await serving({ helloMs });
    const ada = await TestClient.open(url);
    ada.say({ type: 'hello', version: 1 });
    const busyUntilMs = performance.now() + helloMs;
    while (performance.now() < busyUntilMs);
    await ada.roundTrip();
    expect(ada.closing).toBeNull();
  });
});

describe('attachSignaling', () => {
  test('takes its own path, and leaves the others to the handlers of the application', async () => {
    const server = createServer();
    const own = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      if (request.url === '/chat') own.handleUpgrade(request, socket, head, (opened) => opened.send('"chat"'));
    });
    const signaling = attachSignaling(server);
    const url = await listening(server);
    const ada = await TestClient.join(`${url}/bellwether?v=1`, 'ada');
    const chat = new WebSocket(`${url}/chat`);
    const [said] = await new Promise<[Buffer]>((resolve) => chat.once('message', (data) => resolve([data as Buffer])));
    expect(said.toString()).toBe('"chat"');
    chat.terminate();
    expect(signaling.counters).toMatchObject({ connections: 1, rooms: 1, members: 1, accepted: 1 });
    await signaling.close({ drainMs: 0 });
    expect(await ada.closed()).toMatchObject({ code: closeCodes.drain });
    expect(server.listening).toBe(true);
    expect(server.listenerCount('upgrade')).toBe(1);
  });

  test('answers 404 where nobody else would answer at all', async () => {
    const server = createServer();
    const signaling = attachSignaling(server, { path: '/here' });
    onTestFinished(() => signaling.close({ drainMs: 0 }));
    const url = await listening(server);
    const refusals = ['/', '/bellwether', '/here/', '/hereafter'].map(
      async (path) => (await TestClient.open(url + path)).refusal,
    );
    expect(await Promise.all(refusals)).toEqual([404, 404, 404, 404]);
    expect((await TestClient.open(`${url}/here`)).refusal).toBeNull();
  });

  test.each([
    [{ path: 'bellwether' }, 'path must be null or begin with "/", not "bellwether"'],
    [{ origins: ['https://example.org/'] }, 'origins must be origins as browsers write them'],
    [{ origins: ['*'] }, 'origins must be origins as browsers write them'],
    [{ limits: { maxMembersPerRoom: 0 } }, 'limits.maxMembersPerRoom must be a whole number from 1 on, not 0'],
    [{ limits: { maxMembers: 5 } as object }, 'limits.maxMembers is no limit; there are maxFrameBytes,'],
    [{ limits: { maxFrameBytes: 3071 } }, 'limits.maxFrameBytes must be at least limits.maxInfoBytes + 2048'],
    [{ limits: { maxRoomsPerConnection: 257 } }, 'limits.maxRoomsPerConnection must be a whole number from 1 to 256'],
    [{ heartbeatMs: -1 }, 'heartbeatMs must be a whole number from 1 on, not -1'],
    [{ maxWitnessChars: 65_536 }, 'maxWitnessChars must be a whole number from 262144 on, not 65536'],
    [{ maxTotalWitnessChars: 1 }, 'maxTotalWitnessChars must be a whole number from 65536 on, not 1'],
    [{ maxCharterMs: 86_400_001 }, 'maxCharterMs must be a whole number from 1 to 86400000, not 86400001'],
    [{ graceMs: 0.5 }, 'graceMs must be a whole number from 0 on, not 0.5'],
    [{ goingAwayMs: 30_001 }, 'goingAwayMs must be a whole number from 0 to 30000, not 30001'],
    [{ graceMs: 1000, goingAwayMs: 1001 }, 'goingAwayMs must be a whole number from 0 to 1000, not 1001'],
    [{ trustProxy: 'yes' as unknown as boolean }, 'trustProxy must be a whole number from 0 on'],
    [{ authorize: 'no' as unknown as () => boolean }, 'authorize must be a function'],
    [{ store: {} as Store }, 'store must be what openStore() resolved to'],
    [{ fresh: 1 as unknown as boolean }, 'fresh must be true or false'],
    [{ stuckBytes: 1 }, 'stuckBytes must be a whole number from 262144 on, not 1'],
    [
      { limits: { maxMembersPerRoom: 1000 }, stuckBytes: 2_047_999 },
      'stuckBytes must be a whole number from 2048000 on',
    ],
  ])('refuses %j at once', (options, message) => {
    expect(() => attachSignaling(createServer(), options)).toThrow(message);
  });
});

describe('the stand-alone server', () => {
  test('takes any path unless told which', async () => {
    const { url } = await serving();
    expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
    await TestClient.join(url, 'ada');
    await TestClient.join(`${url}/bellwether`, 'bob');
    const other = await serving({ path: '/only' });
    expect(other.url).toMatch(/:\d+\/only$/);
    await TestClient.join(other.url, 'ada');
    expect((await TestClient.open(other.url.replace('/only', '/'))).refusal).toBe(404);
  });

  test('says that it is well, and nothing more to the public', async () => {
    const { url } = await serving();
    const http = url.replace('ws:', 'http:');
    expect(await fetchText(`${http}/healthz`)).toEqual({ status: 200, text: 'ok' });
    for (const path of ['/', '/metrics', '/counters', '/rooms'])
      expect((await fetchText(http + path)).status).toBe(426);
  });

  test('rejects when its port is taken', async () => {
    const { port } = await serving();
    await expect(serving({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('speaks IPv6', async () => {
    const { url } = await serving({ host: '::1' });
    expect(url).toMatch(/^ws:\/\/\[::1\]:\d+$/);
    await TestClient.join(url, 'ada');
  });

  test('cuts a handshake off that is never finished', async () => {
    const { port } = await serving({ helloMs: 100 });
    const slow = connect(port, '127.0.0.1');
    onTestFinished(() => void slow.destroy());
    slow.write('GET / HTTP/1.1\r\nHost: x\r\n');
    let answer = '';
    slow.on('data', (data) => (answer += data.toString()));
    await new Promise((resolve) => slow.once('close', resolve));
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('closing', () => {
  test('tells everyone to come back, closes all sockets spread over the time given, and hints nothing', async () => {
    const server = await serving();
    const clients = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => TestClient.join(server.url, id)));
    const closed = server.close({ drainMs: 150 });
    expect(server.closing).toBe(true);
    const delays = await Promise.all(
      clients.map(async (client) => {
        const { retryAfterMs } = await client.heard('drain');
        expect(client.messages.filter(({ type }) => type === 'hint')).toEqual([]);
        expect(await client.closed()).toMatchObject({ code: closeCodes.drain });
        return retryAfterMs;
      }),
    );
    await closed;
    for (const delay of delays) {
      expect(delay).toBeGreaterThanOrEqual(75);
      expect(delay).toBeLessThanOrEqual(225);
    }
    expect(new Set(delays).size).toBeGreaterThan(1);
    expect(server.counters).toMatchObject({ connections: 0, rooms: 0, closed: { drain: 6 } });
    expect(server.close()).toBe(server.close());
  });

  test('turns newcomers away, with a time to come back', async () => {
    const server = await serving();
    await TestClient.join(server.url, 'ada');
    const closed = server.close({ drainMs: 200 });
    expect((await TestClient.open(server.url)).refusal).toBe(503);
    await closed;
  });

  test('does not wait for a client that never answers', async () => {
    const server = await serving();
    const stuck = await TestClient.join(server.url, 'ada');
    stuck.socket.pause();
    await server.close({ drainMs: 0 });
    expect(server.counters.connections).toBe(0);
  });
});
