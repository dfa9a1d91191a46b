import { WebSocketServer } from 'ws';
import { serveSignaling } from '../../../signaling-server/standalone.ts';
import { idBytes, type Subject } from './subject.ts';

/**
 * A server in a process of its own, which tells its parent where it listens, and, whenever asked, for how many seconds it
 * has kept a processor busy: `server.ts ours` or `server.ts bare`.
 */
const start: Readonly<Record<Subject, () => Promise<string>>> = { ours, bare };
process.send?.(await start[process.argv[2] as Subject]());
process.on('disconnect', () => process.exit());
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.((user + system) / 1e6);
});

/** The signaling server, with limits that do not limit. */
async function ours(): Promise<string> {
  const limits = { maxMembersPerRoom: 1000, messagesPerSecond: 1e9, bytesPerSecond: 1e12 };
  const { url } = await serveSignaling({ port: 0, host: '127.0.0.1', maxConnectionsPerAddress: 1000, limits });
  return url;
}

/** What `ws` can do at most: each frame begins with an id, the receiver's on the way in and the sender's on the way out. */
async function bare(): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  const sockets = new Map<string, (frame: Buffer) => void>();
  server.on('connection', (socket, request) => {
    const id = Buffer.from((request.url ?? '').slice(1), 'latin1');
    sockets.set(id.toString('latin1'), (frame) => socket.send(frame));
    socket.on('message', (data) => {
      const frame = data as Buffer;
      const relay = sockets.get(frame.toString('latin1', 0, idBytes));
      id.copy(frame);
      relay?.(frame);
    });
  });
  await new Promise((resolve) => {
    server.once('listening', resolve);
  });
  const address = server.address();
  return `ws://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
