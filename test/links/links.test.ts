import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { ClusterError } from '../../src/protocol/errors.ts';
import { leastFrameBytes } from '../../src/transports/transport.ts';
import { seeded } from '../../src/platform/seeded.ts';
import { valuesOf } from './at-limit.ts';
import { Member, Time, Wire } from './world.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

/** Two members on the given wires, best first. */
function pair(wires: Wire[], maxMessageBytes?: number): [Member, Member] {
  const { time } = wires[0]!;
  const members = ['a', 'b'].map((id) => new Member(id, time, wires, seeded(1), maxMessageBytes)) as [Member, Member];
  members[0].meet(['a', 'b']);
  members[1].meet(['a', 'b']);
  for (const member of members) member.links.want(new Set(['a', 'b']));
  return members;
}

function delay(wire: Wire, delayMs: number): Wire {
  for (const [from, to] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const)
    wire.direction(from, to).delayMs = () => delayMs;
  return wire;
}

function cut(wire: Wire, dead: boolean): void {
  wire.direction('a', 'b').dead = dead;
  wire.direction('b', 'a').dead = dead;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof ClusterError ? error.code : String(error);
}

test('the first message is there after one way of the path: no handshake goes before it', async () => {
  const time = new Time();
  const [a, b] = pair([delay(new Wire('relay', time), 40)]);
  void a.links.send('b', 'hello', { first: true }, 'urgent');
  await time.run(40);
  expect(b.heard).toEqual([{ from: 'a', topic: 'hello', value: { first: true }, atMs: 40 }]);
});

test('what is short and was lost comes with what is said next: nothing waits for a timeout', async () => {
  const time = new Time();
  const wire = delay(new Wire('relay', time), 40);
  const [a, b] = pair([wire]);
  void a.links.send('b', 't', 'first', 'urgent');
  await time.run(1_000);
  wire.direction('a', 'b').loss = 1;
  void a.links.send('b', 't', 'lost', 'urgent');
  await time.run(10);
  wire.direction('a', 'b').loss = 0;
  void a.links.send('b', 't', 'next', 'urgent');
  await time.run(40);
  expect(b.heard.map(({ value, atMs }) => [value, atMs])).toEqual([
    ['first', 40],
    ['lost', 1_050],
    ['next', 1_050],
  ]);
});

test('what is long and was lost is sent again and again, without a reset', async () => {
  const time = new Time();
  const wire = delay(new Wire('relay', time, { random: seeded(5) }), 5);
  const [a, b] = pair([wire]);
  for (const faults of wire.faults.values()) faults.loss = 0.2;
  const bytes = Uint8Array.from({ length: 200_000 }, (_, at) => at % 251);
  void a.links.send('b', 't', bytes, 'bulk');
  await time.run(20_000);
  expect(b.heard.map(({ value }) => Buffer.from(value as Uint8Array).equals(bytes))).toEqual([true]);
  expect([...a.resets, ...b.resets]).toEqual([]);
});

test('values stay values and bytes stay bytes, also large ones in many chunks', async () => {
  const time = new Time();
  const [a, b] = pair([new Wire('relay', time)]);
  const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => at % 251);
  const values = [null, 0, '', 'ä€😀', [1, [2]], { a: { b: null } }, 'x'.repeat(100_000), bytes, new Uint8Array(0)];
  for (const value of values) void a.links.send('b', 'Thema ä', value, 'bulk');
  await time.run(2_000);
  const plain = (value: unknown): unknown =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
  expect(b.heard.map(({ value }) => plain(value))).toEqual(values.map(plain));
  expect(Object.getPrototypeOf(b.heard[7]!.value)).toBe(Uint8Array.prototype);
  expect((b.heard[7]!.value as Uint8Array).buffer.byteLength, 'and nothing else is in their buffer').toBe(300_000);
  expect(b.heard.every(({ topic }) => topic === 'Thema ä')).toBe(true);
});

test('a message at the limit passes, whatever it is written in, and one byte more is too-large, at the sender', async () => {
  const time = new Time();
  const [a, b] = pair([new Wire('relay', time)], 100_000);
  for (const value of valuesOf(100_001)) expect(await codeOf(a.links.send('b', 't', value, 'bulk'))).toBe('too-large');
  for (const value of valuesOf(100_000)) {
    void a.links.send('b', 'Thema ä', value, 'bulk');
    await time.run(1_000);
  }
  expect(
    isDeepStrictEqual(
      b.heard.map(({ value }) => value),
      valuesOf(100_000),
    ),
  ).toBe(true);
});

