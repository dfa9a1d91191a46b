import { createHash, randomBytes } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { closeCodes } from '../src/protocol/messages.ts';
import { addressBlock, addressOf } from './address.ts';
import type { Socket } from './client.ts';
import type { Counters } from './counters.ts';
import type { Host } from './host.ts';
import { settle, whole, type SignalingOptions } from './options.ts';
import { Switchboard } from './switchboard.ts';

export interface AttachOptions extends SignalingOptions {
  /** The path of the URL that clients connect to, or `null` for any. Default `/bellwether`. */
  readonly path?: string | null;
}

export interface Signaling {
  /** A copy, as things stand. Shown to nobody by default. */
  readonly counters: Readonly<Counters>;
  /** True once `close` was called. */
  readonly closing: boolean;
  /**
   * Tells the clients to come back later, closes their connections spread over `drainMs` (default 1,000 ms), lets go of
   * the HTTP server, which stays open, and closes the store. Calling it again returns the same promise.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

/** How long the other side may take to answer a close before the socket is cut. */
const closeTimeoutMs = 2000;
const socketOptions = {
  noServer: true,
  perMessageDeflate: false, // costs 200 kB a connection, and lets a small frame become a large one
  maxFragments: 64,
  maxBufferedChunks: 1024, // pieces of one frame, as the network delivers them
  closeTimeout: closeTimeoutMs,
} as const;

/**
 * Serves the signaling protocol on `server`, an HTTP or HTTPS server of your own, at `path`. Upgrades on other paths are
 * left to your own handlers. Clients connect to `ws://` or `wss://` with that host and path.
 */
export function attachSignaling(server: HttpServer | HttpsServer, options: AttachOptions = {}): Signaling {
  const { path = '/bellwether' } = options;
  if (path !== null && !(typeof path === 'string' && path.startsWith('/'))) {
    throw new TypeError(`path must be null or begin with "/", not ${JSON.stringify(path)}`);
  }
  return new Attached(server, path, new Switchboard(settle(options), nodeHost, options.store ?? null));
}

const nodeHost: Host = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, run) {
    let afterReading: NodeJS.Immediate | undefined;
    // A process that was busy reads what came meanwhile before it finds anybody late.
    const onTime = (): void => void (afterReading = setImmediate(run));
    const timer = setTimeout(onTime, Math.min(delayMs, 2 ** 31 - 1));
    timer.unref(); // the sockets keep the process up, not we
    return () => {
      clearTimeout(timer);
      clearImmediate(afterReading);
    };
  },
  random: () => Math.random(),
  secret: () => randomBytes(16).toString('base64url'),
  hash: (secret) => createHash('sha256').update(secret).digest('base64url'),
};

class Attached implements Signaling {
  readonly #server: HttpServer | HttpsServer;
  readonly #path: string | null;
  readonly #board: Switchboard;
  readonly #sockets: WebSocketServer;
  /** Open connections by where they come from. */
  readonly #perAddress = new Map<string, number>();
  readonly #onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  #closed: Promise<void> | null = null;

