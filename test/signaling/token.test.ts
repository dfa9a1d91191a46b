import { afterEach, expect, test } from 'vitest';
import type { JoinRequest } from '../../signaling-server/options.ts';
import { type Standalone, serveSignaling } from '../../signaling-server/standalone.ts';
import { platform } from '../../src/platform/node.ts';
import { SignalingConnection } from '../../src/signaling/connection.ts';
import type { RoomMessage } from '../../src/signaling/listener.ts';
import { until } from '../transports/real-member.ts';

let server: Standalone | null = null;
const connections: SignalingConnection[] = [];

afterEach(async () => {
  for (const connection of connections.splice(0)) connection.abandon();
  await server?.close({ drainMs: 0 });
});

function member(id: string, url: string, token: () => Promise<string>) {
  const connection = new SignalingConnection({ url, room: 'room', self: id, platform, token });
  const messages: RoomMessage[] = [];
  const trouble: string[] = [];
  connection.listen({
    onMessage: (message) => void messages.push(message),
    onError: (error) => void trouble.push(error.message),
    onStatus: (status) => void (status === 'online' || trouble.push(status)),
  });
  connection.start({ info: null, host: 'here' });
  connections.push(connection);
  return { connection, messages, trouble };
}

test('access does not outlive the token, and a member with a new one is back before anybody has missed it', async () => {
  const asked: JoinRequest[] = [];
  server = await serveSignaling({
    port: 0,
    host: '127.0.0.1',
    authorize: (request) => {
      asked.push(request);
      if (request.id === 'bob') return true;
      return (
        request.token === `ticket ${asked.filter(({ id }) => id === 'ada').length}` && { expiresMs: Date.now() + 1_000 }
      );
    },
  });
  let tickets = 0;
  const bob = member('bob', server.url, () => Promise.resolve('for ever'));
  await until(() => bob.messages.length === 1, 'bob is in the room');
  const ada = member('ada', server.url, () => Promise.resolve(`ticket ${++tickets}`));
  await until(() => tickets >= 3 && ada.connection.status === 'online', 'two tickets have expired');
  expect(ada.trouble.filter((word) => word !== 'offline')).toEqual([]);
  expect(bob.messages.map(({ type }) => type)).toEqual(['view', 'view']);
  expect(server.counters.closed['tokenExpired']).toBeGreaterThanOrEqual(2);
  expect(server.counters.members).toBe(2);
});
