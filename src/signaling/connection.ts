import type { Platform, SocketConstructor, Undo } from '../platform/platform.ts';
import { ClusterError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Lane } from '../protocol/lane.ts';
import { type Limits, defaultLimits } from '../protocol/limits.ts';
import {
  type ClientMessage,
  type ServerErrorCode,
  type ServerMessage,
  mayReconnect,
  protocolVersion,
} from '../protocol/messages.ts';
import { type RelayEntry, decodeRelayFrame } from '../protocol/relay-frame.ts';
import { parseServerMessage } from '../protocol/server-message.ts';
import { Attempt, type Ending } from './attempt.ts';
import { Backoff } from './backoff.ts';
import { Outbox } from './outbox.ts';

export interface SignalingConnectionOptions {
  /** `ws:` or `wss:`. */
  readonly url: string;
  readonly room: string;
  readonly self: PeerId;
  readonly platform: Platform;
  /** Asked before each attempt, so that it may be short-lived. Default: none is sent. */
  readonly token?: () => Promise<string>;
  /** Default: the platform's. */
  readonly WebSocket?: SocketConstructor;
}

export type ConnectionStatus = 'connecting' | 'online' | 'offline';

/** What the server says about the room, once it has been entered. */
export type RoomMessage = Extract<ServerMessage, { readonly type: 'welcome' | 'view' | 'delta' | 'hint' | 'absent' }>;

export interface ConnectionListener {
  onStatus?(status: ConnectionStatus): void;
  onMessage?(message: RoomMessage): void;
  /** `entry.peer` is the sender, as the server saw it (T2). */
  onRelay?(entry: RelayEntry): void;
  /** Something relayed to this member has left the queue. */
  onDrain?(peer: PeerId): void;
  /** The connection goes on trying, unless the code is `rejected`. */
  onError?(error: ClusterError): void;
}

/** One room a connection: the byte that stands for it in binary frames. */
const channel = 0;
/** Online for so long, the server is taken to be well, and the backoff starts over. */
const stableMs = 10_000;
const maxFailedResumes = 3;
/** After these, the same words would be refused again. */
const finalRefusals: ReadonlySet<ServerErrorCode> = new Set<ServerErrorCode>(['unauthorised', 'version', 'room-full']);

/**
 * The one socket to the signaling server, which discovery, relay and WebRTC's signals share. It says hello and enters
 * the room in the same breath, comes back by itself under its old place, and keeps below the server's limits.
 */
export class SignalingConnection {
  readonly #options: SignalingConnectionOptions;
  readonly #listeners = new Set<ConnectionListener>();
  readonly #backoff: Backoff;
  readonly #outbox: Outbox;
  #member: { info: Json; readonly host: string } = { info: null, host: '' };
  #status: ConnectionStatus = 'connecting';
  #limits: Limits = defaultLimits;
  #attempt: Attempt | null = null;
  #resume: { readonly secret: string; failures: number } | null = null;
  #cancelTimer: Undo = () => undefined;
  #stopWatching: Undo = () => undefined;
  #retryAfterMs = 0;
  #stopped = false;