test('backpressure: a sender that awaits is stopped by a receiver that does not answer', async () => {
  const time = new Time();
  const wire = new Wire('relay', time);
  const [a] = pair([wire]);
  cut(wire, true);
  let taken = 0;
  const sending = (async () => {
    for (;;) {
      await a.links.send('b', 't', new Uint8Array(10 * KiB), 'bulk');
      taken++;
    }
  })();
  const failed = codeOf(sending);
  await time.run(20_000);
  expect(taken * 10 * KiB).toBeGreaterThan(0);
  expect(taken * 10 * KiB).toBeLessThanOrEqual(MiB);
  await time.run(20_000);
  expect(await failed).toBe('peer-reset');
  expect(a.resets).toEqual(['b']);
});

test('a sender that does not await queues no more than a bound for a member out of reach', async () => {
  const time = new Time();
  const wire = new Wire('relay', time);
  const [a, b] = pair([wire]);
  cut(wire, true);
  const send = (lane: 'urgent' | 'bulk'): Promise<string> => codeOf(a.links.send('b', 't', new Uint8Array(MiB), lane));
  const waiting = Array.from({ length: 20 }, () => send('bulk'));
  await time.run(2_000);
  expect(await Promise.all([send('bulk'), send('bulk')])).toEqual(['too-large', 'too-large']);
  waiting.push(send('urgent'));
  cut(wire, false);
  await time.run(2_000);
  waiting.push(send('bulk'));
  await time.run(2_000);
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['null']));
  expect(b.heard).toHaveLength(22);
});

test('T1: silence for 30 s ends the session on both sides, and the next one works', async () => {
  const time = new Time();
  const wire = new Wire('relay', time);
  const [a, b] = pair([wire]);
  void a.links.send('b', 't', 'before', 'urgent');
  void b.links.send('a', 't', 'before', 'urgent');
  await time.run(1_000);
  cut(wire, true);
  const lost = a.links.send('b', 't', new Uint8Array(2 * MiB), 'bulk');
  const code = codeOf(lost);
  await time.run(31_000);
  expect(await code).toBe('peer-reset');
  cut(wire, false);
  void a.links.send('b', 't', 'after', 'urgent');
  await time.run(2_000);
  expect([a.resets, b.resets]).toEqual([['b'], ['a']]);
  expect(b.heard.map(({ value }) => value)).toEqual(['before', 'after']);
});

test.each([
  [50, 150],
  [50, 230],
  [110, 70],
])(
  'T1: two that found each other one-sided, and never stop talking, begin anew once: trips of %i ms, words every %i ms',
  async (delayMs, everyMs) => {
    const time = new Time();
    const wire = delay(new Wire('relay', time), delayMs);
    const [a, b] = pair([wire]);
    const say = ({ links }: Member, to: string, word: string): void =>
      void links.send(to, 't', word, 'urgent').catch(() => undefined);
    a.onReset = () => say(a, 'b', 'again '.repeat(200));
    b.onReset = () => say(b, 'a', 'again '.repeat(200));
    wire.direction('b', 'a').dead = true;
    for (let word = 0; word < 100; word++) {
      time.after(word * everyMs, () => say(a, 'b', `word ${word}`));
      time.after(word * everyMs + 30, () => say(b, 'a', `word ${word}`));
    }
    await time.run(1_000);
    b.meet([]); // what it had heard of the other is over, of which the other knows nothing
    b.meet(['a']);
    wire.direction('b', 'a').dead = false;
    await time.run(100 * everyMs);
    expect([a.resets, b.resets]).toEqual([['b'], []]);
    expect([a, b].map(({ heard }) => heard.at(-1)?.value)).toEqual(['word 99', 'word 99']);
  },
);

test('T1: a reset is told also if all that was lost with it had only waited to be sent', async () => {
  const time = new Time();
  const wire = new Wire('relay', time);
  const [a] = pair([wire]);
  for (const end of wire.ends.values()) end.setUp(false);
  const sends = Array.from({ length: 10 }, () => codeOf(a.links.send('b', 't', new Uint8Array(MiB), 'bulk')));
  await time.run(31_000);
  expect(new Set(await Promise.all(sends))).toEqual(new Set(['peer-reset', 'too-large']));
  expect(a.resets).toEqual(['b']);
});