  constructor(server: HttpServer | HttpsServer, path: string | null, board: Switchboard) {
    this.#server = server;
    this.#path = path;
    this.#board = board;
    const { maxFrameBytes } = board.settings.limits;
    this.#sockets = new WebSocketServer({ ...socketOptions, maxPayload: maxFrameBytes });
    this.#onUpgrade = (request, socket, head) => {
      board.guard(null, () => this.#upgrade(request, socket, head));
    };
    server.on('upgrade', this.#onUpgrade);
  }

  get counters(): Counters {
    return this.#board.counters;
  }

  get closing(): boolean {
    return this.#closed !== null;
  }

  close({ drainMs = 1000 }: { readonly drainMs?: number } = {}): Promise<void> {
    whole('drainMs', drainMs, 0);
    this.#closed ??= this.#close(drainMs);
    return this.#closed;
  }

  async #close(drainMs: number): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#sockets.close(() => resolve()));
    this.#board.drain(drainMs);
    const cut = setTimeout(
      () => this.#sockets.clients.forEach((socket) => socket.terminate()),
      drainMs + closeTimeoutMs,
    );
    await gone;
    clearTimeout(cut);
    this.#server.off('upgrade', this.#onUpgrade);
    await this.#board.stop();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!this.#isOurs(request)) {
      if (this.#server.listenerCount('upgrade') === 1) refuse(socket, 404, 'nothing is served here');
      return;
    }
    const { counts, settings } = this.#board;
    const address = addressOf(request, settings.proxies);
    const block = addressBlock(address);
    const open = this.#perAddress.get(block) ?? 0;
    if (this.closing) {
      counts.refused++;
      refuse(socket, 503, 'the server stops: come back later');
    } else if (open >= settings.maxConnectionsPerAddress) {
      counts.refused++;
      refuse(socket, 429, `${block} has ${open} connections, as many as it may: behind a proxy, set trustProxy`);
    } else {
      this.#sockets.handleUpgrade(request, socket, head, (opened) => {
        this.#perAddress.set(block, (this.#perAddress.get(block) ?? 0) + 1);
        opened.on('close', () => this.#release(block));
        this.#board.guard(null, () => this.#accept(opened, socket, address, request.headers.origin));
      });
    }
  }

  #isOurs(request: IncomingMessage): boolean {
    return this.#path === null || request.url?.split('?')[0] === this.#path;
  }

  #release(block: string): void {
    const open = (this.#perAddress.get(block) ?? 1) - 1;
    if (open > 0) this.#perAddress.set(block, open);
    else this.#perAddress.delete(block);
  }

  #accept(opened: WebSocket, under: Duplex, address: string, origin: string | undefined): void {
    const { counts, settings } = this.#board;
    if (origin !== undefined && settings.origins !== null && !settings.origins.has(origin)) {
      counts.refused++;
      opened.on('error', () => counts.socketErrors++);
      closeSocket(opened, closeCodes.forbidden, 'pages of this origin may not connect: see the option origins');
      return;
    }
    const client = this.#board.open(adapt(opened, under), { origin, address });
    opened.on('message', (data, isBinary) => {
      const bytes = data as Buffer; // binaryType is left at 'nodebuffer'
      client.receive(isBinary ? bytes : { text: bytes.toString(), bytes: bytes.byteLength });
    });
    opened.on('ping', (data) => client.pinged(data.byteLength));
    opened.on('pong', (data) => client.ponged(data.toString()));
    opened.on('close', (code) => client.closed(code));
    opened.on('error', () => {
      counts.socketErrors++;
      client.closed(); // a close follows, but may take its time
    });
  }
}

/** What is sent within one turn leaves in one write: writes cost more than all else that is done for a frame. */
function adapt(opened: WebSocket, under: Duplex): Socket {
  let isCorked = false;
  const uncork = (): void => {
    isCorked = false;
    under.uncork();
  };
  return {
    send(frame) {
      if (!isCorked) {
        isCorked = true;
        under.cork();
        process.nextTick(uncork);
      }
      opened.send(frame);
    },
    bufferedBytes: () => opened.bufferedAmount,
    close: (code, reason) => closeSocket(opened, code, reason),
    pause: () => opened.pause(),
    resume: () => opened.resume(),
    ping: (text) => opened.ping(text),
  };
}

function closeSocket(opened: WebSocket, code: number, reason: string): void {
  if (opened.isPaused) opened.resume(); // or the other side's close would never be read
  opened.close(code, reason.slice(0, 120)); // a close frame has room for 123 bytes
}

/** Answers a handshake with a plain HTTP error, and closes. */
function refuse(socket: Duplex, status: number, message: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Connection: close',
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(message)}`,
      ...(status === 503 || status === 429 ? ['Retry-After: 5'] : []),
      '',
      message,
    ].join('\r\n'),
  );
}
