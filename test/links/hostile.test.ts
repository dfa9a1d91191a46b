import { expect, test } from 'vitest';
import {
  type Frame,
  chunkBytes,
  decodeFrame,
  encodeFrame,
  maxChunkHeaderBytes,
  maxHeaderBytes,
} from '../../src/links/frame.ts';
import { encodeMessage } from '../../src/links/message.ts';
import { Member, Time, Wire, generator } from './world.ts';

const empty: Frame = {
  from: 7,
  to: 0,
  reset: false,
  bye: false,
  ping: false,
  stamp: 1,
  echo: null,
  acks: null,
  chunks: [],
};
const ack = { next: 0, limitBytes: 1, ranges: [] };

function message(topic: string, body: string): Uint8Array {
  const { head } = encodeMessage(topic, 'x'.repeat(body.length - 2));
  return Buffer.concat([head, Buffer.from(body)]);
}

/** A member, and a stranger to the code that may send it any frame in the name of another member. */
function victim(): { time: Time; a: Member; say(frame: Frame | Uint8Array): Promise<void>; heard(): unknown[] } {
  const time = new Time();
  const wire = new Wire('relay', time);
  const a = new Member('a', time, [wire], generator(1), 100_000);
  a.links.setMembers(new Set(['evil']));
  const say = async (frame: Frame | Uint8Array): Promise<void> => {
    wire.carry('evil', 'a', frame instanceof Uint8Array ? frame : encodeFrame(frame));
    await time.run(5);
  };
  return { time, a, say, heard: () => a.heard.map(({ value }) => value) };
}

test('a frame comes back as it was', () => {
  const frame: Frame = {
    from: 2 ** 52,
    to: 1_700_000_000_000,
    reset: false,
    bye: true,
    ping: true,
    stamp: 2 ** 32 - 1,
    echo: { stamp: 0, heldUs: 12_345 },
    acks: {
      urgent: {
        next: 3,
        limitBytes: 2 ** 40,
        ranges: [
          [5, 6],
          [9, 200],
        ],
      },
      bulk: { next: 0, limitBytes: 0, ranges: [] },
    },
    chunks: [
      { lane: 'urgent', seq: 0, bytes: new Uint8Array([1]) },
      { lane: 'bulk', seq: 2 ** 40, bytes: new Uint8Array(300).fill(9) },
    ],
  };
  expect(decodeFrame(encodeFrame(frame))).toEqual(frame);
});

test('no frame is larger than what is reckoned for it', () => {
  const most = Number.MAX_SAFE_INTEGER;
  const ranges = Array.from(
    { length: 16 },
    (_, at) => [most - 2_000_000 + at * 10_000, most - 2_000_000 + at * 10_000 + 5_000] as const,
  );
  const acks = { next: 0, limitBytes: most, ranges: ranges.map(([a, b]) => [a, b] as const) };
  const header = encodeFrame({
    ...empty,
    from: most,
    to: most,
    stamp: 2 ** 32 - 1,
    echo: { stamp: 2 ** 32 - 1, heldUs: 2 ** 32 },
    acks: { urgent: acks, bulk: acks },
  });
  expect(header.byteLength).toBeLessThanOrEqual(maxHeaderBytes);
  const chunk = { lane: 'bulk', seq: 2 ** 52, bytes: new Uint8Array(16_000) } as const;
  expect(chunkBytes(chunk)).toBeLessThanOrEqual(16_000 + maxChunkHeaderBytes);
});