test('T1: what was cut for a path of large frames is taken over by one of small frames', async () => {
  const time = new Time();
  const wires = [new Wire('webrtc', time), new Wire('relay', time, { maxFrameBytes: leastFrameBytes })] as const;
  const [a, b] = pair([...wires]);
  for (const end of wires[1].ends.values()) end.setUp(false);
  await time.run(100);
  cut(wires[0], true);
  const bytes = Uint8Array.from({ length: 50_000 }, (_, at) => at % 251);
  await a.links.send('b', 't', bytes, 'bulk');
  await time.run(10);
  for (const end of wires[0].ends.values()) end.setUp(false);
  for (const end of wires[1].ends.values()) end.setUp(true);
  await time.run(2_000);
  expect(b.heard.map(({ value }) => Buffer.from(value as Uint8Array).equals(bytes))).toEqual([true]);
  expect([...a.resets, ...b.resets]).toEqual([]);
});

test('a pause of this member does not count as silence of the others', async () => {
  const time = new Time();
  const wire = new Wire('relay', time);
  const [a, b] = pair([wire]);
  void a.links.send('b', 't', 1, 'urgent');
  await time.run(500);
  cut(wire, true);
  void a.links.send('b', 't', 2, 'urgent');
  await time.run(2_000);
  time.nowMs += 600_000; // nothing runs meanwhile
  cut(wire, false);
  await time.run(3_000);
  expect(a.resets).toEqual([]);
  expect(b.heard.map(({ value }) => value)).toEqual([1, 2]);
});

test('50 MB of bulk do not delay a beat by more than a few chunks, on a path of 2 MB/s', async () => {
  const time = new Time();
  const wire = delay(new Wire('webrtc', time, { bytesPerSecond: 2_000_000 }), 10);
  const [a, b] = pair([wire]);
  const transfer = a.links.send('b', 'file', new Uint8Array(50_000_000), 'bulk');
  const latencies: number[] = [];
  b.onMessage = (_from, topic, value) => {
    if (topic === 'beat') latencies.push(time.nowMs - (value as number));
  };
  const progress = { over: false };
  void transfer.then(() => (progress.over = true));
  while (!progress.over) {
    void a.links.send('b', 'beat', time.nowMs, 'urgent');
    await time.run(100);
  }
  await time.run(1_000);
  const chunkMs = (16 * KiB) / 2_000;
  expect(latencies.length).toBeGreaterThan(240);
  expect(Math.max(...latencies)).toBeLessThan(10 + 6 * chunkMs);
  expect(time.nowMs).toBeLessThan(30_000); // 25 s is what the path takes by itself
  expect(b.heard.filter(({ topic }) => topic === 'file')).toHaveLength(1);
}, 30_000);

test.each([
  ['quick', 5_000_000, 5, 10_000_000],
  ['slow', 250_000, 5, 2_000_000],
  ['long', 5_000_000, 100, 20_000_000],
  ['slow and long', 250_000, 100, 3_000_000],
])('bulk fills most of a %s path, and what is urgent does not wait for long', async (_, rate, oneWayMs, bytes) => {
  const time = new Time();
  const wire = delay(new Wire('relay', time, { bytesPerSecond: rate }), oneWayMs);
  const [a, b] = pair([wire]);
  const latencies: number[] = [];
  const progress = { over: false };
  b.onMessage = (_from, topic, value) => {
    if (topic === 'beat') latencies.push(time.nowMs - (value as number));
    else progress.over = true;
  };
  void a.links.send('b', 'file', new Uint8Array(bytes), 'bulk');
  while (!progress.over) {
    void a.links.send('b', 'beat', time.nowMs, 'urgent');
    await time.run(50, () => progress.over);
  }
  expect(bytes / (time.nowMs / 1_000) / rate).toBeGreaterThan(0.8);
  const sorted = latencies.toSorted((one, other) => one - other);
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(2 * oneWayMs + 60);
});

