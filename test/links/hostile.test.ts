import { expect, test } from 'vitest';
import { type Frame, decodeFrame, encodeFrame, headerBytes } from '../../src/links/frame.ts';
import { encodeMessage } from '../../src/links/message.ts';
import { seeded } from '../../src/platform/seeded.ts';
import { noFrame } from './no-word.ts';
import { Member, Time, Wire } from './world.ts';

function message(topic: string, body: string): Uint8Array {
  const [head] = encodeMessage(topic, 'x'.repeat(body.length - 2));
  return Buffer.concat([head, Buffer.from(body)]);
}

/** The header of a message that claims this much. */
function header(bodyBytes: number, topicBytes: number): Uint8Array {
  const bytes = new Uint8Array(6);
  new DataView(bytes.buffer).setUint32(0, bodyBytes);
  new DataView(bytes.buffer).setUint16(4, topicBytes * 2);
  return bytes;
}

/** A member, and a stranger to the code that may send it any frame in the name of another member. */
function victim(): {
  time: Time;
  wire: Wire;
  a: Member;
  say(frame: Frame | Uint8Array): Promise<void>;
  heard(): unknown[];
} {
  const time = new Time();
  const wire = new Wire('relay', time);
  const a = new Member('a', time, [wire], seeded(1), 100_000);
  a.meet(['evil']);
  const say = async (frame: Frame | Uint8Array): Promise<void> => {
    wire.carry('evil', 'a', frame instanceof Uint8Array ? frame : encodeFrame(frame));
    await time.run(5);
  };
  return { time, wire, a, say, heard: () => a.heard.map(({ value }) => value) };
}

test('a frame comes back as it was', () => {
  const frame: Frame = {
    from: 2 ** 52,
    to: 1_700_000_000_000,
    urgentAck: 3,
    bulkAck: 2 ** 40,
    offset: Number.MAX_SAFE_INTEGER,
    stampMs: 123_456.789,
    echoMs: 0.001,
    reset: false,
    bye: true,
    ping: true,
    bulk: true,
    bytes: new Uint8Array(300).fill(9),
  };
  const encoded = encodeFrame(frame);
  expect(encoded).toHaveLength(headerBytes + 300);
  expect(decodeFrame(encoded)).toEqual(frame);
  const elsewhere = new Uint8Array(encoded.length + 3);
  elsewhere.set(encoded, 3);
  expect(decodeFrame(elsewhere.subarray(3))).toEqual(frame);
});

test('a frame is refused where a number of it is no count, or a time is none', () => {
  const good = encodeFrame({ ...noFrame, from: 1 });
  expect(decodeFrame(good)).not.toBeNull();
  const withNumber = (at: number, value: number): Uint8Array => {
    const changed = good.slice();
    new DataView(changed.buffer).setFloat64(2 + 8 * at, value);
    return changed;
  };
  for (const count of [-1, 0.5, 2 ** 53, NaN, Infinity])
    for (const at of [0, 1, 2, 3, 4]) expect(decodeFrame(withNumber(at, count)), `${count} as number ${at}`).toBeNull();
  expect(decodeFrame(withNumber(0, 0)), 'no session has the number 0').toBeNull();
  for (const time of [NaN, Infinity, -Infinity])
    for (const at of [5, 6]) expect(decodeFrame(withNumber(at, time)), `${time} as number ${at}`).toBeNull();
  const [version, flags] = [good.slice(), good.slice()];
  version[0]!++;
  flags[1] = 16;
  expect([decodeFrame(version), decodeFrame(flags)]).toEqual([null, null]);
});

