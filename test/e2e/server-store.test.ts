import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { platform } from '../../src/platform/node.ts';
import { protocolVersion, type ServerMessage } from '../../src/protocol/messages.ts';
import { decodeRelayFrame, encodeRelayFrame } from '../../src/protocol/relay-frame.ts';
import { folderOfItsOwn } from '../folder.ts';
import { LoneMember } from '../signaling-server/lone-member.ts';
import { quorumCharter } from '../signaling-server/records.ts';
import { startSignaling } from './stage/signaling.ts';
import { smallDisk } from './stage/small-disk.ts';

vi.setConfig({ testTimeout: 240_000 });

/** A member that leads by the word of the server's witness alone. */
function member(id: string, room = 'room'): LoneMember {
  const one = new LoneMember({ id, room, charter: quorumCharter, platform, seed: 7 });
  onTestFinished(() => one.stop());
  return one;
}

/** Over a socket of its own, which ends with the server. */
async function enter(url: string, one: LoneMember): Promise<void> {
  const socket = new WebSocket(url);
  onTestFinished(() => socket.terminate());
  socket.on('error', () => {}); // it was killed
  socket.on('close', () => one.lose());
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) one.relayed(decodeRelayFrame(data)?.entries ?? []);
    else one.hear(JSON.parse(data.toString()) as ServerMessage);
  });
  await new Promise((resolve) => {
    socket.once('open', resolve);
  });
  socket.send(JSON.stringify({ type: 'hello', version: protocolVersion }));
  one.join({
    say: (message) => socket.send(JSON.stringify(message)),
    relay: (entry) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(encodeRelayFrame({ channel: 0, entries: [entry] }));
    },
  });
}

const within = { timeout: 60_000, interval: 5 };

test('a server that is killed again and again, while its witness writes, is always the same witness, in one epoch', async () => {
  const server = await startSignaling();
  onTestFinished(() => server.end());
  const ada = member('ada');
  await enter(server.url, ada);
  await expect.poll(() => ada.isLeading, within).toBe(true);
  const { epoch, witness } = ada.view as NonNullable<LoneMember['view']>;
  let highestTerm = 0;
  for (let life = 1; life <= 5; life++) {
    const known = ada.committed.length;
    for (let n = 0; n < 200; n++) ada.append(`${life}: ${n}`);
    await expect.poll(() => ada.committed.length, within).toBeGreaterThan(known);
    await server.kill();
    await server.restart();
    await enter(server.url, ada);
    await expect.poll(() => ada.isLeading && ada.committed.length >= 200 * life, within).toBe(true);
    expect(ada.view).toMatchObject({ epoch, witness });
    expect(ada.term).toBeGreaterThanOrEqual(highestTerm);
    highestTerm = ada.term;
  }
  expect(new Set(ada.committed).size).toBe(1000);
});

test('a disk that is really full ends what needs the witness, in one line; with room and a new start it is back', async (context) => {
  const folder = folderOfItsOwn();
  const disk = smallDisk(join(folder, 'disk'));
  if (disk === null) return context.skip();
  onTestFinished(() => disk.end());
  const server = await startSignaling({ dataDir: join(folder, 'disk', 'data') });
  onTestFinished(() => server.end());
  const ada = member('ada');
  await enter(server.url, ada);
  await expect.poll(() => ada.isLeading, within).toBe(true);
  const { epoch, witness } = ada.view as NonNullable<LoneMember['view']>;

  for (let n = 0; n < 40; n++) ada.append('x'.repeat(10_000));
  await expect.poll(() => server.output(), within).toContain('no room left');
  await expect.poll(() => ada.isLeading, within).toBe(false);
  const lines = server.output().trimEnd().split('\n');
  expect(lines).toHaveLength(2); // where it serves, and that
  expect(lines[1]).toMatch(/^bellwether: rooms and witnesses are not remembered any more .*start the server again$/);
  const stranger = member('bob', 'other');
  await enter(server.url, stranger);
  await expect.poll(() => stranger.view, within).toMatchObject({ epoch: 0 });
  expect([ada, stranger].some(({ isLeading }) => isLeading)).toBe(false);

  disk.grow();
  expect(await server.drain()).toBe(0);
  await server.restart();
  await enter(server.url, ada);
  await expect.poll(() => ada.isLeading && ada.committed.length === 40, within).toBe(true);
  expect(ada.view).toMatchObject({ epoch, witness });
});
