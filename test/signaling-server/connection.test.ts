import { describe, expect, test } from 'vitest';
import { Connection, type Verdict } from '../../signaling-server/connection.ts';
import { defaultLimits, type Limits } from '../../src/protocol/limits.ts';
import { closeCodes } from '../../src/protocol/messages.ts';
import { encodeRelayFrame } from '../../src/protocol/relay-frame.ts';

const hello = '{"type":"hello","version":1}';
const ping = '{"type":"ping","nonce":1}';
const relayFrame = encodeRelayFrame({ channel: 0, entries: [] });

function opened(limits: Partial<Limits> = {}): Connection {
  return new Connection({ limits: { ...defaultLimits, ...limits }, heartbeatMs: 10_000, helloMs: 5000 }, 0);
}

function greeted(limits: Partial<Limits> = {}): Connection {
  const connection = opened(limits);
  say(connection, hello, 0);
  return connection;
}

function say(connection: Connection, text: string, nowMs: number): Verdict {
  return connection.text(text, Buffer.byteLength(text), nowMs);
}

const errorOf = (verdict: Verdict) =>
  verdict.type === 'answer' && verdict.message.type === 'error' ? verdict.message.code : null;

describe('hello', () => {
  test('has 5 s: a client that says nothing, or only the beginning of something, is let go', () => {
    const connection = opened();
    expect(connection.deadlineMs).toBe(5000);
    expect(connection.tick(4999)).toBeNull();
    expect(connection.tick(5000)).toMatchObject({ code: closeCodes.heartbeat, reason: 'say hello within 5000 ms' });
  });

  test('comes first', () => {
    expect(say(opened(), ping, 0)).toMatchObject({
      type: 'close',
      code: closeCodes.protocol,
      reason: 'say hello first',
    });
    expect(opened().bytes(relayFrame, 0)).toMatchObject({ type: 'close', code: closeCodes.protocol });
    expect(say(opened(), 'GET / HTTP/1.1', 0)).toMatchObject({ type: 'close', code: closeCodes.protocol });
    expect(say(opened(), '{"type":"hello"}', 0)).toMatchObject({
      type: 'close',
      code: closeCodes.protocol,
      reason: 'say hello first: hello version is no number from 0 to 9007199254740991',
    });
  });

  test('of another version is answered with the version spoken here, and a close for good', () => {
    expect(say(opened(), '{"type":"hello","version":2}', 0)).toMatchObject({
      type: 'close',
      code: closeCodes.version,
      reason: 'this server speaks version 1 of the protocol, not 2',
    });
  });

  test('is said once, and its token kept', () => {
    const connection = opened();
    say(connection, '{"type":"hello","version":1,"token":"t"}', 0);
    expect(connection.token).toBe('t');
    expect(errorOf(say(connection, hello, 0))).toBe('malformed');
  });
});

describe('the heartbeat', () => {
  test('asks a silent client after 12.5 s and gives it up after 15 s', () => {
    const connection = greeted();
    expect(connection.tick(12_499)).toBeNull();
    expect(connection.tick(12_500)).toEqual({ type: 'ask' });
    expect(connection.tick(14_999)).toBeNull();
    expect(connection.tick(15_000)).toMatchObject({ type: 'close', code: closeCodes.heartbeat });
  });

  test('gives a client its time to answer even if the server itself was asleep', () => {
    const connection = greeted();
    expect(connection.tick(60_000)).toEqual({ type: 'ask' });
    expect(connection.tick(62_499)).toBeNull();
    expect(connection.tick(62_500)).toMatchObject({ type: 'close', code: closeCodes.heartbeat });
  });

  test('asks once more if the server was asleep while the answer may have come', () => {
    const connection = greeted();
    expect(connection.tick(12_500)).toEqual({ type: 'ask' });
    expect(connection.tick(20_000)).toEqual({ type: 'ask' });
    expect(connection.tick(22_499)).toBeNull();
    expect(connection.tick(22_500)).toMatchObject({ type: 'close', code: closeCodes.heartbeat });
  });

  test('is given up by a server that is always late as well', () => {
    const connection = greeted();
    const verdicts = [15_000, 20_000, 25_000, 30_000].map((nowMs) => connection.tick(nowMs)?.type);
    expect(verdicts).toEqual(['ask', 'ask', 'ask', 'close']);
  });

  test.each([
    ['a ping', (connection: Connection) => say(connection, ping, 14_000)],
    ['a relay frame', (connection: Connection) => connection.bytes(relayFrame, 14_000)],
    ["its runtime's own pong", (connection: Connection) => connection.control(0, 14_000)],
    ['nonsense', (connection: Connection) => say(connection, '?', 14_000)],
  ])('takes %s for a sign of life', (_name, speak) => {
    const connection = greeted();
    connection.tick(12_500);
    speak(connection);
    expect(connection.deadlineMs).toBe(26_500);
    expect(connection.tick(15_000)).toBeNull();
  });
});

