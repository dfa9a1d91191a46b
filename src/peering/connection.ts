/* oxlint-disable unicorn/prefer-add-event-listener -- a Socket of the platform has on… properties only */
import type { Platform, Socket, Undo } from '../platform/platform.ts';
import { parsePeerMessage, peerCloseCodes, type PeerHello, type PeerMessage } from '../protocol/peer-message.ts';

export interface PeerConnectionEvents {
  /** The first words of the other side. Returns in words why they are refused, or `null`. */
  hello(hello: PeerHello): string | null;
  info(message: Extract<PeerMessage, { readonly type: 'info' }>): void;
  bye(): void;
  frame(frame: Uint8Array): void;
  /** Once, and nothing after it. `refusal` is what one of the two sides found wrong with the other. */
  ended(refusal: string | null): void;
}

export interface PeerConnectionOptions {
  readonly socket: Socket;
  readonly platform: Pick<Platform, 'clock' | 'timers'>;
  readonly events: PeerConnectionEvents;
  /** What this side says first: at once if it called, or else as the answer. */
  readonly hello: () => PeerHello;
}

const helloTimeoutMs = 5000;
const pingEveryMs = 500;
/** A socket that brings nothing for so long after a ping is taken to be dead. */
const silenceMs = 1000;
/** Who does not read gets nothing more: the links send again what is lost. */
const maxBufferedBytes = 1024 * 1024;

/** One socket to one other process, from the hello to its end. */
export class PeerConnection {
  readonly #options: PeerConnectionOptions;
  #cancelTimer: Undo;
  #greeted = false;
  #heard = false;
  #over = false;

  constructor(options: PeerConnectionOptions) {
    this.#options = options;
    this.#cancelTimer = options.platform.timers.after(helloTimeoutMs, () =>
      this.#close(peerCloseCodes.silent, 'no hello', null),
    );
    this.#listen(options.socket);
  }

  get bufferedBytes(): number {
    return this.#options.socket.bufferedAmount;
  }

  sayHello(): void {
    this.say(this.#options.hello());
  }

  say(message: PeerMessage): void {
    this.#send(JSON.stringify(message));
  }

  send(frame: Uint8Array): void {
    if (this.bufferedBytes <= maxBufferedBytes) this.#send(frame as Uint8Array<ArrayBuffer>);
  }

  /** Without a word to those above. What was said before still goes out. */
  end(code: number = 1000, reason: string = ''): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelTimer();
    const { socket } = this.#options;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.onerror = () => {}; // closing before it opened is an error to some
    socket.close(code, reason);
  }

  #listen(socket: Socket): void {
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.sayHello();
    socket.onmessage = ({ data }) => {
      this.#heard = true;
      if (typeof data === 'string') this.#text(data);
      else if (data instanceof ArrayBuffer) this.#frame(new Uint8Array(data));
    };
    socket.onerror = () => {}; // `onclose` follows
    socket.onclose = ({ code, reason }) => this.#finish(code >= 4500 ? `it says: ${reason}` : null);
  }

  #text(text: string): void {
    const message = parsePeerMessage(text);
    if (typeof message === 'string') return this.#close(peerCloseCodes.malformed, message, message);
    if ((message.type === 'hello') === this.#greeted)
      return this.#close(peerCloseCodes.malformed, `a ${message.type} out of place`, `a ${message.type} out of place`);
    const { events } = this.#options;
    switch (message.type) {
      case 'hello':
        return this.#hello(message);
      case 'info':
        return events.info(message);
      case 'ping':
        return this.say({ type: 'pong' });
      case 'bye':
        return events.bye();
    }
  }

  #frame(frame: Uint8Array): void {
    if (this.#greeted) this.#options.events.frame(frame);
    else this.#close(peerCloseCodes.malformed, 'a frame before the hello', 'a frame before the hello');
  }

  #hello(hello: PeerHello): void {
    this.#greeted = true;
    this.#beat();
    const refusal = this.#options.events.hello(hello);
    if (refusal !== null) this.#close(peerCloseCodes.refused, refusal, refusal);
  }

  /** A late timer means no more than that this process was asleep: then it asks once more. */
  #beat(): void {
    const { clock, timers } = this.#options.platform;
    this.#cancelTimer();
    this.#cancelTimer = timers.after(pingEveryMs, () => {
      const pingedMs = clock.monotonicMs();
      this.#heard = false;
      this.say({ type: 'ping' });
      this.#cancelTimer = timers.after(silenceMs, () => {
        if (this.#heard || clock.monotonicMs() - pingedMs > 1.1 * silenceMs) this.#beat();
        else this.#close(peerCloseCodes.silent, 'silent', null);
      });
    });
  }

  #send(frame: string | Uint8Array<ArrayBuffer>): void {
    if (this.#over || this.#options.socket.readyState !== 1) return;
    this.#options.socket.send(frame);
  }

  #close(code: number, reason: string, refusal: string | null): void {
    const { socket } = this.#options;
    if (this.#over) return;
    socket.onclose = null;
    this.#finish(refusal, code, reason);
  }

  #finish(refusal: string | null, code?: number, reason?: string): void {
    if (this.#over) return;
    this.end(code, reason);
    this.#options.events.ended(refusal);
  }
}
