import { createServer } from 'node:net';
import { MemoryDisk, virtualClock } from 'bellwether/testing';
import { afterEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { platform } from '#platform';
import { Lives } from '../../src/peering/lives.ts';
import { Peering, type PeeringOptions } from '../../src/peering/peering.ts';
import { nodeSockets } from '../../src/platform/node/sockets.ts';
import type { Socket } from '../../src/platform/platform.ts';
import { maxSocketFrameBytes } from '../../src/platform/sockets.ts';
import type { PeerHello } from '../../src/protocol/peer-message.ts';
import { freePorts } from './ports.ts';

const host = '127.0.0.1';
const closing: (() => void)[] = [];

afterEach(() => {
  for (const end of closing.splice(0)) end();
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => platform.timers.after(2, resolve));
}

/** A member and what it was told. */
class Process {
  readonly told: string[] = [];
  readonly errors: string[] = [];
  readonly options: PeeringOptions;
  readonly peering: Peering;

  constructor(options: PeeringOptions) {
    this.options = options;
    this.peering = new Peering(options);
    this.peering.listen({
      onOpen: ({ id, info }) => this.told.push(`open ${id} ${JSON.stringify(info)}`),
      onInfo: ({ id, info }) => this.told.push(`info ${id} ${JSON.stringify(info)}`),
      onClosed: (id, bye) => this.told.push(`${bye ? 'bye' : 'closed'} ${id}`),
      onFrame: (id, frame) => this.told.push(`frame ${id} ${frame.byteLength}`),
      onError: ({ code, message }) => this.errors.push(`${code}: ${message}`),
    });
    closing.push(() => this.peering.leave());
  }

  async start(): Promise<this> {
    await this.peering.start({ info: 'hello', host: 'host' });
    return this;
  }
}

/** Members a and b, which know each other, each with a storage of its own. `others` is what b is told otherwise. */
async function pair(others: Partial<PeeringOptions> = {}) {
  const [portA = 0, portB = 0] = await freePorts(2);
  const url = (port: number) => `ws://${host}:${port}`;
  const make = async (self: 'a' | 'b', options: Partial<PeeringOptions> = {}) => {
    const lives = await Lives.open(await new MemoryDisk().open(self), platform.randomBytes);
    return new Process({
      self,
      room: 'room',
      urls: new Map(self === 'a' ? [['b', url(portB)]] : [['a', url(portA)]]),
      listen: { host, port: self === 'a' ? portA : portB },
      sockets: nodeSockets,
      platform,
      lives: () => lives,
      ...options,
    });
  };
  return { a: await make('a'), b: await make('b', others), make, urlOfA: url(portA), urlOfB: url(portB), portA };
}

const helloOfB: PeerHello = {
  type: 'hello',
  version: 1,
  room: 'room',
  id: 'b',
  voters: ['a', 'b'],
  life: 'life',
  info: null,
  host: '',
};

/** Says something to a, and resolves with why it was turned away: the code and the reason. */
function turnedAway(url: string, ...frames: (string | Uint8Array)[]): Promise<string> {
  const socket = new WebSocket(url);
  socket.on('open', () => frames.forEach((frame) => socket.send(frame)));
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', (code, reason) => resolve(`${code} ${String(reason)}`));
  });
}

it('what its info became after it had said hello, and before the other had, is told as well', async () => {
  const { make, b } = await pair();
  let hellos = 0;
  const dial = (url: string): Socket => {
    const socket = nodeSockets.dial(url);
    const send = socket.send.bind(socket);
    socket.send = (data) => {
      send(data);
      if (hellos++ === 0) a.peering.setInfo('later');
    };
    return socket;
  };
  const a = await make('a', { sockets: { ...nodeSockets, dial } });
  await Promise.all([a.start(), b.start()]);
  await until(() => b.told.length === 2);
  expect(b.told).toEqual(['open a "hello"', 'info a "later"']);
});

