import { parseClientMessage, type Problem } from '../src/protocol/client-message.ts';
import type { Limits } from '../src/protocol/limits.ts';
import { closeCodes, protocolVersion, type ClientMessage, type ServerMessage } from '../src/protocol/messages.ts';
import { decodeRelayFrame, type RelayFrame } from '../src/protocol/relay-frame.ts';
import { TokenBucket } from '../src/core/token-bucket.ts';

export interface ConnectionOptions {
  readonly limits: Limits;
  readonly heartbeatMs: number;
  /** How long a client may take to say hello. */
  readonly helloMs: number;
}

/** What is to be done about a frame. */
export type Verdict =
  /** It is for a room. */
  | { readonly type: 'message'; readonly message: RoomRequest }
  | { readonly type: 'relay'; readonly frame: RelayFrame }
  /** This is the answer, and that is all. */
  | { readonly type: 'answer'; readonly message: ServerMessage }
  /** It was over the rate, and that has just been complained of. */
  | { readonly type: 'dropped' }
  | { readonly type: 'nothing' }
  | Close;

export interface Close {
  readonly type: 'close';
  readonly code: number;
  readonly reason: string;
}

export type RoomRequest = Extract<
  ClientMessage,
  { readonly type: 'join' | 'leave' | 'standing' | 'pledge' | 'info' | 'sync' }
>;

/** More refused frames than this within a minute end the connection. */
const maxMalformedPerMinute = 100;
const maxDroppedPerMinute = 1000;
/** The longest text that may be a goodbye: those are heard whatever the rate. */
const maxGoodbyeBytes = 64;

/** A page that is frozen says nothing, while its browser answers for it: so often in a row, which takes two minutes. */
const maxAnswersForPage = 10;

/** A server that is always late gives up who is silent all the same, after so many asks. */
const mostLateAsks = 3;

const nothing: Verdict = { type: 'nothing' };