describe('a page that is frozen', () => {
  /** Asks, and has its browser answer, until somebody is lost or that was so often; returns when that was. */
  function answeredFor(connection: Connection, times: number, fromMs = 0): number {
    let nowMs = fromMs;
    for (let asked = 0; asked < times; asked++) {
      nowMs = connection.deadlineMs;
      if (connection.tick(nowMs)?.type === 'close') return nowMs;
      connection.control(0, nowMs);
    }
    return nowMs;
  }

  test('is given up when its browser has answered for it for two minutes', () => {
    const connection = greeted();
    expect(answeredFor(connection, 10)).toBe(125_000);
    const { deadlineMs } = connection;
    expect(connection.tick(deadlineMs)).toMatchObject({
      code: closeCodes.heartbeat,
      reason: 'for 125000 ms only its runtime has answered',
    });
  });

  test.each([
    ['a ping', (connection: Connection, nowMs: number) => say(connection, ping, nowMs)],
    ['a relay frame', (connection: Connection, nowMs: number) => connection.bytes(relayFrame, nowMs)],
  ])('is none that says something once a minute, be it %s', (_name, speak) => {
    const connection = greeted();
    for (let minute = 0; minute < 60; minute++) {
      const nowMs = answeredFor(connection, 4);
      expect(connection.tick(nowMs)).toBeNull();
      speak(connection, nowMs + 10_000);
    }
  });

  test('is not lost because the server was asleep', () => {
    const connection = greeted();
    expect(connection.tick(600_000)).toEqual({ type: 'ask' });
    connection.control(0, 600_001);
    expect(connection.tick(612_501)).toEqual({ type: 'ask' });
    connection.control(0, 612_502);
    const answeredMs = answeredFor(connection, 9, 612_502);
    expect(connection.tick(answeredMs + 20_000)).toEqual({ type: 'ask' });
    connection.control(0, answeredMs + 20_000);
    expect(connection.tick(answeredMs + 32_500)).toMatchObject({ type: 'close', code: closeCodes.heartbeat });
  });
});

describe('the rates', () => {
  test('100 frames at once pass, the next is dropped with a word, those after it without; a second later 50 more pass', () => {
    const connection = greeted(); // the hello was the first
    for (let i = 2; i <= 100; i++) expect(say(connection, ping, 0)).toMatchObject({ message: { type: 'pong' } });
    expect(errorOf(say(connection, ping, 0))).toBe('rate-limited');
    expect(say(connection, ping, 0)).toEqual({ type: 'dropped' });
    expect(connection.bytes(relayFrame, 0)).toEqual({ type: 'dropped' });
    expect(connection.control(0, 0)).toEqual({ type: 'dropped' });
    for (let i = 1; i <= 50; i++) expect(say(connection, ping, 1000)).toMatchObject({ message: { type: 'pong' } });
    expect(errorOf(say(connection, ping, 1000))).toBe('rate-limited');
  });

  test('512 KiB at once pass, the next byte is dropped', () => {
    const connection = greeted();
    const bytes = 2 * defaultLimits.bytesPerSecond - hello.length;
    const payload = (size: number) =>
      encodeRelayFrame({ channel: 0, entries: [{ peer: 'b', port: 0, payload: new Uint8Array(size - 9) }] });
    for (let sent = 0; sent < bytes - 64_000; sent += 64_000)
      expect(connection.bytes(payload(64_000), 0).type).toBe('relay');
    const rest = bytes % 64_000;
    expect(connection.bytes(payload(rest), 0).type).toBe('relay');
    expect(errorOf(connection.bytes(relayFrame, 0))).toBe('rate-limited');
  });

  test('what the server sends on behalf of a client is charged to it, up to a debt of one burst', () => {
    const connection = greeted();
    connection.charge(1e12, 0);
    expect(errorOf(say(connection, ping, 1999))).toBe('rate-limited');
    expect(say(connection, ping, 2010)).toMatchObject({ message: { type: 'pong' } });
  });

  test('a goodbye is heard whatever the rate', () => {
    const connection = greeted({ messagesPerSecond: 1 });
    say(connection, ping, 0);
    expect(errorOf(say(connection, ping, 0))).toBe('rate-limited');
    expect(say(connection, '{"type":"leave","channel":255}', 0)).toMatchObject({
      type: 'message',
      message: { type: 'leave' },
    });
  });

  test('who goes on regardless is closed, and may come back', () => {
    const connection = greeted();
    for (let i = 2; i <= 1100; i++) expect(say(connection, ping, 0).type).not.toBe('close');
    expect(say(connection, ping, 0)).toMatchObject({ type: 'close', code: closeCodes.rate });
  });

  test('large frames over the rate are not even read', () => {
    const connection = greeted();
    connection.charge(1e12, 0);
    expect(errorOf(say(connection, `["${'x'.repeat(60_000)}`, 0))).toBe('rate-limited');
  });
});

