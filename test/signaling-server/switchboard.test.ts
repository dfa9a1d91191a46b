import { describe, expect, test } from 'vitest';
import type { Socket } from '../../signaling-server/client.ts';
import type { Host } from '../../signaling-server/host.ts';
import { settle, type SignalingOptions } from '../../signaling-server/options.ts';
import { Switchboard } from '../../signaling-server/switchboard.ts';
import { virtualClock } from '../../src/platform/virtual.ts';
import type { ClientMessage, ServerMessage } from '../../src/protocol/messages.ts';

/** A socket in memory: what the server sends and does to it. */
class FakeSocket implements Socket {
  readonly sent: ServerMessage[] = [];
  closed: number | null = null;
  paused = false;
  buffered = 0;

  send(frame: string | Uint8Array): void {
    if (typeof frame === 'string') this.sent.push(JSON.parse(frame));
  }
  bufferedBytes(): number {
    return this.buffered;
  }
  close(code: number): void {
    this.closed = code;
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  ping(): void {}
}

/** A server in virtual time, whose timers go no further than `longestMs` at a time. */
function board(options: SignalingOptions = {}, host: Partial<Host> = {}, longestMs = Infinity) {
  const clock = virtualClock();
  const { timers } = clock.platform();
  let secrets = 0;
  const switchboard = new Switchboard(settle(options), {
    nowMs: clock.nowMs,
    wallMs: () => Date.UTC(2026, 0, 1) + clock.nowMs(),
    after: (delayMs, run) => timers.after(Math.min(delayMs, longestMs), run),
    random: () => 0.5,
    secret: () => `secret-${secrets++}`,
    hash: (secret) => `hash of ${secret}`,
    ...host,
  });
  const join = (id: string, room = 'room', resume?: string) => {
    const socket = new FakeSocket();
    const client = switchboard.open(socket, { origin: undefined, address: '' });
    const say = (message: ClientMessage) => {
      const text = JSON.stringify(message);
      client.receive({ text, bytes: text.length });
    };
    say({ type: 'hello', version: 1 });
    say({ type: 'join', channel: 0, room, id, info: null, host: 'h', resume });
    return { socket, client, say };
  };
  return { clock, switchboard, join };
}

test('an error of the server itself ends one connection, is reported, and harms nobody else', () => {
  const errors: unknown[] = [];
  let broken = false;
  const { switchboard, join } = board(
    { onError: (error) => errors.push(error) },
    {
      hash(secret) {
        if (broken) throw new Error('a bug');
        return secret;
      },
    },
  );
  const ada = join('ada');
  broken = true;
  const bob = join('bob');
  broken = false;
  expect(bob.socket.closed).toBe(1011);
  expect(errors).toEqual([new Error('a bug')]);
  expect(switchboard.counters).toMatchObject({ errors: 1, connections: 1 });
  expect(join('cyd').socket.sent[0]).toMatchObject({ type: 'welcome' });
  expect(ada.socket.closed).toBeNull();
});

test('an onError that throws is survived too', () => {
  const logged: unknown[] = [];
  const { error } = console;
  console.error = (value: unknown) => logged.push(value);
  try {
    const { switchboard } = board({
      onError() {
        throw new Error('worse');
      },
    });
    switchboard.report(new Error('bad'));
  } finally {
    console.error = error;
  }
  expect(logged).toEqual([new Error('worse')]);
});

test('D2: a receiver closed in the midst of a broadcast does not put the views of the others out of order', async () => {
  const { clock, join } = board();
  const ada = join('ada');
  const stuck = join('stuck');
  const bob = join('bob');
  stuck.client.ponged('1');
  await clock.advance(100);
  stuck.socket.buffered = 2 ** 21;
  join('cyd');
  await clock.advance(100);
  expect(stuck.socket.closed).toBe(4002);
  for (const { socket } of [ada, bob]) {
    const views = socket.sent.flatMap((message) => (message.type === 'view' ? [[message.from, message.n]] : []));
    expect(views.slice(1).map(([from]) => from)).toEqual(views.slice(0, -1).map(([, n]) => n));
    expect(views.at(-1)?.[1]).toBe(4);
    expect(socket.sent.at(-1)).toEqual({ type: 'hint', channel: 0, id: 'stuck' });
  }
});

test('the wall clock set back does not found a room in an epoch that was there before', async () => {
  let wallMs = Date.UTC(2026, 0, 1);
  const { clock, switchboard, join } = board({}, { wallMs: () => wallMs });
  const ada = join('ada');
  const first = ada.socket.sent[1] as { epoch: number };
  wallMs += 60_000;
  ada.say({ type: 'leave', channel: 0 });
  await clock.settle();
  expect(switchboard.counters.rooms).toBe(0);
  wallMs -= 3_600_000;
  expect((join('bob').socket.sent[1] as { epoch: number }).epoch).toBeGreaterThan(first.epoch);
});

test('rooms that were left are forgotten, a second later at most, and leave no timer behind', async () => {
  const { clock, switchboard, join } = board();
  for (let i = 0; i < 50; i++) {
    const member = join(`member-${i}`, `room-${i}`);
    if (i % 2 === 0) member.say({ type: 'leave', channel: 0 });
    else member.client.closed();
  }
  await clock.advance(1001);
  expect(switchboard.counters).toMatchObject({ rooms: 0, members: 0 });
});

test('a grace that is shorter than usual is that of pages that go as well', async () => {
  const { clock, switchboard, join } = board({ graceMs: 1000 });
  const secrets = ['ada', 'bob'].map((id) => {
    const member = join(id);
    member.client.ponged('1');
    member.client.closed(1001);
    return (member.socket.sent[0] as { resume: string }).resume;
  });
  await clock.advance(999);
  expect(switchboard.counters.members).toBe(2);
  expect(join('bob', 'room', secrets[1]).socket.sent).toMatchObject([{ type: 'welcome' }, { type: 'view' }]);
  await clock.advance(1);
  expect(switchboard.counters.members).toBe(1);
});

test('an authorize that never answers refuses after 10 s, and the client is heard again', async () => {
  const errors: unknown[] = [];
  const { clock, join } = board({
    heartbeatMs: 1000,
    authorize: () => new Promise(() => undefined),
    onError: (error) => errors.push(error),
  });
  const ada = join('ada');
  ada.say({ type: 'ping', nonce: 1 });
  expect(ada.socket.paused).toBe(true);
  await clock.advance(9999);
  expect(ada.socket.sent).toEqual([]);
  await clock.advance(1);
  expect(ada.socket.sent).toMatchObject([
    { type: 'error', code: 'unauthorised', channel: 0 },
    { type: 'pong', nonce: 1 },
  ]);
  expect(ada.socket.paused).toBe(false);
  expect(ada.socket.closed).toBeNull();
  expect(errors).toEqual([new Error('authorize took over 10000 ms')]);
});

describe('a token that expires', () => {
  const startMs = Date.UTC(2026, 0, 1);
  const lastsUntil = (ms: number) => () => ({ expiresMs: startMs + ms });

  test('ends its connection then and not before; its client is told to come right back, and nobody else anything', async () => {
    const { clock, switchboard, join } = board({ heartbeatMs: 1e9, authorize: lastsUntil(60_000) });
    const ada = join('ada');
    await clock.settle();
    const secret = ada.socket.sent.flatMap((message) => (message.type === 'welcome' ? [message.resume] : []))[0]!;
    ada.client.ponged('1');
    const bob = join('bob');
    await clock.advance(59_999);
    expect([ada.socket.closed, bob.socket.closed]).toEqual([null, null]);
    bob.client.closed();
    ada.socket.sent.length = 0;
    await clock.advance(1);
    expect(ada.socket.closed).toBe(4004);
    expect(ada.socket.sent).toEqual([{ type: 'drain', retryAfterMs: 0 }]);
    expect(switchboard.counters).toMatchObject({ connections: 0, members: 1, closed: { tokenExpired: 1 } });
    expect(join('ada', 'room', secret).socket.closed).toBeNull();
  });

  test.each([
    ['past', lastsUntil(0)],
    ['no number', () => ({ expiresMs: Number.NaN })],
    ['nothing', () => null as never],
    ['as good as true', () => 1 as never],
  ])('lets nobody in if its time is %s', async (_name, authorize) => {
    const { clock, join } = board({ authorize });
    const ada = join('ada');
    await clock.settle();
    expect(ada.socket.sent).toMatchObject([{ type: 'error', code: 'unauthorised' }]);
    expect(ada.socket.closed).toBeNull();
  });

  test('ends a connection with several rooms at the first of their times', async () => {
    const { clock, join } = board({
      heartbeatMs: 1e9,
      authorize: ({ room }) => (room === 'free' ? true : { expiresMs: startMs + (room === 'long' ? 90_000 : 40_000) }),
    });
    const ada = join('ada', 'long');
    await clock.settle();
    for (const [channel, room] of ['short', 'free'].entries()) {
      ada.say({ type: 'join', channel: channel + 1, room, id: 'ada', info: null, host: 'h' });
      await clock.settle();
    }
    await clock.advance(39_999);
    expect(ada.socket.closed).toBeNull();
    await clock.advance(1);
    expect(ada.socket.closed).toBe(4004);
  });

  test('is waited for even where it is further away than a timer goes', async () => {
    const { clock, join } = board({ heartbeatMs: 1e9, authorize: lastsUntil(100_000) }, {}, 30_000);
    const ada = join('ada');
    await clock.advance(99_999);
    expect(ada.socket.closed).toBeNull();
    await clock.advance(1);
    expect(ada.socket.closed).toBe(4004);
  });
});