test('T1: a path that is dead and says nothing is replaced within a few round trips, and taken again when it lives', async () => {
  const time = new Time();
  const webrtc = delay(new Wire('webrtc', time), 5);
  const relay = delay(new Wire('relay', time), 20);
  const [a, b] = pair([webrtc, relay]);
  const beat = async (from: number, to: number): Promise<void> => {
    for (let number = from; number < to; number++) {
      void a.links.send('b', 'beat', number, 'urgent');
      await time.run(50);
    }
  };
  await beat(0, 40);
  expect(a.links.state('b')?.path).toBe('webrtc');
  cut(webrtc, true);
  const cutMs = time.nowMs;
  await beat(40, 80);
  expect(a.links.state('b')?.path).toBe('relay');
  const firstAfter = b.heard.find(({ value }) => value === 40)!;
  expect(firstAfter.atMs - cutMs).toBeLessThan(300);
  cut(webrtc, false);
  await beat(80, 300);
  expect(a.links.state('b')?.path).toBe('webrtc');
  expect(b.heard.map(({ value }) => value)).toEqual(Array.from({ length: 300 }, (_, number) => number));
});

test('a path that stays silent while another works is given up after 15 s, and again as long as it is; what opens then is taken', async () => {
  const time = new Time();
  const [webrtc, relay] = [new Wire('webrtc', time), new Wire('relay', time)];
  const [a, b] = pair([webrtc, relay]);
  let sent = 0;
  const beat = async (seconds: number): Promise<void> => {
    for (const endMs = time.nowMs + seconds * 1_000; time.nowMs < endMs; sent++) {
      void a.links.send('b', 'beat', sent, 'urgent');
      await time.run(250);
    }
  };
  await beat(30);
  expect(a.ends[0]!.givenUpMs).toEqual([]);
  cut(webrtc, true);
  const cutMs = time.nowMs;
  await beat(14);
  expect(a.ends[0]!.givenUpMs, 'not yet').toEqual([]);
  await beat(36);
  const waits = a.ends[0]!.givenUpMs.map((atMs, at, all) => atMs - (all[at - 1] ?? cutMs));
  expect(waits).toHaveLength(3);
  for (const waitMs of waits) {
    expect(waitMs).toBeGreaterThan(14_000);
    expect(waitMs).toBeLessThan(21_000);
  }
  expect(a.ends[1]!.givenUpMs, 'the one that works').toEqual([]);
  cut(webrtc, false);
  await beat(7);
  expect(a.links.state('b')?.path).toBe('webrtc');
  expect(b.heard.map(({ value }) => value)).toEqual(Array.from({ length: sent }, (_, number) => number));
  expect([...a.resets, ...b.resets]).toEqual([]);
});

test('where all paths are silent none is given up: the network is away, and comes back', async () => {
  const time = new Time();
  const wires = [new Wire('webrtc', time), new Wire('relay', time)];
  const [a, b] = pair(wires);
  void a.links.send('b', 't', 'before', 'urgent');
  await time.run(1_000);
  for (const wire of wires) cut(wire, true);
  void a.links.send('b', 't', 'meanwhile', 'urgent');
  await time.run(25_000);
  for (const wire of wires) cut(wire, false);
  await time.run(6_000);
  expect(a.ends.map(({ givenUpMs }) => givenUpMs)).toEqual([[], []]);
  expect(b.heard.map(({ value }) => value)).toEqual(['before', 'meanwhile']);
  expect(a.links.state('b')?.path).toBe('webrtc');
});

test('a path that closes hands over at once what it had not confirmed', async () => {
  const time = new Time();
  const webrtc = delay(new Wire('webrtc', time), 5);
  const relay = delay(new Wire('relay', time), 20);
  const [a, b] = pair([webrtc, relay]);
  void a.links.send('b', 't', 0, 'urgent');
  await time.run(2_000);
  cut(webrtc, true);
  void a.links.send('b', 't', 1, 'urgent');
  await time.run(1);
  const closedMs = time.nowMs;
  a.ends[0]!.setUp(false);
  await time.run(1_000);
  expect(b.heard.at(-1)).toMatchObject({ value: 1, atMs: closedMs + 20 });
});

test('first words of a member that is not known yet are kept for a moment; those of strangers are dropped and counted', async () => {
  const time = new Time();
  const wire = new Wire('relay', time);
  const a = new Member('a', time, [wire], seeded(1));
  const b = new Member('b', time, [wire], seeded(2));
  a.meet(['b']);
  void a.links.send('b', 't', 'early', 'urgent');
  await time.run(50);
  expect(b.heard).toEqual([]);
  const sentBefore = wire.carried;
  b.meet(['a']);
  await time.run(0);
  expect(b.heard.map(({ value }) => value)).toEqual(['early']);
  expect(wire.carried).toBeGreaterThan(sentBefore); // the answer, not a repetition

  const c = new Member('c', time, [wire], seeded(3));
  c.meet(['b']);
  void c.links.send('b', 't', 'never wanted', 'urgent');
  await time.run(20_000);
  expect(b.bad[0]).toContain('c: a frame from somebody who is not a member');
  expect(b.heard).toHaveLength(1);
});