it('connects two that know each other, tells news, and says goodbye', async () => {
  const { a, b } = await pair();
  await Promise.all([a.start(), b.start()]);
  await until(() => a.told.length > 0 && b.told.length > 0);
  b.peering.setInfo({ new: 1 });
  a.peering.send('b', new Uint8Array(10));
  await until(() => a.told.length > 1 && b.told.length > 1);
  b.peering.leave();
  await until(() => a.told.length > 2);
  expect(a.told).toEqual(['open b "hello"', 'info b {"new":1}', 'bye b']);
  expect(b.told).toEqual(['open a "hello"', 'frame a 10']);
  expect([...a.errors, ...b.errors]).toEqual([]);
});

it('comes back to a member that was restarted with its storage', async () => {
  const { a, b, make } = await pair();
  await Promise.all([a.start(), b.start()]);
  await until(() => a.peering.isOpen('b') && b.peering.isOpen('a'));
  b.peering.abandon();
  await until(() => a.told.includes('closed b'));
  const again = await make('b', { lives: b.options.lives });
  await again.start();
  await until(() => again.peering.isOpen('a') && a.peering.isOpen('b'));
  expect(a.errors).toEqual([]);
});

it('says once whom it has not met for five seconds, and where it looks for them', async () => {
  const { a, b, make, urlOfB } = await pair();
  const clock = virtualClock();
  const urls = new Map([...a.options.urls, ['c', 'ws://127.0.0.1:9']]);
  const alone = await make('a', { platform: clock.platform(), urls });
  await alone.start();
  await clock.advance(4_999);
  expect(alone.errors).toEqual([]);
  await clock.advance(60_000);
  expect(alone.errors).toEqual([
    `connect-failed: no connection yet with b (${urlOfB}), c (ws://127.0.0.1:9): see that they run, and are there. ` +
      'This member goes on trying',
  ]);
  alone.peering.abandon();

  const early = await make('a', { platform: clock.platform() });
  await Promise.all([early.start(), b.start()]);
  await until(() => early.peering.isOpen('b'));
  b.peering.abandon();
  await until(() => !early.peering.isOpen('b'));
  await clock.advance(60_000);
  expect(early.errors).toEqual([]);
});

it('refuses a member that comes back with another storage: it forgot its votes (Q3)', async () => {
  const { a, b, make } = await pair();
  await Promise.all([a.start(), b.start()]);
  await until(() => a.peering.isOpen('b'));
  b.peering.abandon();
  const amnesiac = await make('b');
  await amnesiac.start();
  await until(() => a.errors.length > 0 && amnesiac.errors.length > 0);
  expect(a.errors[0]).toMatch(/^rejected: .*b has another storage than before/);
  expect(amnesiac.errors[0]).toMatch(/^rejected: .*(another storage|it says)/);
  expect(a.peering.isOpen('b')).toBe(false);
});

it.each([
  ['of another room', { room: 'other' }, /is in the room/],
  [
    'that was told of other peers',
    {
      urls: new Map([
        ['a', 'x'],
        ['c', 'ws://127.0.0.1:9'],
      ]),
    },
    /was told of the peers/,
  ],
])('refuses one %s, and both say why', async (_, options, reason) => {
  const { a, b } = await pair(options);
  await Promise.all([a.start(), b.start()]);
  await until(() => a.errors.length > 0 && b.errors.length > 0);
  expect(a.errors[0]).toMatch(reason);
  expect(b.errors[0]).toMatch(reason);
  expect([...a.told, ...b.told]).toEqual([]);
});