test('Q11, T1: frames of noise, and frames cut or changed anywhere, are dropped or refused, and nothing throws', async () => {
  const random = generator(11);
  const { a, say } = victim();
  const good = encodeFrame({
    ...empty,
    echo: { stamp: 3, heldUs: 4 },
    acks: { urgent: ack, bulk: ack },
    chunks: [{ lane: 'urgent', seq: 0, bytes: message('t', '"x"') }],
  });
  for (let length = 0; length < good.length; length++) await say(good.subarray(0, length));
  for (let round = 0; round < 3_000; round++) {
    const changed = good.slice();
    for (let times = 1 + random() * 4; times > 0; times--)
      changed[Math.floor(random() * changed.length)] = random() * 256;
    await say(changed);
    await say(Uint8Array.from({ length: random() * 100 }, () => random() * 256));
  }
  expect(a.bad.length).toBeGreaterThan(1_000);
  const fresh = victim();
  await fresh.say(good);
  expect(fresh.heard()).toEqual(['x']);
});

test('a message that is no JSON, too deep, or has __proto__ as a key is dropped and counted; the next one arrives', async () => {
  const { a, say, heard } = victim();
  const bodies = ['{"__proto__":{"x":1}}', '['.repeat(30_000), '{"a":', '"fine"'];
  for (const [seq, body] of bodies.entries()) {
    const bytes = message('t', body);
    const chunks = [{ lane: 'bulk', seq, bytes }] as const;
    await say({ ...empty, chunks });
  }
  expect(heard()).toEqual(['fine']);
  expect(a.bad).toHaveLength(3);
  expect(a.resets).toEqual([]);
  expect(({} as { x?: number }).x).toBeUndefined();
});

test('whoever sends more than the window, or a message over the limit, ends the session', async () => {
  const overruns: [string, Frame][] = [
    ['beyond the window', { ...empty, chunks: [{ lane: 'urgent', seq: 5_000, bytes: new Uint8Array(1) }] }],
    [
      'a length over the limit',
      { ...empty, chunks: [{ lane: 'bulk', seq: 0, bytes: new Uint8Array([255, 255, 255, 127, 1]) }] },
    ],
    ['no length at all', { ...empty, chunks: [{ lane: 'bulk', seq: 0, bytes: new Uint8Array([255, 255]) }] }],
    ['a length of nothing', { ...empty, chunks: [{ lane: 'bulk', seq: 0, bytes: new Uint8Array([0, 1]) }] }],
    [
      'more than the length says',
      { ...empty, chunks: [{ lane: 'bulk', seq: 0, bytes: new Uint8Array([2, 1, 0, 65, 66]) }] },
    ],
  ];
  for (const [name, frame] of overruns) {
    const { a, say, heard } = victim();
    await say({ ...empty, chunks: [{ lane: 'urgent', seq: 0, bytes: message('t', '"one"') }] });
    await say(frame);
    expect([name, a.resets, heard()]).toEqual([name, ['evil'], ['one']]);
    await say({ ...empty, from: 8, chunks: [{ lane: 'urgent', seq: 0, bytes: message('t', '"two"') }] });
    expect([name, heard()]).toEqual([name, ['one', 'two']]);
  }
});

test('early chunks are held up to the window and no further', async () => {
  const { a, say } = victim();
  for (let seq = 1; seq <= 16; seq++)
    await say({ ...empty, chunks: [{ lane: 'urgent', seq, bytes: new Uint8Array(16 * 1024) }] });
  expect(a.resets).toEqual([]);
  await say({ ...empty, chunks: [{ lane: 'urgent', seq: 17, bytes: new Uint8Array(1) }] });
  expect(a.resets).toEqual(['evil']);
});

test('an acknowledgement of what was never sent ends the session', async () => {
  const { a, say } = victim();
  void a.links.send('evil', 't', 'one', 'urgent').catch(() => undefined);
  await say(empty);
  const mine = 1_000_000;
  await say({ ...empty, to: mine, acks: { urgent: { next: 1, limitBytes: 1, ranges: [] }, bulk: ack } });
  expect(a.resets).toEqual([]);
  await say({ ...empty, to: mine, acks: { urgent: { next: 2, limitBytes: 1, ranges: [] }, bulk: ack } });
  expect(a.resets).toEqual(['evil']);
});
