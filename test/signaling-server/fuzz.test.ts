import { expect, test } from 'vitest';
import { defaultLimits } from '../../src/protocol/limits.ts';
import { closeCodes } from '../../src/protocol/messages.ts';
import { encodeRelayFrame, ports } from '../../src/protocol/relay-frame.ts';
import { seeded } from '../../src/platform/seeded.ts';
import { serving, TestClient, textsOf, until } from './serving.ts';

const words = ['__proto__', 'constructor', 'toString', 'type', 'join', 'hello', 'channel', 'room', '\u0000', '💥', ''];
const seeds: readonly object[] = [
  { type: 'hello', version: 1 },
  { type: 'join', channel: 1, room: 'fuzz', id: 'fuzz', info: { a: [1, { b: null }] }, host: 'h', resume: 's' },
  { type: 'leave', channel: 1 },
  { type: 'info', channel: 1, info: { name: 'Ada' } },
  { type: 'sync', channel: 1 },
  { type: 'ping', nonce: 4 },
];

/** Any JSON-like text: a real message with parts replaced, cut, doubled, or nested. */
function mutatedText(random: () => number): string {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const values = [
    null,
    true,
    -1,
    0.5,
    256,
    2 ** 60,
    '',
    'x'.repeat(200),
    [],
    {},
    pick(words),
    { [pick(words)]: pick(words) },
  ];
  const message: Record<string, unknown> = { ...pick(seeds) };
  const keys = [...Object.keys(message), ...words];
  for (let i = Math.floor(random() * 3); i >= 0; i--) message[pick(keys)] = pick(values);
  let text = JSON.stringify(message);
  const roll = random();
  const at = Math.floor(random() * text.length);
  if (roll < 0.2) text = text.slice(0, at);
  else if (roll < 0.4) text = text.slice(0, at) + String.fromCharCode(Math.floor(random() * 256)) + text.slice(at + 1);
  else if (roll < 0.45) text = '['.repeat(30_000);
  else if (roll < 0.5) text = `{"type":"info","channel":1,"info":${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}}`;
  else if (roll < 0.55) text = text + text;
  return text;
}

/** A relay frame with some of its bytes replaced, or none of one. */
function mutatedBytes(random: () => number): Uint8Array {
  const bytes = Uint8Array.from({ length: Math.floor(random() * 200) }, () => random() * 256);
  if (random() < 0.3) return bytes;
  const frame = encodeRelayFrame({ channel: 1, entries: [{ peer: 'ada', port: ports.link, payload: bytes }] });
  for (let i = Math.floor(random() * 4); i > 0; i--)
    frame[Math.floor(random() * Math.min(16, frame.length))] = random() * 256;
  return frame.subarray(0, random() < 0.3 ? Math.floor(random() * frame.length) : frame.length);
}

test('random frames and mutated messages harm nobody: the others are served, and the server counts no error of its own', async () => {
  const limits = { ...defaultLimits, messagesPerSecond: 1e6, bytesPerSecond: 1e9 };
  const server = await serving({ limits });
  const ada = await TestClient.join(server.url, 'ada', { room: 'fuzz' });
  const bob = await TestClient.join(server.url, 'bob', { room: 'fuzz' });
  for (let seed = 1; seed <= 20; seed++) {
    const random = seeded(seed);
    const mallory = await TestClient.greet(server.url);
    mallory.say({ type: 'join', channel: 1, room: 'fuzz', id: `mallory-${seed}`, info: null, host: 'h' });
    for (let i = 0; i < 150; i++) mallory.socket.send(random() < 0.5 ? mutatedText(random) : mutatedBytes(random));
    // Either it is still served, or it went too far and was closed by name.
    await mallory.roundTrip();
    expect([undefined, closeCodes.protocol]).toContain(mallory.closing?.code);
    mallory.socket.terminate();
    bob.relay('ada', `after ${seed}`);
    await until(() => textsOf(ada.entries).includes(`bob: after ${seed}`));
  }
  expect(ada.closing).toBeNull();
  expect(server.counters.malformed).toBeGreaterThan(1000);
  expect(server.counters.errors).toBe(0);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
}, 30_000);

test('random bytes in place of the WebSocket protocol harm nobody', async () => {
  const server = await serving();
  const ada = await TestClient.join(server.url, 'ada');
  const random = seeded(7);
  for (let i = 0; i < 30; i++) {
    const mallory = await TestClient.open(server.url);
    // oxlint-disable-next-line no-underscore-dangle -- nothing else lets one write past the protocol
    const raw = (mallory.socket as unknown as { _socket: { write(bytes: Uint8Array): void } })._socket;
    raw.write(Uint8Array.from({ length: 400 }, () => random() * 256));
    raw.write(Uint8Array.from({ length: 10 }, () => 0x81)); // unmasked, then nonsense
    await mallory.closed();
  }
  await ada.roundTrip();
  expect(ada.closing).toBeNull();
  expect(server.counters).toMatchObject({ errors: 0 });
  expect(server.counters.socketErrors).toBeGreaterThan(0);
}, 30_000);