it.each([
  ['a stranger', [JSON.stringify({ ...helloOfB, id: 'eve' })], /^4501 eve is none of the peers/],
  ['a later version', [JSON.stringify({ ...helloOfB, version: 2 })], /^4501 b speaks version 2/],
  ['no hello first', [JSON.stringify({ type: 'bye' })], /^4500 a bye out of place/],
  ['bytes before the hello', [new Uint8Array(5)], /^4500 a frame before/],
  ['what is not JSON', ['{'], /^4500 this is not JSON/],
  ['a key that is a trap', [JSON.stringify(helloOfB).replace('null', '{"__proto__":{}}')], /^4500 .*__proto__/],
  [
    'too deep a value',
    [JSON.stringify(helloOfB).replace('null', `${'['.repeat(90)}${']'.repeat(90)}`)],
    /^4500 this JSON has more than/,
  ],
  ['too large an info', [JSON.stringify({ ...helloOfB, info: 'x'.repeat(1100) })], /^4500 "info"/],
  ['an id that is no text', [JSON.stringify({ ...helloOfB, id: 5 })], /^4500 "id"/],
  ['too many voters', [JSON.stringify({ ...helloOfB, voters: Array(65).fill('v') })], /^4500 "voters"/],
  ['too large a frame', ['x'.repeat(maxSocketFrameBytes + 1)], /^1009/],
])('turns away %s, and goes on', async (_, frames, expected) => {
  const { a, b, urlOfA } = await pair();
  await a.start();
  expect(await turnedAway(urlOfA, ...frames)).toMatch(expected);
  await b.start();
  await until(() => a.peering.isOpen('b'));
});

it('takes a frame of the largest size', async () => {
  const { a, b } = await pair();
  await Promise.all([a.start(), b.start()]);
  await until(() => a.peering.isOpen('b') && b.peering.isOpen('a'));
  a.peering.send('b', new Uint8Array(maxSocketFrameBytes));
  await until(() => b.told.includes(`frame a ${maxSocketFrameBytes}`));
});

it('lets no page of a browser in: those say where they come from', async () => {
  const { a, urlOfA } = await pair();
  await a.start();
  const socket = new WebSocket(urlOfA, { origin: 'http://127.0.0.1' });
  const error = await new Promise<Error>((resolve) => socket.on('error', resolve));
  expect(error.message).toMatch(/403/);
});

it('calls another member only by its name: who answers at its address must be it', async () => {
  const [port = 0] = await freePorts(1);
  const { a, make } = await pair();
  const nowhere = 'ws://127.0.0.1:9';
  const c = await make('b', {
    self: 'c',
    listen: { host, port },
    urls: new Map([
      ['a', nowhere],
      ['b', nowhere],
    ]),
  });
  await c.start();
  const misled = new Process({
    ...a.options,
    urls: new Map([
      ['b', `ws://${host}:${port}`],
      ['c', nowhere],
    ]),
  });
  await misled.start();
  await until(() => misled.errors.length > 0);
  expect(misled.errors[0]).toMatch(/at the address of b is c/);
});

it('tells once why the other side refuses it, however often they meet', async () => {
  const [port = 0] = await freePorts(1);
  const { a, make } = await pair();
  const nowhere = 'ws://127.0.0.1:9';
  const three = (own: string, urls: Record<string, string>): Partial<PeeringOptions> => ({
    self: own,
    urls: new Map(Object.entries({ a: nowhere, b: nowhere, c: nowhere, ...urls }).filter(([id]) => id !== own)),
  });
  const c = await make('b', { ...three('c', {}), listen: { host, port } });
  await c.start();
  const misled = new Process({ ...a.options, ...three('a', { b: `ws://${host}:${port}` }) });
  await misled.start();
  await until(() => c.told.filter((word) => word.startsWith('open a')).length >= 3);
  expect(c.errors).toEqual([expect.stringMatching(/no connection with the peer a: it says: at the address of b is c/)]);
  expect(misled.errors).toHaveLength(1);
});

it('says so where it cannot listen', async () => {
  const { a, portA } = await pair();
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(portA, host, resolve));
  closing.push(() => squatter.close());
  await expect(a.start()).rejects.toMatchObject({
    code: 'listen-failed',
    message: expect.stringContaining(`${portA}`),
  });
});

it('takes a member that answers no ping for gone, and the next one that calls in its name for it', async () => {
  const { a, b, urlOfA } = await pair();
  await a.start();
  const mute = new WebSocket(urlOfA);
  mute.on('open', () => mute.send(JSON.stringify({ ...helloOfB, life: b.options.lives().own })));
  await until(() => a.told.includes('open b null'));
  await until(() => a.told.includes('closed b'));
  await b.start();
  await until(() => a.peering.isOpen('b'));
  expect(a.told).toEqual(['open b null', 'closed b', 'open b "hello"']);
});
