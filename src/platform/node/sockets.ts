import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { Socket } from '../platform.ts';
import { type Listening, maxSocketFrameBytes, type SocketAddress, type Sockets } from '../sockets.ts';

/** How long the other side may take to answer a close before the socket is cut. */
const closeTimeout = 2000;
const maxOpenSockets = 256;

const limits = {
  perMessageDeflate: false, // costs 200 kB a connection, and lets a small frame become a large one
  maxPayload: maxSocketFrameBytes,
  maxFragments: 64,
  maxBufferedChunks: 1024, // pieces of one frame, as the network delivers them
  closeTimeout,
} as const;

export const nodeSockets: Sockets = {
  dial: (url) => new WebSocket(url, { ...limits, handshakeTimeout: 5000 }) as unknown as Socket,
  listen,
};

async function listen(at: SocketAddress, onSocket: (socket: Socket) => void): Promise<Listening> {
  const http = createServer((_request, response) => void response.writeHead(426).end());
  const sockets = new WebSocketServer({ ...limits, noServer: true });
  http.on('upgrade', (request, stream, head) => {
    const status = refusal(request, sockets.clients.size);
    if (status !== null) return refuse(stream, status);
    sockets.handleUpgrade(request, stream, head, (socket) => onSocket(socket as unknown as Socket));
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(at.port, at.host, () => resolve());
  });
  http.on('error', () => {}); // what goes wrong with one connection ends that one alone
  const { port } = http.address() as AddressInfo;
  return { address: { host: at.host, port }, close: () => close(http, sockets) };
}

/** Pages of browsers say where they come from, processes do not: no page may pass for a peer. */
function refusal({ headers }: IncomingMessage, open: number): number | null {
  if (headers.origin !== undefined) return 403;
  return open >= maxOpenSockets ? 503 : null;
}

function refuse(stream: Duplex, status: number): void {
  stream.on('error', () => {});
  stream.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

async function close(http: Server, sockets: WebSocketServer): Promise<void> {
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  sockets.close();
  const cut = setTimeout(() => sockets.clients.forEach((socket) => socket.terminate()), closeTimeout);
  http.closeIdleConnections();
  await closed;
  clearTimeout(cut);
}
