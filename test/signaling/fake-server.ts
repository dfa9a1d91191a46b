import type { Socket, SocketConstructor } from '../../src/platform/platform.ts';
import { maxIdBytes } from '../../src/core/peer-id.ts';
import { defaultBufferLimits, defaultLimits } from '../../src/protocol/limits.ts';
import type { ClientMessage, ServerMessage } from '../../src/protocol/messages.ts';
import { type RelayEntry, decodeRelayFrame, encodeRelayFrame } from '../../src/protocol/relay-frame.ts';
import type { Time } from '../links/world.ts';

type Message<Type> = Extract<ServerMessage, { readonly type: Type }>;

export const welcome: Message<'welcome'> = {
  type: 'welcome',
  channel: 0,
  resume: 'secret-1',
  heartbeatMs: 10_000,
  maxFrameBytes: defaultLimits.maxFrameBytes,
  maxInfoBytes: defaultLimits.maxInfoBytes,
  messagesPerSecond: defaultLimits.messagesPerSecond,
  bytesPerSecond: defaultLimits.bytesPerSecond,
  maxIdBytes,
  ...defaultBufferLimits,
};

/** The first view of a room that nobody else is in. */
export const view: Message<'view'> = {
  type: 'view',
  channel: 0,
  era: 'era-1',
  from: 0,
  n: 1,
  founder: 'self',
  epoch: 1,
  witness: null,
  continues: null,
  bye: [],
  gone: [],
  members: [{ id: 'self', info: null, host: 'here' }],
  more: false,
};

/** The far end of the sockets that a client under test makes: what it heard, and what a test has it say. */
export class FakeServer {
  readonly time: Time;
  readonly sockets: FakeSocket[] = [];
  /** What becomes of a socket that is made. Default: it opens at once, and whoever joins is welcomed. */
  onConnect: (socket: FakeSocket) => void = (socket) => socket.open();
  onMessage: (socket: FakeSocket, message: ClientMessage) => void = (socket, message) => {
    if (message.type === 'join') socket.say(welcome, view);
    if (message.type === 'ping') socket.say({ type: 'pong', nonce: message.nonce });
  };
  onRelay: (entries: readonly RelayEntry[], bytes: number) => void = () => undefined;

  constructor(time: Time) {
    this.time = time;
  }

  get last(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  /** To be given to the client. */
  socketClass(): SocketConstructor {
    // oxlint-disable-next-line typescript/no-this-alias -- a class made for this one server
    const server = this;
    return class extends FakeSocket {
      constructor(url: string) {
        super(server, url);
      }
    };
  }
}

export class FakeSocket implements Socket {
  binaryType = 'blob';
  readyState = 0;
  bufferedAmount = 0;
  onopen: Socket['onopen'] = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  onerror: Socket['onerror'] = null;
  readonly url: string;
  readonly madeMs: number;
  readonly heard: (ClientMessage | { readonly type: 'relay'; readonly entries: readonly RelayEntry[] })[] = [];
  closedByClient = false;
  readonly #server: FakeServer;

  constructor(server: FakeServer, url: string) {
    this.#server = server;
    this.url = url;
    this.madeMs = server.time.nowMs;
    server.sockets.push(this);
    server.time.after(0, () => server.onConnect(this));
  }

  open(): void {
    if (this.closedByClient) return;
    this.readyState = 1;
    this.onopen?.();
  }

  say(...messages: readonly ServerMessage[]): void {
    for (const message of messages) this.sayText(JSON.stringify(message));
  }

  sayText(text: string): void {
    this.#server.time.after(1, () => this.onmessage?.({ data: text }));
  }

  relay(entries: readonly RelayEntry[]): void {
    const frame = encodeRelayFrame({ channel: 0, entries });
    this.#server.time.after(1, () => this.onmessage?.({ data: frame.buffer }));
  }

  /** The server, or the network, ends it. */
  end(code: number, reason = ''): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  send(frame: string | Uint8Array<ArrayBuffer>): void {
    if (this.readyState !== 1) throw new Error('the socket is not open');
    if (typeof frame === 'string') {
      const message = JSON.parse(frame) as ClientMessage;
      this.heard.push(message);
      this.#server.onMessage(this, message);
      return;
    }
    const { entries } = decodeRelayFrame(frame)!;
    this.heard.push({ type: 'relay', entries });
    this.#server.onRelay(entries, frame.byteLength);
  }

  close(): void {
    this.closedByClient = true;
    this.readyState = 3;
  }
}
