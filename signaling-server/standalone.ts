import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { attachSignaling, type AttachOptions, type Signaling } from './node.ts';

export interface StandaloneOptions extends AttachOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
}

/** Who does not finish asking is cut off: a handshake is one small request. */
const httpOptions = { headersTimeout: 5000, requestTimeout: 5000, connectionsCheckingInterval: 1000 } as const;

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
  const server = createServer(httpOptions, (request, response) => answer(request, response, signaling.closing));
  const signaling = attachSignaling(server, { ...options, path });
  await listen(server, port, host);
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
    async close(closeOptions) {
      await signaling.close(closeOptions);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
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
