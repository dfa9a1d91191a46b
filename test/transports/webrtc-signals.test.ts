import { expect, test } from 'vitest';
import { TokenBucket } from '../../src/core/token-bucket.ts';
import { ClusterError } from '../../src/protocol/errors.ts';
import { Backoff } from '../../src/signaling/backoff.ts';
import { type RelayEntry, ports } from '../../src/protocol/relay-frame.ts';
import type { RelayListener } from '../../src/signaling/relay.ts';
import type { SimplePeer, SimplePeerOptions } from '../../src/transports/webrtc/simple-peer.ts';
import { parseJson } from '../../src/protocol/foreign-json.ts';
import { WebRtcPairs } from '../../src/transports/webrtc/pairs.ts';
import type { Path } from '../../src/transports/transport.ts';
import { type WebRtcSignal, decodeSignal, encodeSignal } from '../../src/transports/webrtc/signal.ts';
import { seeded } from '../../src/platform/seeded.ts';
import { Time, platformOn } from '../links/world.ts';

const offer = { type: 'offer', sdp: 'v=0' } as const;

/** The pairs of one member with the relay in the hands of the test, and peers that do as they are told. */
function world(self: string): {
  time: Time;
  pairs: WebRtcPairs;
  made: FakePeer[];
  said: { to: string; signal: WebRtcSignal }[];
  paths: Path[];
  closed: string[];
  errors: string[];
  hear(from: string, signal: WebRtcSignal | Uint8Array): Promise<void>;
  signalingIsBack(): void;
} {
  const time = new Time();
  const made: FakePeer[] = [];
  const said: { to: string; signal: WebRtcSignal }[] = [];
  const paths: Path[] = [];
  const [closed, errors]: string[][] = [[], []];
  const listeners: RelayListener[] = [];
  class Peer extends FakePeer {
    constructor(options: SimplePeerOptions) {
      super(options);
      made.push(this);
    }
  }
  const pairs = new WebRtcPairs(
    {
      self,
      platform: platformOn(time, seeded(9)),
      lent: { Backoff, ClusterError, parseJson, ports, TokenBucket },
      relay: {
        send: ({ peer, payload }: RelayEntry) =>
          void said.push({ to: peer, signal: decodeSignal(payload, parseJson)! }),
        listen: (listener) => {
          listeners.push(listener);
          return () => undefined;
        },
      },
      events: {
        onPath: (path) => void paths.push(path),
        onPathClosed: (path) => void closed!.push(path.peer),
        onFrame: () => undefined,
        onError: (_peer, error) => void errors!.push(error.message),
      },
    },
    { default: Peer },
  );
  return {
    time,
    pairs,
    made,
    said,
    paths,
    closed: closed!,
    errors: errors!,
    signalingIsBack: () => {
      for (const listener of listeners) listener.onStatus?.('online');
    },
    hear: async (from, signal) => {
      const payload = signal instanceof Uint8Array ? signal : encodeSignal(signal);
      for (const listener of listeners) listener.onRelay({ peer: from, port: ports.signal, payload });
      await time.run(0);
    },
  };
}

class FakePeer implements SimplePeer {
  readonly bufferSize = 0;
  readonly options: SimplePeerOptions;
  readonly heard: unknown[] = [];
  destroyed = false;
  readonly #listeners = new Map<string, (value: never) => void>();

  constructor(options: SimplePeerOptions) {
    this.options = options;
  }

  on(event: string, run: (value: never) => void): void {
    this.#listeners.set(event, run);
  }

  emit(event: string, value?: unknown): void {
    this.#listeners.get(event)?.(value as never);
  }

  signal(signal: unknown): void {
    this.heard.push(signal);
  }

  send(): void {}

  destroy(): void {
    this.destroyed = true;
  }
}

test('the smaller id makes the offers; the other one asks for them, and for as long as none comes', async () => {
  const small = world('a');
  small.pairs.want(new Set(['b']));
  await small.time.run(0);
  expect(small.made.map(({ options }) => options.initiator)).toEqual([true]);
  expect(small.made[0]!.options.config).toEqual({ iceServers: [] });

  const large = world('b');
  large.pairs.want(new Set(['a']));
  await large.time.run(60_000);
  expect(large.made).toEqual([]);
  expect(large.said.length).toBeGreaterThan(3);
  expect(large.said.every(({ signal }) => signal.type === 'want' && signal.want)).toBe(true);
});

