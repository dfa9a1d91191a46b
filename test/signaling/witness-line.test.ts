import { expect, test } from 'vitest';
import type { Json } from '../../src/protocol/json.ts';
import { PieceAssembler, Pieces } from '../../src/protocol/pieces.ts';
import { ports, relayEntryBytes } from '../../src/protocol/relay-frame.ts';
import { SignalingConnection } from '../../src/signaling/connection.ts';
import { Relay } from '../../src/signaling/relay.ts';
import { SignalingWitnessLine } from '../../src/signaling/witness-line.ts';
import { seeded } from '../../src/platform/seeded.ts';
import { Time, platformOn } from '../links/world.ts';
import { FakeServer } from './fake-server.ts';

function world() {
  const time = new Time();
  const server = new FakeServer(time);
  const platform = platformOn(time, seeded(1));
  const options = { url: 'ws://example.org', room: 'room', self: 'self', platform, WebSocket: server.socketClass() };
  const connection = new SignalingConnection(options);
  const line = new SignalingWitnessLine(new Relay(connection, platform));
  const messages: [string, Json][] = [];
  const bad: string[] = [];
  line.listen({
    onMessage: (from, message) => void messages.push([from, message]),
    onBadMessage: (from, reason) => void bad.push(`${from}: ${reason}`),
  });
  return { time, server, connection, line, messages, bad };
}

const self = { info: null, host: 'here' };
const entriesOf = (pieces: readonly Uint8Array[], peer = 'w') =>
  pieces.map((payload) => ({ peer, port: ports.witness, payload }));

test('what is said to the witness goes to its id alone, in pieces that fit, and is whole at the server', async () => {
  const { time, server, connection, line } = world();
  const assembler = new PieceAssembler(1_000_000);
  const heard: Json[] = [];
  server.onRelay = (entries, frameBytes) => {
    expect(frameBytes).toBeLessThanOrEqual(connection.maxFrameBytes);
    for (const entry of entries) {
      expect(entry).toMatchObject({ peer: 'w', port: ports.witness });
      expect(relayEntryBytes(entry)).toBeLessThanOrEqual(17 * 1024);
      const assembled = assembler.take(entry.payload);
      if (assembled.type === 'message') heard.push(assembled.message);
    }
  };
  connection.start(self);
  await time.run(5);
  line.send('w', { type: 'vote' }, 'urgent');
  line.send('w', 'x'.repeat(100_000), 'bulk');
  await time.run(10_000);
  expect(heard).toEqual([{ type: 'vote' }, 'x'.repeat(100_000)]);
});

test('what is said after hours of nothing but pings goes out at once: those were paid for long ago', async () => {
  const { time, server, connection, line } = world();
  let relayed = 0;
  server.onRelay = (entries) => void (relayed += entries.length);
  connection.start(self);
  await time.run(5);
  for (let pings = 0; pings < 1000; pings++) await time.run(10_000);
  line.send('w', { type: 'vote' }, 'urgent');
  await time.run(10);
  expect(relayed).toBe(1);
});

test('what is said while the connection is away is lost', async () => {
  const { time, server, connection, line } = world();
  connection.start(self);
  line.send('w', 'too early', 'urgent');
  await time.run(5);
  expect(server.last.heard.filter(({ type }) => type === 'relay')).toEqual([]);
});

test('what the witness says is heard, and nothing that others say on other ports', async () => {
  const { time, server, connection, messages, bad } = world();
  connection.start(self);
  await time.run(5);
  const pieces = new Pieces().split({ type: 'append', text: 'x'.repeat(500) }, 100);
  server.last.relay([{ peer: 'b', port: ports.link, payload: pieces[0]! }, ...entriesOf(pieces)]);
  await time.run(5);
  expect(messages).toEqual([['w', { type: 'append', text: 'x'.repeat(500) }]]);
  expect(bad).toEqual([]);
});

test('a witness that took the place of another does not end what that one began', async () => {
  const { time, server, connection, messages } = world();
  connection.start(self);
  await time.run(5);
  const old = new Pieces().split('old'.repeat(50), 100);
  const young = new Pieces().split('young'.repeat(50), 100);
  server.last.relay([...entriesOf(old.slice(0, 1)), ...entriesOf(young.slice(1), 'w2'), ...entriesOf(young, 'w2')]);
  await time.run(5);
  expect(messages).toEqual([['w2', 'young'.repeat(50)]]);
});

test('what makes no sense is told of, and what follows is heard', async () => {
  const { time, server, connection, messages, bad } = world();
  connection.start(self);
  await time.run(5);
  server.last.relay(entriesOf([Uint8Array.of(9, 9, 9, 9, 9, 9), ...new Pieces().split('next', 100)]));
  await time.run(5);
  expect(bad).toEqual(['w: this is no piece of a message']);
  expect(messages).toEqual([['w', 'next']]);
});