/**
 * The gate of one socket: hello first, at a bounded rate, in time, and well-formed. Sans-IO: frames and time go in, a
 * verdict comes out.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #openedMs: number;
  readonly #frames: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #malformed: TokenBucket;
  readonly #dropped: TokenBucket;
  /** One complaint a second about the rate. */
  readonly #complaints: TokenBucket;
  #heardMs: number;
  /** When it was asked for a sign of life, since it was last heard. It has its time from there, however late we are. */
  #askedMs: number | null = null;
  /** How often it was asked in time since it said something by itself. */
  #asks = 0;
  /** How often it was asked late since then. */
  #lateAsks = 0;
  #greeted = false;
  #token: string | undefined;

  constructor(options: ConnectionOptions, nowMs: number) {
    const { messagesPerSecond, bytesPerSecond } = options.limits;
    this.#options = options;
    this.#openedMs = nowMs;
    this.#heardMs = nowMs;
    this.#frames = new TokenBucket(messagesPerSecond, 2 * messagesPerSecond);
    this.#bytes = new TokenBucket(bytesPerSecond, 2 * bytesPerSecond, 2 * bytesPerSecond);
    this.#malformed = new TokenBucket(maxMalformedPerMinute / 60, maxMalformedPerMinute);
    this.#dropped = new TokenBucket(maxDroppedPerMinute / 60, maxDroppedPerMinute);
    this.#complaints = new TokenBucket(1, 1);
  }

  /** What came with the hello. */
  get token(): string | undefined {
    return this.#token;
  }

  /** When `tick` has something to say, unless something is heard before. */
  get deadlineMs(): number {
    const { heartbeatMs, helloMs } = this.#options;
    if (!this.#greeted) return this.#openedMs + helloMs;
    return this.#askedMs === null ? this.#heardMs + 1.25 * heartbeatMs : this.#askedMs + 0.25 * heartbeatMs;
  }

  /**
   * Asks a client that has not pinged in time, so that a page whose timers are throttled need not be lost: its browser
   * answers. Who does not answer either is gone, and so is a page for which only its browser has answered for long: a room
   * whose voters are frozen would wait for them for ever.
   */
  tick(nowMs: number): Close | { readonly type: 'ask' } | null {
    if (nowMs < this.deadlineMs) return null;
    // It may have been frozen since its socket opened, and may come back.
    if (!this.#greeted) return close('heartbeat', `say hello within ${this.#options.helloMs} ms`);
    if (this.#wasAsleep(nowMs) && this.#lateAsks < mostLateAsks) {
      this.#lateAsks++;
      return this.#ask(nowMs);
    }
    if (this.#askedMs !== null)
      return close('heartbeat', `nothing was heard for ${1.5 * this.#options.heartbeatMs} ms: ping`);
    if (this.#asks === maxAnswersForPage)
      return close(
        'heartbeat',
        `for ${1.25 * maxAnswersForPage * this.#options.heartbeatMs} ms only its runtime has answered`,
      );
    this.#asks++;
    return this.#ask(nowMs);
  }

  /** Whoever is this late has been asleep itself: what the client said meanwhile may lie unread. */
  #wasAsleep(nowMs: number): boolean {
    return nowMs - this.deadlineMs > 0.1 * this.#options.heartbeatMs;
  }

  #ask(nowMs: number): { readonly type: 'ask' } {
    this.#askedMs = nowMs;
    return { type: 'ask' };
  }

  /** Something shows that the client is there. */
  heard(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#askedMs = null;
  }

  #said(nowMs: number): void {
    this.heard(nowMs);
    this.#asks = this.#lateAsks = 0;
  }

  text(text: string, bytes: number, nowMs: number): Verdict {
    this.#said(nowMs);
    const admitted = this.#admit(bytes, nowMs);
    if (!admitted && bytes > maxGoodbyeBytes) return this.#tooFast(nowMs);
    const message = parseClientMessage(text, this.#options.limits.maxInfoBytes);
    if (!admitted && message.type !== 'leave') return this.#tooFast(nowMs);
    return this.#greeted ? this.#request(message, nowMs) : this.#greet(message);
  }

  bytes(bytes: Uint8Array, nowMs: number): Verdict {
    this.#said(nowMs);
    if (!this.#greeted) return close('protocol', 'say hello first');
    if (!this.#admit(bytes.byteLength, nowMs)) return this.#tooFast(nowMs);
    const frame = decodeRelayFrame(bytes);
    if (frame) return { type: 'relay', frame };
    return this.#refuse({ type: 'problem', code: 'malformed', message: 'this is no relay frame' }, nowMs);
  }

  /** A ping or pong of the WebSocket protocol itself: it counts like any other frame. */
  control(bytes: number, nowMs: number): Verdict {
    this.heard(nowMs);
    return this.#admit(bytes, nowMs) ? nothing : this.#tooFast(nowMs);
  }

  /** Bytes that the server sends to others, or back, because of what this client sent. */
  charge(bytes: number, nowMs: number): void {
    this.#bytes.charge(bytes, nowMs);
  }

  /** Refuses what a room, not the gate, found wrong: it counts like a malformed frame. */
  refuse(problem: Problem, nowMs: number): Verdict {
    return this.#refuse(problem, nowMs);
  }

  #greet(message: ClientMessage | Problem): Verdict {
    if (message.type === 'problem') return close('protocol', `say hello first: ${message.message}`);
    if (message.type !== 'hello') return close('protocol', 'say hello first');
    if (message.version !== protocolVersion) {
      return close('version', `this server speaks version ${protocolVersion} of the protocol, not ${message.version}`);
    }
    this.#greeted = true;
    this.#token = message.token;
    return nothing;
  }

  #request(message: ClientMessage | Problem, nowMs: number): Verdict {
    if (message.type === 'problem') return this.#refuse(message, nowMs);
    if (message.type === 'ping') return { type: 'answer', message: { type: 'pong', nonce: message.nonce } };
    if (message.type !== 'hello') return { type: 'message', message };
    return this.#refuse({ type: 'problem', code: 'malformed', message: 'hello was said already' }, nowMs);
  }

  #refuse({ code, message, channel }: Problem, nowMs: number): Verdict {
    if (!this.#malformed.take(1, nowMs)) return close('protocol', `too many frames made no sense: ${code}, ${message}`);
    const answer: ServerMessage = { type: 'error', code, message };
    return { type: 'answer', message: channel === undefined ? answer : { ...answer, channel } };
  }

  #admit(bytes: number, nowMs: number): boolean {
    return this.#bytes.level(nowMs) >= bytes && this.#frames.take(1, nowMs) && this.#bytes.take(bytes, nowMs);
  }

  #tooFast(nowMs: number): Verdict {
    const { messagesPerSecond, bytesPerSecond } = this.#options.limits;
    const message = `slow down to ${messagesPerSecond} frames and ${bytesPerSecond} bytes a second: frames were dropped`;
    if (!this.#dropped.take(1, nowMs)) return close('rate', message);
    if (!this.#complaints.take(1, nowMs)) return { type: 'dropped' };
    return { type: 'answer', message: { type: 'error', code: 'rate-limited', message } };
  }
}

function close(code: keyof typeof closeCodes, reason: string): Close {
  return { type: 'close', code: closeCodes[code], reason };
}
