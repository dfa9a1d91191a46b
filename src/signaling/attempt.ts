/* oxlint-disable unicorn/prefer-add-event-listener -- a Socket of the platform has on… properties only */
import type { Platform, Socket, SocketConstructor, Undo } from '../platform/platform.ts';

export interface AttemptOptions {
  readonly url: string;
  readonly platform: Platform;
  readonly WebSocket: SocketConstructor;
  readonly token?: () => Promise<string>;
}

/** How an attempt ended, in words, and the close code, or 0 where there was none. */
export interface Ending {
  readonly how: string;
  readonly code: number;
  readonly cause?: unknown;
}

export interface AttemptEvents {
  opened(token: string | undefined): void;
  heard(frame: unknown): void;
  /** A frame that the server answers is due. */
  ping(): void;
  /** Once, and nothing after it. */
  ended(ending: Ending): void;
}

const connectTimeoutMs = 10_000;

/** One try to connect, and the socket that comes of it, until its end. No event comes from within a call. */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #events: AttemptEvents;
  #socket: Socket | null = null;
  #cancelTimer: Undo;
  #heard = false;
  #over = false;

  constructor(options: AttemptOptions, events: AttemptEvents) {
    this.#options = options;
    this.#events = events;
    this.#cancelTimer = options.platform.timers.after(connectTimeoutMs, () =>
      this.fail(`no welcome within ${connectTimeoutMs / 1000} s`),
    );
    void this.#open();
  }

  /** Bytes that the socket has taken and the network has not. */
  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  send(frame: string | Uint8Array<ArrayBuffer>): void {
    if (this.#socket?.readyState === 1) this.#socket.send(frame);
  }

  /**
   * The server let us in: from now on a ping every `heartbeatMs` keeps the connection alive, and shows its death if nothing
   * is heard for half of that. A late timer means no more than that this member was asleep: then it asks once more.
   */
  beat(heartbeatMs: number, delayMs: number = heartbeatMs): void {
    const { clock, timers } = this.#options.platform;
    this.#cancelTimer();
    this.#cancelTimer = timers.after(delayMs, () => {
      const pingedMs = clock.monotonicMs();
      this.#heard = false;
      this.#events.ping();
      this.#cancelTimer = timers.after(heartbeatMs / 2, () => {
        if (this.#heard || clock.monotonicMs() - pingedMs > heartbeatMs) this.beat(heartbeatMs, heartbeatMs / 2);
        else this.fail(`the server did not answer for ${heartbeatMs / 2000} s`);
      });
    });
  }

  /** Gives up on this one. */
  fail(how: string, cause?: unknown): void {
    this.#finish({ how, code: 0, cause });
  }

  /** Closes without a word. */
  end(): void {
    this.#over = true;
    this.#cancelTimer();
    const socket = this.#socket;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null; // and not onerror: closing early is an error to some
    socket.close();
  }

  async #open(): Promise<void> {
    const { token, WebSocket, url } = this.#options;
    let fault = 'token() failed';
    try {
      const given = await token?.();
      if (this.#over) return;
      fault = 'the socket could not be made';
      this.#listen((this.#socket = new WebSocket(url)), given);
    } catch (error) {
      this.fail(fault, error);
    }
  }

  #listen(socket: Socket, token: string | undefined): void {
    let opened = false;
    let cause: unknown;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      opened = true;
      this.#events.opened(token);
    };
    socket.onmessage = ({ data }) => {
      this.#heard = true;
      this.#events.heard(data);
    };
    socket.onerror = (event) => {
      cause = event.error ?? event.message;
    };
    socket.onclose = ({ code, reason }) => {
      const how = `the connection ${opened ? 'was lost' : 'was refused'}: code ${code}`;
      this.#finish({ how: reason === '' ? how : `${how}, ${reason}`, code, cause });
    };
  }

  #finish(ending: Ending): void {
    if (this.#over) return;
    this.end();
    this.#events.ended(ending);
  }
}