  constructor(options: SignalingConnectionOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.platform.randomBytes);
    this.#outbox = new Outbox({
      platform: options.platform,
      socketBytes: () => this.#attempt?.bufferedBytes ?? 0,
      send: (frame) => this.#attempt?.send(frame),
      onDrain: (peer) => this.#tell((listener) => listener.onDrain?.(peer)),
    });
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  /** The server's, or the defaults before its first welcome. */
  get limits(): Limits {
    return this.#limits;
  }

  listen(listener: ConnectionListener): Undo {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Connects at once, and again whenever the connection is lost. */
  start(member: { readonly info: Json; readonly host: string }): void {
    this.#member = { ...member };
    this.#stopWatching = this.#options.platform.lifecycle.onVisibility((visible) => {
      if (visible) this.#tryNow();
    });
    this.#connect();
  }

  setInfo(info: Json): void {
    this.#member.info = info;
    if (this.#status === 'online') this.#send({ type: 'info', channel, info });
  }

  /** Asks for a `view`. */
  sync(): void {
    if (this.#status === 'online') this.#send({ type: 'sync', channel });
  }

  /** Lost where the connection is not online, or too much waits already. */
  relay(entry: RelayEntry, lane: Lane): void {
    if (this.#status === 'online') this.#outbox.push(entry, lane);
  }

  /** Bytes that wait to be relayed to `peer`. */
  queuedBytes(peer: PeerId): number {
    return this.#outbox.queuedBytes(peer);
  }

  /** Sends what is urgent, says goodbye, and closes: all within this call. No event follows. */
  goodbye(): void {
    if (this.#stopped) return;
    if (this.#status === 'online') {
      this.#outbox.flush();
      this.#send({ type: 'leave', channel });
    }
    this.abandon();
  }

  /** Closes without a word. No event follows. */
  abandon(): void {
    this.#stopped = true;
    this.#stopWatching();
    this.#cancelTimer();
    this.#listeners.clear();
    this.#attempt?.end();
    this.#attempt = null;
  }

  // Coming and going

  #connect(): void {
    this.#cancelTimer();
    const attempt = new Attempt(this.#options, {
      opened: () => this.#enter(attempt),
      text: (text) => this.#text(text),
      bytes: (bytes) => this.#bytes(bytes),
      ping: () => this.#send({ type: 'ping', nonce: 0 }),
      ended: (ending) => this.#lost(attempt, ending),
    });
    this.#attempt = attempt;
  }

  /** Nothing is waited for: hello and join leave together. */
  #enter(attempt: Attempt): void {
    const { self, room } = this.#options;
    const { info, host } = this.#member;
    const hello: ClientMessage = { type: 'hello', version: protocolVersion };
    this.#send(attempt.token === undefined ? hello : { ...hello, token: attempt.token });
    const join: ClientMessage = { type: 'join', channel, room, id: self, info, host };
    this.#send(this.#resume === null ? join : { ...join, resume: this.#resume.secret });
  }

  #lost(attempt: Attempt, { how, code, cause }: Ending): void {
    if (this.#stopped || attempt !== this.#attempt) return;
    if (code !== null && !mayReconnect(code)) return this.#reject(how);
    this.#attempt = null;
    if (attempt.onlineForMs() >= stableMs) this.#backoff.worked();
    const waitMs = this.#retryAfterMs + this.#backoff.nextMs();
    const announced = this.#retryAfterMs > 0;
    this.#retryAfterMs = 0;
    this.#cancelTimer = this.#options.platform.timers.after(waitMs, () => this.#connect());
    if (this.#status === 'online') this.#setStatus('offline');
    if (!announced) this.#error(this.#connectFailed(how, waitMs, cause));
  }

  #connectFailed(how: string, waitMs: number, cause: unknown): ClusterError {
    const tried = `${this.#address()}: ${how} (attempt ${this.#backoff.failures})`;
    const message = `${tried}; next try in ${(waitMs / 1000).toFixed(1)} s`;
    return new ClusterError('connect-failed', message, cause === undefined ? {} : { cause });
  }

  /** The page is looked at again: do not sit out a long wait. */
  #tryNow(): void {
    if (this.#attempt !== null || this.#stopped || this.#backoff.failures < 2) return;
    this.#cancelTimer();
    this.#connect();
  }

  #reject(reason: string): void {
    const error = new ClusterError('rejected', `${this.#address()}: ${reason}`);
    const listeners = [...this.#listeners];
    this.abandon();
    this.#status = 'offline';
    for (const listener of listeners) {
      listener.onStatus?.('offline');
      listener.onError?.(error);
    }
  }

  // What the server says

  #text(text: string): void {
    const message = parseServerMessage(text);
    if (message.type === 'problem')
      return this.#error(new ClusterError('protocol', `${this.#address()}: the server sent what ${message.message}`));
    if ('channel' in message && message.channel !== undefined && message.channel !== channel) return;
    if (message.type === 'welcome') this.#welcome(message, text.length);
    else if (message.type === 'drain') this.#retryAfterMs = Math.max(message.retryAfterMs, 1);
    else if (message.type === 'error') this.#refused(message.code, message.message);
    else if (message.type !== 'pong' && this.#status === 'online')
      this.#tell((listener) => listener.onMessage?.(message));
  }

  #welcome(message: Extract<ServerMessage, { readonly type: 'welcome' }>, bytes: number): void {
    this.#resume = { secret: message.resume, failures: 0 };
    this.#limits = message.limits;
    this.#attempt?.welcomed(message.heartbeatMs);
    this.#outbox.reset(message.limits);
    // Joining is charged for what it made the server send: the welcome, and news of us to each of the others.
    this.#outbox.charge(2, bytes + message.members.length * (JSON.stringify(this.#member).length + 256));
    this.#setStatus('online');
    this.#tell((listener) => listener.onMessage?.(message));
  }

  #refused(code: ServerErrorCode, reason: string): void {
    if (code === 'rate-limited') {
      this.#outbox.slowDown();
      return this.#error(new ClusterError('rate-limited', `${this.#address()}: ${reason}`));
    }
    if (this.#status === 'online')
      return this.#error(new ClusterError('protocol', `${this.#address()}: the server refused (${code}): ${reason}`));
    if (finalRefusals.has(code)) return this.#reject(`the server refused (${code}): ${reason}`);
    if (this.#resume !== null && ++this.#resume.failures >= maxFailedResumes) this.#resume = null;
    this.#attempt?.fail(`the server refused (${code}): ${reason}`);
  }

  #bytes(bytes: Uint8Array): void {
    const frame = decodeRelayFrame(bytes);
    if (frame === null || frame.channel !== channel)
      return this.#error(
        new ClusterError('protocol', `${this.#address()}: the server sent a frame that makes no sense`),
      );
    for (const entry of frame.entries) this.#tell((listener) => listener.onRelay?.(entry));
  }

  // What leaves

  #send(message: ClientMessage): void {
    const text = JSON.stringify(message);
    this.#outbox.charge(1, text.length);
    this.#attempt?.send(text);
  }

  #setStatus(status: ConnectionStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    this.#tell((listener) => listener.onStatus?.(status));
  }

  #error(error: ClusterError): void {
    this.#tell((listener) => listener.onError?.(error));
  }

  #tell(run: (listener: ConnectionListener) => void): void {
    for (const listener of this.#listeners) run(listener);
  }

  /** Without what may be secret in it. */
  #address(): string {
    return this.#options.url.replace(/[?#].*$/, '').replace(/\/\/[^/]*@/, '//');
  }
}