test('a connection wanted by the other side alone is opened, and closed when it wants it no more', async () => {
  const { made, hear, paths, closed, time } = world('a');
  await hear('b', { type: 'want', want: true, lost: null });
  made[0]!.emit('connect');
  expect(paths.map(({ peer }) => peer)).toEqual(['b']);
  await hear('b', { type: 'want', want: false, lost: null });
  expect(closed).toEqual(['b']);
  await time.run(60_000);
  expect(made).toHaveLength(1);
  expect(made[0]!.destroyed).toBe(true);
});

test('signals of another connection than the present one are dropped', async () => {
  const { made, hear } = world('b');
  await hear('a', { type: 'signal', connection: 'one', signal: offer });
  await hear('a', { type: 'signal', connection: 'two', signal: { type: 'answer', sdp: 'v=1' } });
  expect(made[0]!.heard).toEqual([offer]);
  await hear('a', { type: 'signal', connection: 'two', signal: offer });
  await hear('a', { type: 'signal', connection: 'one', signal: offer });
  expect(made.map(({ destroyed, heard }) => [destroyed, heard.length])).toEqual([
    [true, 1],
    [true, 1],
    [false, 1],
  ]);
});

test('what ended is made anew with backoff, for as long as it is wanted', async () => {
  const { pairs, made, time, closed, paths } = world('a');
  pairs.want(new Set(['b']));
  await time.run(0);
  made[0]!.emit('connect');
  made[0]!.emit('close');
  expect(closed).toEqual(['b']);
  await time.run(1_001);
  expect(made).toHaveLength(2);
  await time.run(600_000);
  expect(made.length, 'each attempt is given up after 15 s').toBeGreaterThan(15);
  expect(made.length).toBeLessThan(45);
  made.at(-1)!.emit('connect');
  pairs.want(new Set());
  const before = made.length;
  await time.run(600_000);
  expect(made).toHaveLength(before);
  expect(paths).toHaveLength(closed.length);
});

test('when signaling is back, what has not come about is begun anew at once, as its signals may be lost; what has is left', async () => {
  const { pairs, made, hear, time, closed, signalingIsBack } = world('a');
  pairs.want(new Set(['b', 'c']));
  await hear('b', { type: 'want', want: true, lost: null });
  expect(made).toHaveLength(2);
  made[0]!.emit('connect');
  signalingIsBack();
  await time.run(300);
  expect(made.map(({ destroyed }) => destroyed)).toEqual([false, true, false]);
  expect(closed).toEqual([]);
});

test('what was offered to somebody who was not there is offered again when that one asks, a few times; else it is kept', async () => {
  const { pairs, made, said, hear, time } = world('a');
  const offers = (): number => said.filter(({ signal }) => signal.type === 'signal').length;
  pairs.want(new Set(['b']));
  await time.run(0);
  await hear('b', { type: 'want', want: true, lost: null });
  expect(offers()).toBe(0);
  made[0]!.emit('signal', offer);
  await hear('b', { type: 'want', want: true, lost: null });
  expect(said.at(-1)).toEqual(said.at(-2));
  expect([offers(), made.length]).toEqual([2, 1]);
  const { connection } = said.at(-1)!.signal as Extract<WebRtcSignal, { readonly type: 'signal' }>;
  for (let count = 0; count < 100; count++) await hear('b', { type: 'want', want: true, lost: null });
  expect(offers()).toBeLessThanOrEqual(6);
  await time.run(10_000);
  await hear('b', { type: 'signal', connection, signal: { type: 'answer', sdp: 'v=0' } });
  const before = offers();
  await hear('b', { type: 'want', want: true, lost: null });
  expect(offers()).toBe(before);
});

test('an offer that comes again is taken once', async () => {
  const { made, hear } = world('b');
  for (let count = 0; count < 3; count++) await hear('a', { type: 'signal', connection: 'one', signal: offer });
  expect(made.map(({ heard }) => heard)).toEqual([[offer]]);
});