test('sends to a member that is none, or no more, reject with unknown-peer, and after closing with left', async () => {
  const wire = new Wire('relay', new Time());
  const [a] = pair([wire]);
  expect(await codeOf(a.links.send('nobody', 't', 1, 'urgent'))).toBe('unknown-peer');
  cut(wire, true);
  const waiting = codeOf(a.links.send('b', 't', new Uint8Array(2 * MiB), 'bulk'));
  a.meet(['a']);
  expect(await waiting).toBe('unknown-peer');
  a.links.close();
  expect(await codeOf(a.links.send('b', 't', 1, 'urgent'))).toBe('left');
});

test('last words go out on every path within the call, even if the preferred one is dead', async () => {
  const time = new Time();
  const webrtc = delay(new Wire('webrtc', time), 5);
  const relay = delay(new Wire('relay', time), 20);
  const [a, b] = pair([webrtc, relay]);
  void a.links.send('b', 't', 'hello', 'urgent');
  await time.run(3_000);
  cut(webrtc, true);
  void a.links.send('b', 't', 'goodbye', 'urgent');
  a.links.goodbye();
  await time.run(20);
  expect(b.heard.map(({ value }) => value)).toEqual(['hello', 'goodbye']);
  expect(await codeOf(b.links.send('a', 't', 'too late', 'urgent'))).toBe('unknown-peer');
});

test('last words leave within the call, however much is not acknowledged, and so does the goodbye after them', async () => {
  const time = new Time();
  const [a, b] = pair([delay(new Wire('relay', time), 200)]);
  const words = Array.from({ length: 20 }, (_, number) => `${number} `.padEnd(10 * KiB));
  for (const word of words) void a.links.send('b', 't', word, 'urgent').catch(() => undefined);
  a.links.goodbye();
  await time.run(200);
  expect(b.heard.map(({ value }) => value)).toEqual(words);
  expect(b.goodbyes).toEqual(['a']);
});

test('60 MiB that wait delay no goodbye by more than what is on its way already', async () => {
  const time = new Time();
  const wire = delay(new Wire('relay', time, { bytesPerSecond: 250_000 }), 5);
  const [a, b] = pair([wire]);
  void a.links.send('b', 'file', new Uint8Array(60 * MiB), 'bulk').catch(() => undefined);
  await time.run(5_000);
  void a.links.send('b', 't', 'last', 'urgent').catch(() => undefined);
  const before = wire.ends.get('a')!.paths.get('b')!.bufferedBytes();
  a.links.goodbye();
  expect(wire.ends.get('a')!.paths.get('b')!.bufferedBytes() - before).toBeLessThan(64 * KiB);
  await time.run(1_000);
  expect([b.heard.map(({ value }) => value), b.goodbyes]).toEqual([['last'], ['a']]);
});

test('a goodbye is told once, though it comes on every path, and after the last words', async () => {
  const time = new Time();
  const [a, b] = pair([delay(new Wire('webrtc', time), 5), delay(new Wire('relay', time), 20)]);
  await time.run(3_000);
  let heardBefore = -1;
  b.onGoodbye = () => (heardBefore = b.heard.length);
  void a.links.send('b', 't', 'last words', 'urgent');
  a.links.goodbye();
  await time.run(3_000);
  expect(b.goodbyes).toEqual(['a']);
  expect(heardBefore).toBe(1);
  expect([b.resets, b.bad]).toEqual([[], []]);
});

test('an error thrown by a listener surfaces, and the next message arrives all the same', async () => {
  const time = new Time();
  const [a, b] = pair([new Wire('relay', time)]);
  const surfaced: unknown[] = [];
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.once('uncaughtException', (error) => surfaced.push(error));
  b.onMessage = (_from, _topic, value) => {
    if (value === 1) throw new Error('from the listener');
  };
  for (const value of [1, 2]) void a.links.send('b', 't', value, 'bulk');
  await time.run(100);
  for (const listener of before) process.on('uncaughtException', listener);
  expect(surfaced.map(String)).toEqual(['Error: from the listener']);
  expect(b.heard.map(({ value }) => value)).toEqual([1, 2]);
});
