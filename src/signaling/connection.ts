/* oxlint-disable unicorn/prefer-add-event-listener -- a Socket of the platform has on… properties only */
import type { Platform, Socket, SocketConstructor, Undo } from '../platform/platform.ts';
import type { Charter } from '../protocol/charter.ts';
import { ClusterError, type ClusterErrorCode } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { assertJsonBytes, type Json } from '../protocol/json.ts';
import type { ClientLimits } from '../protocol/limits.ts';
import { type ClientMessage, type ServerMessage, mayReconnect, protocolVersion } from '../protocol/messages.ts';
import { parseServerMessage } from '../protocol/server-message.ts';
import type { Pledge, Stance } from '../protocol/standing.ts';
import type { Account } from './account.ts';
import { Backoff } from './backoff.ts';
import type { Claim, ConnectionListener, ConnectionStatus } from './listener.ts';
import { Pulse } from './pulse.ts';
import { finalRefusals } from './refusals.ts';

export interface SignalingConnectionOptions {
  /** `ws:` or `wss:`. */
  readonly url: string;
  readonly room: string;
  readonly self: PeerId;
  readonly platform: Platform;
  /** What all members of the room must agree on. Default: that of `available()`. */
  readonly charter?: Charter;
  /** Asked before each attempt, so that it may be short-lived. Default: none is sent. */
  readonly token?: () => Promise<string>;
  /** Default: the platform's. */
  readonly WebSocket?: SocketConstructor;
}

type Welcome = Extract<ServerMessage, { readonly type: 'welcome' }>;

/** One room a connection: the byte that stands for it in binary frames. */
const channel = 0;
const connectTimeoutMs = 10_000;
/** Online for so long, the server is taken to be well, and the backoff starts over. */
const stableMs = 10_000;
const maxFailedResumes = 3;
/** Frames that are kept until somebody listens to them; what is lost is sent again. */
const maxEarlyFrames = 64;
/** A leader has to hear from the server several times before its charter runs out. */
const pingsPerCharter = 6;
const nothing: Undo = () => undefined;

/**
 * The one socket to the signaling server, which discovery, relay and WebRTC's signals share. It says hello and enters
 * the room in the same breath, comes back by itself under its old place, and keeps below the server's limits.
 *
 * @throws TypeError where neither the options nor the platform have a WebSocket.
 */