test('Q11, T1: frames of noise, and frames cut or changed anywhere, are dropped or refused, and nothing throws', async () => {
  const random = seeded(11);
  const { a, say } = victim();
  const good = encodeFrame({ ...noFrame, echoMs: 3, bytes: message('t', '"x"') });
  for (let length = 0; length < headerBytes; length++) await say(good.subarray(0, length));
  expect(a.bad).toHaveLength(headerBytes);
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

test('a message that is no JSON, or has a topic that is none, too deep, or has __proto__ as a key is dropped and counted; the next one arrives', async () => {
  const { a, say, heard } = victim();
  const bodies = ['{"__proto__":{"x":1}}', '['.repeat(30_000) + ']'.repeat(30_000), '{"a":', '"fine"'];
  let offset = 0;
  for (const body of bodies) {
    const bytes = message('t', body);
    await say({ ...noFrame, bulk: true, offset, bytes });
    offset += bytes.byteLength;
  }
  await say({ ...noFrame, bytes: Buffer.concat([header(6, 1), Buffer.from('""fine"')]) });
  expect(heard()).toEqual(['fine']);
  expect(a.bad).toHaveLength(4);
  expect(a.resets).toEqual([]);
  expect(({} as { x?: number }).x).toBeUndefined();
});

test('whoever sends a message over the limit, or a topic over it, ends the session; what came before it is heard', async () => {
  const overruns: [string, Uint8Array][] = [
    ['a body over the limit', header(100_001, 1)],
    ['a body of the largest size there is', header(2 ** 32 - 1, 1)],
    ['a topic over the limit', header(1, 1025)],
  ];
  for (const [name, bytes] of overruns) {
    const { a, say, heard } = victim();
    await say({ ...noFrame, bytes: Buffer.concat([message('t', '"one"'), bytes]) });
    expect([name, a.resets, heard()]).toEqual([name, ['evil'], ['one']]);
    await say({ ...noFrame, bytes: message('t', '"late"') });
    await say({ ...noFrame, from: 8, bytes: message('t', '"two"') });
    expect([name, heard()]).toEqual([name, ['one', 'two']]);
  }
});

test('who is given up for a message is not told of anything that is wrong behind it', async () => {
  const { a, say, heard } = victim();
  a.onMessage = () => a.meet([]);
  await say({ ...noFrame, bytes: Buffer.concat([message('t', '"one"'), header(100_001, 1)]) });
  expect([heard(), a.resets]).toEqual([['one'], []]);
});

test('T1: who goes on speaking to a session before is told each time which one it is paired with now', async () => {
  const { wire, say } = victim();
  await say({ ...noFrame, ping: true });
  for (let time = 0; time < 3; time++) {
    const { carried } = wire;
    await say({ ...noFrame, to: 1, bytes: message('t', '"one"') });
    expect(wire.carried - carried).toBe(2); // that, and the answer
  }
});

test('messages may be cut anywhere, also in their headers, and repeated in pieces that overlap', async () => {
  const stream = Buffer.concat([message('', '""'), message('topic', '"one"'), message('t', '"two"')]);
  for (const size of [1, 2, 5, 7, stream.length]) {
    const { say, heard } = victim();
    for (let offset = 0; offset < stream.length; offset += size)
      await say({
        ...noFrame,
        offset: Math.max(offset - 3, 0),
        bytes: stream.subarray(Math.max(offset - 3, 0), offset + size),
      });
    expect(heard()).toEqual(['', 'one', 'two']);
  }
});

test('nothing is held of what comes early: it is taken when what is missing before it has come', async () => {
  const { a, say, heard } = victim();
  const [one, two] = [message('t', '"one"'), message('t', '"two"')];
  for (let offset = two.length; offset < 2 ** 40; offset *= 2) await say({ ...noFrame, offset, bytes: two });
  await say({ ...noFrame, offset: Number.MAX_SAFE_INTEGER, bytes: two });
  expect(heard()).toEqual([]);
  await say({ ...noFrame, bytes: one });
  expect(heard()).toEqual(['one']);
  await say({ ...noFrame, offset: one.length, bytes: two });
  expect(heard()).toEqual(['one', 'two']);
  expect(a.resets).toEqual([]);
});

test('T1: a later session of the other side takes the place of one that nothing was exchanged with; else all begins anew', async () => {
  const mine = 1_000_000;
  const later = { ...noFrame, from: 9, to: mine, bytes: message('t', '"two"') };
  const silent = victim();
  await silent.say({ ...noFrame, ping: true });
  await silent.say(later);
  expect([silent.a.resets, silent.heard()]).toEqual([[], ['two']]);

  const spoke = victim();
  await spoke.say({ ...noFrame, bytes: message('t', '"one"') });
  await spoke.say(later);
  expect([spoke.a.resets, spoke.heard()]).toEqual([['evil'], ['one']]);

  const listened = victim();
  void listened.a.links.send('evil', 't', 'heard by the first', 'urgent').catch(() => undefined);
  await listened.say({ ...noFrame, to: mine });
  await listened.say(later);
  expect([listened.a.resets, listened.heard()]).toEqual([['evil'], []]);
});

test('an acknowledgement of what was never sent ends the session', async () => {
  const { a, say } = victim();
  void a.links.send('evil', 't', 'one', 'urgent').catch(() => undefined);
  await say(noFrame);
  const mine = 1_000_000;
  const bytes = message('t', '"one"').byteLength;
  await say({ ...noFrame, to: mine, urgentAck: bytes });
  expect(a.resets).toEqual([]);
  await say({ ...noFrame, to: mine, urgentAck: bytes + 1 });
  expect(a.resets).toEqual(['evil']);
});