test('a path that is given up is closed, and another one opened, later each time if none of them works', async () => {
  const { pairs, made, paths, closed, time } = world('a');
  pairs.want(new Set(['b']));
  await time.run(0);
  const waits: number[] = [];
  for (let count = 1; count < 12; count++) {
    made.at(-1)!.emit('connect');
    await time.run(16_000); // silent from the start
    const givenUpMs = time.nowMs;
    paths.at(-1)!.giveUp!();
    expect(closed).toHaveLength(count);
    await time.run(40_000, () => made.length > count);
    waits.push(time.nowMs - givenUpMs);
  }
  expect(made[0]!.destroyed).toBe(true);
  expect(waits[0]).toBeLessThan(1_001);
  expect(Math.max(...waits.slice(6))).toBeGreaterThan(10_000);
  expect(Math.max(...waits)).toBeLessThan(30_001);

  made.at(-1)!.emit('connect');
  await time.run(100_000); // this one worked for a while
  const [givenUpMs, before] = [time.nowMs, made.length];
  paths.at(-1)!.giveUp!();
  await time.run(40_000, () => made.length > before);
  expect(time.nowMs - givenUpMs).toBeLessThan(1_001);
});

test('the side that makes no offers asks for a new connection in place of the one that it gave up', async () => {
  const { pairs, made, said, hear, paths, closed, time } = world('b');
  pairs.want(new Set(['a']));
  await hear('a', { type: 'signal', connection: 'one', signal: offer });
  made[0]!.emit('connect');
  paths[0]!.giveUp!();
  expect(closed).toEqual(['a']);
  await time.run(1_001);
  expect(said.at(-1)).toEqual({ to: 'a', signal: { type: 'want', want: true, lost: 'one' } });
});

test('who left without a word is dialled no more: what was wanted there has ended with the connection', async () => {
  const { pairs, made, hear, time, closed, errors } = world('a');
  pairs.want(new Set(['b']));
  await hear('b', { type: 'want', want: true, lost: null });
  made[0]!.emit('connect');
  pairs.want(new Set());
  expect(closed, 'it is still wanted there, as far as one knows').toEqual([]);
  made[0]!.emit('close');
  await time.run(600_000);
  expect([made.length, closed, errors]).toEqual([1, ['b'], []]);

  // The end of the connection is often heard of before the discovery tells that the member left.
  await hear('c', { type: 'want', want: true, lost: null });
  pairs.want(new Set(['c']));
  made[1]!.emit('connect');
  made[1]!.emit('close');
  await time.run(1_001);
  expect(made).toHaveLength(3);
  pairs.want(new Set());
  await time.run(600_000);
  expect([made.length, errors]).toEqual([3, []]);
  expect(made.every(({ destroyed }) => destroyed)).toBe(true);
  expect(time.pending).toBe(0);
});

test('who asked for a connection and is silent is tried once; a member that is wanted here, again and again', async () => {
  const { pairs, made, hear, time, errors } = world('a');
  await hear('b', { type: 'want', want: true, lost: null });
  await time.run(600_000);
  expect([made.length, errors.length]).toEqual([1, 1]);
  await hear('b', { type: 'want', want: true, lost: null });
  await time.run(600_000);
  expect([made.length, errors.length]).toEqual([2, 2]);

  pairs.want(new Set(['b']));
  await time.run(600_000);
  expect(made.length).toBeGreaterThan(15);
  // While it is waited for the next try, it is said to be wanted; and then nothing more.
  await time.run(60_000, () => made.every(({ destroyed }) => destroyed));
  await hear('b', { type: 'want', want: true, lost: null });
  pairs.want(new Set());
  const before = made.length;
  await time.run(600_000);
  expect([made.length, errors.length, time.pending]).toEqual([before, before, 0]);
});

test.each(['a', 'z'])('however many have come and gone, newcomers are heard by %s', async (self) => {
  const { hear, made, time } = world(self);
  const ask = async (peer: string): Promise<void> => {
    await hear(peer, { type: 'want', want: true, lost: null });
    if (self === 'z') await hear(peer, { type: 'signal', connection: 'one', signal: offer });
  };
  for (let number = 0; number < 100; number++) {
    await ask(`b${number}`);
    expect(made).toHaveLength(number + 1);
    made[number]!.emit('connect');
    made[number]!.emit('close');
  }
  await time.run(1_000);
  expect(time.pending).toBe(0);
  // Of these, no more than words came through.
  if (self === 'z')
    for (let number = 0; number < 100; number++) await hear(`c${number}`, { type: 'want', want: true, lost: null });
  await ask('d');
  expect(made).toHaveLength(101);
});