export class SignalingConnection {
  readonly #options: SignalingConnectionOptions & { readonly WebSocket: SocketConstructor };
  readonly #listeners = new Set<ConnectionListener>();
  /** Relayed before anybody listened to it. Null: somebody does. */
  #early: Uint8Array[] | null = [];
  readonly #backoff: Backoff;
  #member!: { readonly host: string };
  /** As it was set last. */
  #info!: Json;
  /** As the last join said it. */
  #joinedAs!: Json;
  #claim: (() => Claim | undefined) | undefined;
  #status: ConnectionStatus = 'connecting';
  /** Of the attempt that is under way; what comes of earlier ones is ignored. Null between attempts. */
  #attempt: object | null = null;
  #socket: Socket | null = null;
  /** While online. */
  #account: Account | null = null;
  /** As the last welcome said. */
  #limits: ClientLimits | null = null;
  #onlineSinceMs = 0;
  readonly #pulse: Pulse = new Pulse({
    nowMs: () => this.#nowMs(),
    after: (delayMs, run) => this.#after(delayMs, run),
    ping: (nonce) => this.#ask({ type: 'ping', nonce }),
    onAnswered: () => this.#tell('onAnswered'),
    onSilent: (forMs) => this.#lost(`the server did not answer for ${forMs / 1000} s`),
  });
  #resume: string | undefined;
  #failedResumes = 0;
  /** The server said that it would close the connection, and how long to stay away. */
  #retryAfterMs: number | null = null;
  /** One timer for what is waited for: a welcome, the next ping, its answer, or the next attempt. */
  #cancelTimer = nothing;
  #stopWatching: Undo[] = [];

  constructor(options: SignalingConnectionOptions) {
    const { platform, WebSocket = platform.WebSocket } = options;
    if (WebSocket === undefined) throw new TypeError('this runtime has no WebSocket: give one as the option WebSocket');
    this.#options = { ...options, WebSocket };
    this.#backoff = new Backoff(platform.randomBytes);
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  /** The largest frame that the server takes; 0 before its first welcome. */
  get maxFrameBytes(): number {
    return this.#limits?.maxFrameBytes ?? 0;
  }

  /** Null where the connection is not online. Another one for each that stands. */
  get account(): Readonly<Account> | null {
    return this.#account;
  }

  /** What was sent, and has not left yet. */
  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** How long a leader may lead without contact. `Infinity`: nobody asks. */
  get charterMs(): number {
    return this.#options.charter?.quorum?.charterMs ?? Infinity;
  }

  listen(listener: ConnectionListener): Undo {
    this.#listeners.add(listener);
    if (listener.onFrame && this.#early) this.#handOut(this.#early);
    return () => void this.#listeners.delete(listener);
  }

  /** Connects at once, and again whenever the connection is lost. `claim` is asked, and `host` read, before each join. */
  start(member: { readonly info: Json; readonly host: string }, claim?: () => Claim | undefined): void {
    const { lifecycle } = this.#options.platform;
    this.#member = member;
    this.#info = member.info;
    this.#claim = claim;
    this.#stopWatching = [
      lifecycle.onVisibility((visible) => visible && this.#hurry()),
      lifecycle.onOnline(() => this.#hurry()),
    ];
    void this.#connect();
  }

  /**
   * Throws `too-large` above what the server said that it takes. Before it did: with its welcome, where it comes too late for
   * the join, and is not said then; or the server refuses the member.
   */
  setInfo(info: Json): void {
    assertJsonBytes(info, 'the info', this.#limits?.maxInfoBytes ?? Infinity);
    this.#info = info;
    if (this.#account) this.#say({ type: 'info', channel, info });
  }

  /** Asks for the whole view. */
  sync(): void {
    this.#say({ type: 'sync', channel });
  }

  /** Lost where the connection is not online. */
  stand(stance: Stance): void {
    if (this.#account) this.#say({ channel, ...stance });
  }

  /** Counts against the limits; lost where the socket is not open. */
  send(frame: string | Uint8Array<ArrayBuffer>): void {
    this.#charge(1, frame.length);
    if (this.#socket?.readyState === 1) this.#socket.send(frame);
  }

  /** Says goodbye after all last words, and closes: all within this call. No event follows. */
  goodbye(pledge?: Pledge): void {
    this.#tell('onGoodbye');
    // Also before the welcome: the server knows of this member as soon as it has heard the join.
    this.#say({ type: 'leave', channel, pledge });
    this.abandon();
  }

  /** Closes without a word. No event follows. */
  abandon(): void {
    for (const stop of this.#stopWatching) stop();
    this.#listeners.clear();
    this.#hangUp();
  }

  /** The server did what it may not. */
  complain(what: string): void {
    this.#error('protocol', what);
  }

  // Coming and going

  async #connect(): Promise<void> {
    const { token, url, WebSocket } = this.#options;
    const attempt = (this.#attempt = {});
    const isOver = (): boolean => this.#attempt !== attempt;
    this.#after(connectTimeoutMs, () => this.#lost(`no welcome within ${connectTimeoutMs / 1000} s`));
    let fault = 'token() failed';
    try {
      const given = await token?.();
      if (isOver()) return;
      fault = 'the socket could not be made (pages on https: need a wss: URL)';
      this.#enter(new WebSocket(url), given);
    } catch (error) {
      if (!isOver()) this.#lost(fault, error);
    }
  }

  /** Nothing is waited for: hello and join leave together. */
  #enter(socket: Socket, token: string | undefined): void {
    const { self, room, charter } = this.#options;
    let refusal = 'was refused (is the server there, and is that its path?)';
    let cause: unknown;
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      refusal = 'was lost';
      this.#say({ type: 'hello', version: protocolVersion, token });
      this.#ask({
        type: 'join',
        channel,
        room,
        id: self,
        info: (this.#joinedAs = this.#info),
        host: this.#member.host,
        resume: this.#resume,
        charter,
        ...(charter?.quorum && this.#claim?.()),
      });
    };
    socket.onmessage = ({ data }) => this.#frame(data);
    socket.onerror = (event) => {
      cause = event.error ?? event.message;
    };
    socket.onclose = ({ code, reason }) => {
      const how = `the connection ${refusal}: code ${code}${reason && `, ${reason}`}`;
      if (mayReconnect(code)) this.#lost(how, cause);
      else this.#reject(how);
    };
  }

  #lost(how: string, cause?: unknown): void {
    const stable = this.#account !== null && this.#nowMs() - this.#onlineSinceMs >= stableMs;
    if (stable) this.#backoff.worked();
    const announced = this.#retryAfterMs !== null;
    const waitMs = (this.#retryAfterMs ?? 0) + (announced && stable ? 0 : this.#backoff.nextMs());
    this.#retryAfterMs = null;
    this.#hangUp();
    this.#after(waitMs, () => void this.#connect());
    if (this.#status === 'online') this.#setStatus('offline');
    if (announced) return;
    const next = `(attempt ${this.#backoff.failures}); next try in ${(waitMs / 1000).toFixed(1)} s`;
    this.#error('connect-failed', `${how} ${next}`, cause);
  }

  /** The page is looked at again, or the network is back: do not sit out a long wait. */
  #hurry(): void {
    if (this.#attempt === null && this.#backoff.failures > 1) void this.#connect();
  }

  #reject(how: string, code: ClusterErrorCode = 'rejected'): void {
    this.#hangUp();
    this.#setStatus('offline');
    this.#error(code, how);
    this.abandon();
  }

  #hangUp(): void {
    const socket = this.#socket;
    this.#cancelTimer();
    this.#attempt = this.#socket = this.#account = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null; // and not onerror: closing early is an error to some
    socket.close();
  }

  // What the server says

  #frame(frame: unknown): void {
    this.#pulse.heard();
    if (typeof frame === 'string') return this.#text(frame);
    const relayed = new Uint8Array(frame as ArrayBuffer);
    if (this.#early === null) this.#tell('onFrame', relayed);
    else if (this.#early.length < maxEarlyFrames) this.#early.push(relayed);
  }

  /** At the end of the turn: whoever listens is ready then. */
  #handOut(early: readonly Uint8Array[]): void {
    this.#early = null;
    queueMicrotask(() => {
      for (const frame of early) this.#tell('onFrame', frame);
    });
  }

  #text(text: string): void {
    let message: ServerMessage;
    try {
      message = parseServerMessage(text);
    } catch (error) {
      return this.complain(`the server sent nonsense: ${(error as Error).message}`);
    }
    if ('channel' in message && message.channel) return; // another room
    if (message.type === 'error') this.#refused(message.code, message.message);
    else if (message.type === 'welcome') this.#welcome(message);
    else if (message.type === 'drain') this.#retryAfterMs = message.retryAfterMs;
    else if (message.type === 'pong') this.#pulse.ponged(message.nonce);
    else if (this.#account) {
      // What a join made the server send is charged to us: the whole view, and news of us to each of the others.
      if (message.type === 'view' && message.from === 0)
        this.#charge(0, text.length + message.members.length * (JSON.stringify(this.#info).length + 320));
      this.#tell('onMessage', message);
    }
  }

  #welcome({ resume, heartbeatMs, ...limits }: Welcome): void {
    this.#resume = resume;
    this.#failedResumes = 0;
    this.#onlineSinceMs = this.#nowMs();
    this.#limits = limits;
    this.#account = { limits, charged: { frames: 0, bytes: 0 } };
    // A connection that is dead has to be replaced before the charter is over.
    const everyMs = Math.min(heartbeatMs, this.charterMs / pingsPerCharter);
    this.#pulse.begin(everyMs, Math.min(heartbeatMs, this.charterMs) / 2);
    this.#setStatus('online');
    this.#tell('onAnswered');
    this.#catchUp();
  }

  /** Says what the info became since the join left, if the server takes it. */
  #catchUp(): void {
    const info = this.#info;
    if (info === this.#joinedAs) return;
    this.#info = this.#joinedAs;
    try {
      this.setInfo(info);
    } catch (error) {
      this.#tell('onError', error as ClusterError);
    }
  }

  #refused(code: string, reason: string): void {
    const how = `the server refused (${code}): ${reason}`;
    if (this.#account) return code === 'rate-limited' ? this.#error(code, reason) : this.complain(how);
    const final = finalRefusals.get(code);
    if (final) return this.#reject(how, final);
    if (++this.#failedResumes >= maxFailedResumes) {
      // A welcome was lost, and its secret with it, or somebody else is under this id: no waiting brings it back.
      if (code === 'id-taken' && this.#resume === undefined) return this.#reject(how, 'superseded');
      this.#resume = undefined;
    }
    this.#lost(how);
  }

  // What leaves

  #ask(question: ClientMessage): void {
    this.#tell('onAsked');
    this.#say(question);
  }

  #say(message: ClientMessage): void {
    this.send(JSON.stringify(message));
  }

  #charge(frames: number, bytes: number): void {
    if (!this.#account) return;
    const { charged } = this.#account;
    this.#account.charged = { frames: charged.frames + frames, bytes: charged.bytes + bytes };
    this.#tell('onCharge', { frames, bytes });
  }

  #setStatus(status: ConnectionStatus): void {
    this.#status = status;
    this.#tell('onStatus', status);
  }

  /** Names the server without what may be secret in its URL. */
  #error(code: ClusterErrorCode, what: string, cause?: unknown): void {
    const server = this.#options.url.replace(/[?#].*$/, '').replace(/\/\/[^/]*@/, '//');
    const error = new ClusterError(code, `${server}: ${what}`, cause === undefined ? {} : { cause });
    this.#tell('onError', error);
  }

  #tell<Name extends keyof ConnectionListener>(
    name: Name,
    ...[what]: Parameters<Required<ConnectionListener>[Name]>
  ): void {
    for (const listener of this.#listeners) (listener[name] as ((what: unknown) => void) | undefined)?.(what);
  }

  #after(delayMs: number, run: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.platform.timers.after(delayMs, run);
  }

  #nowMs(): number {
    return this.#options.platform.clock.monotonicMs();
  }
}