describe('malformed frames', () => {
  test('are answered, each, up to 100; the one after closes for good', () => {
    const connection = greeted({ messagesPerSecond: 1000 });
    for (let i = 1; i <= 100; i++) expect(errorOf(say(connection, '{', i))).toBe('malformed');
    expect(say(connection, '{', 101)).toMatchObject({ type: 'close', code: closeCodes.protocol });
  });

  test('now and then are forgiven', () => {
    const connection = greeted();
    for (let i = 1; i <= 1000; i++) expect(errorOf(say(connection, '{', i * 600))).toBe('malformed');
  });

  test.each([
    ['a text as bytes', Buffer.from(ping)],
    ['nothing', new Uint8Array(0)],
    ['another kind of frame', new Uint8Array([2, 0])],
    ['an entry without a payload', new Uint8Array([1, 0, 1, 98])],
    ['a payload longer than the frame', new Uint8Array([1, 0, 1, 98, 0, 255, 255, 255, 255])],
    ['an id of no letters', new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0])],
    ['an id with a zero byte', new Uint8Array([1, 0, 1, 0, 0, 0, 0, 0, 0])],
    ['an id behind a mark of byte order', new Uint8Array([1, 0, 4, 0xef, 0xbb, 0xbf, 98, 0, 0, 0, 0, 0])],
    ['an unknown port', new Uint8Array([1, 0, 1, 98, 7, 0, 0, 0, 0])],
  ])('are known as such in binary too: %s', (_name, bytes) => {
    expect(errorOf(greeted().bytes(bytes, 0))).toBe('malformed');
  });

  test('carry the channel back where they had one', () => {
    expect(say(greeted(), '{"type":"dance","channel":3}', 0)).toMatchObject({
      message: { type: 'error', code: 'malformed', channel: 3 },
    });
  });
});

test('every reason fits into a close frame', () => {
  const reasons: string[] = [];
  const note = (verdict: unknown) => {
    if (typeof verdict === 'object' && verdict !== null && 'reason' in verdict) reasons.push(String(verdict.reason));
  };
  note(opened().tick(5000));
  note(say(opened(), ping, 0));
  note(say(opened(), `{"type":"hello","version":${Number.MAX_SAFE_INTEGER}}`, 0));
  const silent = greeted();
  silent.tick(12_500);
  note(silent.tick(15_000));
  const tooFast = greeted();
  for (let i = 0; i < 2000; i++) note(say(tooFast, ping, 0));
  const senseless = greeted({ messagesPerSecond: 1000 });
  for (let i = 0; i < 101; i++) note(say(senseless, `{"type":"info","channel":0,"info":"${'x'.repeat(1024)}"}`, 0));
  expect(new Set(reasons).size).toBe(6);
  expect(reasons.filter((reason) => Buffer.byteLength(reason) > 123)).toEqual([]);
});