test('errors of a connection are listened to, told once as webrtc-failed, and end it', async () => {
  const { pairs, made, time, errors } = world('a');
  pairs.want(new Set(['b']));
  await time.run(0);
  made[0]!.emit('error', new Error('Ice connection failed.'));
  made[0]!.emit('close');
  expect(errors).toEqual(['no data channel to b: Ice connection failed.; traffic stays on the relay']);
  await time.run(1_000);
  expect(made[0]!.destroyed).toBe(true);
});

test('that the other end has closed a connection before it stood is no error, and ends it', async () => {
  const { pairs, made, time, errors } = world('a');
  pairs.want(new Set(['b']));
  await time.run(0);
  // What Chromium says of the data channel of a page that was closed.
  const abort = Object.assign(new Error('User-Initiated Abort, reason=Close called'), { sctpCauseCode: 12 });
  made[0]!.emit('error', abort);
  expect(errors).toEqual([]);
  expect(made[0]!.destroyed).toBe(true);
});

test('signals that make no sense, or are too large, are dropped and reported', async () => {
  const { hear, errors, made } = world('b');
  const bad = [
    'no JSON',
    '[]',
    'null',
    '{"type":"want"}',
    '{"type":"want","want":true,"lost":7}',
    '{"type":"signal","connection":"","signal":{"type":"offer","sdp":"v"}}',
    '{"type":"signal","connection":"x","signal":{"type":"offer"}}',
    '{"type":"signal","connection":"x","signal":{"type":"renegotiate","renegotiate":true}}',
    '{"type":"signal","connection":"x","signal":{"type":"candidate","candidate":{"candidate":1}}}',
    `{"type":"signal","connection":"x","signal":{"type":"candidate","candidate":{"candidate":"${'x'.repeat(2_000)}"}}}`,
    `{"type":"signal","connection":"x","signal":{"type":"offer","sdp":"${'x'.repeat(17_000)}"}}`,
    '{"__proto__":{"type":"want"}}',
    '['.repeat(10_000),
  ];
  for (const text of bad) await hear('a', new TextEncoder().encode(text));
  expect(errors).toHaveLength(bad.length);
  expect(made).toEqual([]);
});

test('a hostile member gets no flood of connections or signals out of its offers', async () => {
  const { hear, made, time } = world('b');
  for (let number = 0; number < 100; number++)
    await hear('a', { type: 'signal', connection: `c${number}`, signal: offer });
  expect(made.length).toBeLessThanOrEqual(5);
  const last = made.at(-1)!;
  for (let count = 0; count < 1_000; count++) await hear('a', { type: 'signal', connection: 'c4', signal: offer });
  expect(last.heard.length).toBeLessThanOrEqual(200);
  for (let number = 0; number < 100; number++) {
    await hear('a', { type: 'want', want: false, lost: null });
    await hear('a', { type: 'signal', connection: `d${number}`, signal: offer });
  }
  expect(made.length, 'they are counted also where it takes them back').toBeLessThanOrEqual(5);
  for (let number = 0; number < 300; number++)
    await hear(`a${number}`, { type: 'signal', connection: 'x', signal: offer });
  expect(made.length).toBeLessThanOrEqual(5 + 64);
  await time.run(16_000);
  expect(made.every(({ destroyed }) => destroyed)).toBe(true);
});

test('nor does it out of its questions, where this side makes the offers; one that is wanted here is dialled all the same', async () => {
  const { pairs, hear, made, time } = world('a');
  for (let times = 0; times < 100; times++) {
    await hear('b', { type: 'want', want: true, lost: null });
    made.at(-1)?.emit('error', new Error('no answer'));
    await hear('b', { type: 'want', want: true, lost: null });
    await hear('b', { type: 'want', want: false, lost: null });
  }
  expect(made.length).toBeLessThanOrEqual(5);
  const before = made.length;
  pairs.want(new Set(['b']));
  await time.run(0);
  expect(made).toHaveLength(before + 1);
});
