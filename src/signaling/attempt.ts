/* oxlint-disable unicorn/prefer-add-event-listener -- a Socket of the platform has on… properties only */
import type { Platform, Socket, SocketConstructor, Undo } from '../platform/platform.ts';
import { Heartbeat } from './heartbeat.ts';

export interface AttemptOptions {
  readonly url: string;
  readonly platform: Platform;
  readonly token?: () => Promise<string>;
  readonly WebSocket?: SocketConstructor;
}

/** How an attempt ended, in words, with the close code where the server gave one. */
export interface Ending {
  readonly how: string;
  readonly code: number | null;
  readonly cause?: unknown;
}

export interface AttemptEvents {
  opened(): void;
  text(text: string): void;
  bytes(bytes: Uint8Array): void;
  /** A frame that keeps the connection alive is due. */
  ping(): void;
  /** Once, and nothing after it. */
  ended(ending: Ending): void;
}

const connectTimeoutMs = 10_000;

/** One try to connect, and the socket that comes of it, until its end. */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #events: AttemptEvents;
  #socket: Socket | null = null;
  #token: string | undefined;
  #heartbeat: Heartbeat | null = null;
  #welcomedMs: number | null = null;
  #cancelTimeout: Undo;
  #over = false;

  constructor(options: AttemptOptions, events: AttemptEvents) {
    this.#options = options;
    this.#events = events;
    this.#cancelTimeout = options.platform.timers.after(connectTimeoutMs, () =>
      this.fail(`no welcome within ${connectTimeoutMs / 1000} s`),
    );
    if (options.token === undefined) this.#open();
    else void this.#openWithToken(options.token);
  }

  get token(): string | undefined {
    return this.#token;
  }

  /** Bytes that the socket has taken and the network has not. */
  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Since the welcome; 0 before it. */
  onlineForMs(): number {
    return this.#welcomedMs === null ? 0 : this.#nowMs() - this.#welcomedMs;
  }

  send(frame: string | Uint8Array<ArrayBuffer>): void {
    if (this.#over || this.#socket?.readyState !== 1) return;
    this.#heartbeat?.sent();
    this.#socket.send(frame);
  }

  /** The server let us in: from now on its heartbeat holds. */
  welcomed(heartbeatMs: number): void {
    this.#cancelTimeout();
    this.#welcomedMs = this.#nowMs();
    this.#heartbeat = new Heartbeat({
      platform: this.#options.platform,
      heartbeatMs,
      ping: () => this.#events.ping(),
      onSilent: () => this.fail(`the server was silent for ${(1.5 * heartbeatMs) / 1000} s`),
    });
  }

  /** Gives up on this one. */
  fail(how: string, cause?: unknown): void {
    this.#finish({ how, code: null, cause });
  }

  /** Closes without a word. */
  end(): void {
    this.#over = true;
    this.#cancelTimeout();
    this.#heartbeat?.stop();
    const socket = this.#socket;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.onerror = () => undefined; // closing before it opened is an error to some
    socket.close();
  }

  async #openWithToken(token: () => Promise<string>): Promise<void> {
    try {
      this.#token = await token();
    } catch (error) {
      return this.fail('token() failed', error);
    }
    if (!this.#over) this.#open();
  }

  #open(): void {
    const WebSocket = this.#options.WebSocket ?? this.#options.platform.WebSocket;
    if (WebSocket === undefined) throw new TypeError('this runtime has no WebSocket: give one as the option WebSocket');
    try {
      this.#socket = new WebSocket(this.#options.url);
    } catch (error) {
      // Not within the constructor: whoever made this attempt does not know it yet.
      queueMicrotask(() => this.fail('the socket could not be made', error));
      return;
    }
    this.#listen(this.#socket);
  }

  #listen(socket: Socket): void {
    let error: unknown;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.#events.opened();
    socket.onmessage = ({ data }) => {
      this.#heartbeat?.heard();
      if (typeof data === 'string') this.#events.text(data);
      else if (data instanceof ArrayBuffer) this.#events.bytes(new Uint8Array(data));
    };
    socket.onerror = (event) => {
      error = event.error ?? event.message;
    };
    socket.onclose = ({ code, reason }) => {
      const how = `the connection ${this.#welcomedMs === null ? 'was refused' : 'was lost'}: code ${code}`;
      this.#finish({ how: reason === '' ? how : `${how}, ${reason}`, code, cause: error });
    };
  }

  #finish(ending: Ending): void {
    if (this.#over) return;
    this.end();
    this.#events.ended(ending);
  }

  #nowMs(): number {
    return this.#options.platform.clock.monotonicMs();
  }
}
