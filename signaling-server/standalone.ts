import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { attachSignaling, type AttachOptions, type Signaling } from './node.ts';

export interface StandaloneOptions extends AttachOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
}

/** A signaling server with an HTTP server of its own. */
export interface Standalone extends Signaling {
  /** What clients connect to. */
  readonly url: string;
  readonly port: number;
}

/**
 * Listens on its own. Any path is taken unless `path` says which, so `ws://127.0.0.1:8787` is a whole URL. `GET /healthz`
 * answers 200, and 503 once it is closing. Rejects if the port is taken (`EADDRINUSE`).
 */
export async function serveSignaling({ port, host, path = null, ...options }: StandaloneOptions): Promise<Standalone> {
  const { helloMs = 5000 } = options;
  const timeouts = {
    headersTimeout: helloMs, // a handshake is one small request: who does not finish it is cut off
    requestTimeout: helloMs,
    connectionsCheckingInterval: Math.min(1000, helloMs),
  };
  const server = createServer(timeouts, (request, response) => answer(request, response, signaling.closing));
  const signaling = attachSignaling(server, { ...options, path });
  await listen(server, port, host);
  let closed: Promise<void> | null = null;
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `ws://${host.includes(':') ? `[${host}]` : host}:${bound}${path ?? ''}`,
    port: bound,
    get counters() {
      return signaling.counters;
    },
    get closing() {
      return signaling.closing;
    },
    close(closeOptions) {
      closed ??= signaling.close(closeOptions).then(() => shut(server));
      return closed;
    },
  };
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function answer(request: IncomingMessage, response: ServerResponse, closing: boolean): void {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  if (request.url?.split('?')[0] === '/healthz')
    response.writeHead(closing ? 503 : 200).end(closing ? 'closing' : 'ok');
  else
    response
      .writeHead(426, { Upgrade: 'websocket' })
      .end('This is a bellwether signaling server: connect a WebSocket.');
}
