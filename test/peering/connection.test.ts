import { virtualClock } from 'bellwether/testing';
import { expect, test } from 'vitest';
import { PeerConnection } from '../../src/peering/connection.ts';
import type { Socket } from '../../src/platform/platform.ts';
import type { PeerHello } from '../../src/protocol/peer-message.ts';

const hello: PeerHello = {
  type: 'hello',
  version: 1,
  room: 'room',
  id: 'a',
  voters: ['a', 'b'],
  life: 'life',
  info: null,
  host: '',
};

/** A connection to somebody who called, and what was said and done on its socket. */
function rig({ bufferedAmount = 0, answers = true } = {}) {
  const clock = virtualClock();
  const platform = clock.platform();
  const said: string[] = [];
  const heard: string[] = [];
  const closed: string[] = [];
  const socket: Socket = {
    binaryType: '',
    readyState: 1,
    bufferedAmount,
    send: (frame) => {
      said.push(typeof frame === 'string' ? (JSON.parse(frame) as { type: string }).type : `${frame.byteLength} bytes`);
      if (answers && said.at(-1) === 'ping') socket.onmessage?.({ data: '{"type":"pong"}' });
    },
    close: (code, reason) => closed.push(`${code} ${reason}`),
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
  };
  const connection = new PeerConnection({
    socket,
    platform,
    hello: () => hello,
    events: {
      hello: () => null,
      info: () => heard.push('info'),
      bye: () => heard.push('bye'),
      frame: (frame) => heard.push(`${frame.byteLength} bytes`),
      ended: (refusal) => heard.push(`ended ${refusal}`),
    },
  });
  const greet = (): void => socket.onmessage?.({ data: JSON.stringify({ ...hello, id: 'b' }) });
  return { clock, platform, socket, connection, said, heard, closed, greet };
}

test('whoever answers stays, however long nothing else is said', async () => {
  const { clock, said, heard, closed, greet } = rig();
  greet();
  await clock.advance(60_000);
  expect([heard, closed]).toEqual([[], []]);
  expect(said.length).toBeGreaterThan(30);
});

test('whoever answers no ping is taken for gone', async () => {
  const { clock, heard, closed, greet } = rig({ answers: false });
  greet();
  await clock.advance(5_000);
  expect([heard, closed]).toEqual([['ended null'], ['4001 silent']]);
});

test('after a sleep of its own it asks once more before it gives anybody up', async () => {
  const { clock, platform, heard, socket, greet, said } = rig({ answers: false });
  greet();
  await clock.advance(600);
  platform.pause();
  await clock.advance(60_000);
  platform.resume();
  await clock.advance(600);
  expect([heard, said]).toEqual([[], ['ping', 'ping']]);
  socket.onmessage?.({ data: '{"type":"pong"}' });
  await clock.advance(1_000);
  expect(heard).toEqual([]);
});

test('so it does after a short one, in which the answer may have come', async () => {
  const { clock, platform, heard, said, greet } = rig({ answers: false });
  greet();
  await clock.advance(600);
  platform.pause();
  await clock.advance(1_100);
  platform.resume();
  await clock.advance(600);
  expect([heard, said]).toEqual([[], ['ping', 'ping']]);
  await clock.advance(1_000);
  expect(heard).toEqual(['ended null']);
});

test('whoever says no hello is turned away, and tells nothing after its end', async () => {
  const { clock, socket, heard, closed, greet } = rig();
  await clock.advance(6_000);
  expect([heard, closed]).toEqual([['ended null'], ['4001 no hello']]);
  greet();
  socket.onclose?.({ code: 1006, reason: '' });
  expect(heard).toHaveLength(1);
});

test('whoever does not read gets no more frames; what is small and needed still goes out', () => {
  const { connection, said, greet } = rig({ bufferedAmount: 2 * 1024 * 1024 });
  greet();
  connection.send(new Uint8Array(1_000));
  connection.say({ type: 'bye' });
  expect(said).toEqual(['bye']);
});
