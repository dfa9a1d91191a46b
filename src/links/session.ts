import type { Platform, Undo } from '../platform/platform.ts';
import { ClusterError, type ClusterErrorCode } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Lane, Path, PathKind } from '../transports/transport.ts';
import { Exchange } from './exchange.ts';
import { type Frame, decodeFrame, encodeFrame, maxHeaderBytes } from './frame.ts';
import { type EncodedMessage, type Message, decodeMessage } from './message.ts';
import { Pairing } from './pairing.ts';
import { PathChoice } from './path-choice.ts';
import { type PathHealth, stampAt } from './path-health.ts';
import { Overrun } from './window.ts';

export interface LinkState {
  /** The kind of path that the next message takes; `null` while none is open. */
  readonly path: PathKind | null;
  /** Smoothed round trip of that path; `null` until measured. */
  readonly rttMs: number | null;
}

export interface SessionEvents {
  onMessage(message: Message): void;
  onReset(): void;
  onState(state: LinkState): void;
  onBadFrame(reason: string): void;
}

export interface SessionOptions {
  readonly peer: PeerId;
  readonly platform: Platform;
  readonly maxMessageBytes: number;
  /** Sessions of the other side below this number are over. */
  readonly floor: number;
  /** Numbers for sessions, each higher than all before. */
  readonly nextNumber: () => number;
  readonly events: SessionEvents;
}

/** Frames are kept so small that an urgent one never waits long behind another. */
const maxFrameBytes = 16 * 1024;
/** Bulk waits while a path holds back more than this, so that urgent frames get out at once. */
const maxBufferedBytes = 64 * 1024;
/** What may wait for a member that does not answer. */
const maxWaitingOutOfReachBytes = 8 * 1024 * 1024;
const maxStuckMs = 30_000;
const noticeEveryMs = 20;

/** Everything between this member and one other: ordered, once, over whatever paths are open (T1). */
export class Session {
  readonly #options: SessionOptions;
  readonly #pairing: Pairing;
  readonly #paths = new PathChoice();
  #exchange: Exchange;
  #announced: LinkState = { path: null, rttMs: null };
  /** The other side said that it left for good. */
  #departed = false;
  #closed = false;
  #soonScheduled = false;
  #overfull = false;
  #noticeMs = -Infinity;
  #timer: { readonly atMs: number; readonly cancel: Undo } | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#pairing = new Pairing(options.nextNumber(), options.floor);
    this.#exchange = this.#freshExchange();
  }

  state(): LinkState {
    const preferred = this.#preferred();
    return { path: preferred?.path.kind ?? null, rttMs: preferred?.rtt.smoothedMs ?? null };
  }

  /** Resolves when all of it is taken in the window. */
  send(message: EncodedMessage, lane: Lane): Promise<void> {
    if (this.#departed) return Promise.reject(this.#error('unknown-peer', 'it has left'));
    const { waitingBytes } = this.#exchange;
    if (waitingBytes > maxWaitingOutOfReachBytes && this.#outOfReach()) this.#overfull = true;
    if (waitingBytes > 2 * this.#options.maxMessageBytes)
      return Promise.reject(this.#error('too-large', `${waitingBytes} bytes wait for it already; await earlier sends`));
    const taken = this.#exchange.push(message, lane);
    if (lane === 'urgent' && !this.#overfull) this.#flush();
    else this.#soon();
    return taken;
  }

  pathOpened(path: Path, rank: number): void {
    this.#paths.open(path, rank);
    this.#soon();
  }

  pathClosed(path: Path): void {
    this.#paths.close(path);
    this.#exchange.pathLost(path);
    this.#soon();
  }

  pathDrained(): void {
    this.#flush();
  }

  frame(path: Path, bytes: Uint8Array): void {
    const health = this.#paths.find(path);
    if (health === undefined) return; // it has closed since
    const frame = decodeFrame(bytes);
    if (frame === null) return this.#options.events.onBadFrame('a frame that makes no sense');
    if (this.#belongs(health, frame)) this.#takeIn(health, frame);
    if (!this.#closed) this.#soon();
  }

  /** Last words: what is not acknowledged goes out once more on every path, the last frame saying goodbye. */
  goodbye(): void {
    this.#flush();
    const frames = this.#exchange.lastWords(this.#roomInFrame());
    for (const health of this.#paths.all)
      for (const chunks of frames) this.#sendFrame(health, 'urgent', { chunks, bye: chunks === frames.at(-1) });
  }

  /** Returns the `floor` for the next session with the same member. */
  close(code: ClusterErrorCode, reason: string): number {
    this.#closed = true;
    this.#timer?.cancel();
    this.#exchange.end(this.#error(code, reason));
    return this.#pairing.floor;
  }

  // What arrives

  /** Whether the frame speaks about this pair of sessions, after restarting this side where it has to. */
  #belongs(health: PathHealth, frame: Frame): boolean {
    const verdict = this.#pairing.judge(frame, this.#exchange.received);
    if (verdict === 'restart') {
      this.#restart('the other side began anew', frame);
      return !frame.reset && this.#belongs(health, frame);
    }
    if (verdict === 'stale') this.#notice(health.path, frame.from);
    if (verdict === 'unaware') health.owe();
    if (verdict === 'current') this.#departed = false;
    return verdict === 'current';
  }

  #takeIn(health: PathHealth, frame: Frame): void {
    const now = this.#now();
    health.heard(frame, now);
    const acks = frame.to === this.#pairing.mine ? frame.acks : null;
    if (acks !== null && !this.#exchange.acked(acks, this.#preferred()?.rtt, now))
      return this.#end('it acknowledged what was never sent');
    try {
      const { messages, ackNow } = this.#exchange.take(frame.chunks);
      if (ackNow || frame.ping) health.owe();
      health.oweLater(frame.chunks, now);
      this.#deliver(messages);
    } catch (error) {
      if (error instanceof Overrun) return this.#end(error.message);
      throw error;
    }
    if (frame.bye && !this.#closed) this.#depart();
  }

  #deliver(messages: readonly Uint8Array[]): void {
    const { events } = this.#options;
    const exchange = this.#exchange;
    for (const bytes of messages) {
      if (this.#closed || this.#exchange !== exchange) return;
      const message = decodeMessage(bytes);
      try {
        if (typeof message === 'string') events.onBadFrame(message);
        else events.onMessage(message);
      } catch (error) {
        // As for an event listener: the error surfaces, and the next message arrives all the same.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  // The life of the session

  #freshExchange(): Exchange {
    return new Exchange(this.#options.maxMessageBytes, this.#now());
  }

  #restart(reason: string, heard?: Frame): void {
    if (this.#begin('peer-reset', reason, heard)) this.#options.events.onReset();
  }

  #depart(): void {
    this.#departed = true;
    this.#begin('unknown-peer', 'it has left');
  }

  /** Goes on under a new number. True if anything may have been lost with the old one. */
  #begin(code: ClusterErrorCode, reason: string, heard?: Frame): boolean {
    const before = this.#exchange;
    const { used } = before; // while what waits is still in there
    this.#pairing.restart(this.#options.nextNumber(), heard);
    this.#exchange = this.#freshExchange();
    this.#overfull = false;
    before.end(this.#error(code, reason));
    return used;
  }

  /** Ends the session from this side and says so. */
  #end(reason: string): void {
    const theirs = this.#pairing.theirs;
    this.#restart(reason);
    if (theirs === 0 || this.#closed) return;
    for (const { path } of this.#paths.all) this.#sendNotice(path, theirs);
  }

  #outOfReach(): boolean {
    return this.#preferred()?.suspect(this.#now()) ?? true;
  }

  #error(code: ClusterErrorCode, reason: string): ClusterError {
    return new ClusterError(code, `the session with ${this.#options.peer}: ${reason}`);
  }

  // What leaves

  /** At the end of this turn: what came together until then shares frames. */
  #soon(): void {
    if (this.#soonScheduled) return;
    this.#soonScheduled = true;
    queueMicrotask(() => {
      this.#soonScheduled = false;
      if (this.#closed) return;
      if (this.#overfull) this.#end(`more than ${maxWaitingOutOfReachBytes} bytes wait for it and it does not answer`);
      this.#flush();
      this.#announce();
    });
  }

  #flush(): void {
    if (this.#closed || this.#departed) return;
    const now = this.#now();
    this.#loseSuspects(now);
    this.#sendLane('urgent', now);
    this.#sendLane('bulk', now);
    for (const health of this.#paths.doubtful(now))
      if (health.nextPingMs() <= now) this.#sendFrame(health, 'urgent', { ping: true });
    for (const health of this.#paths.all) if (health.ackDueMs() <= now) this.#sendFrame(health, 'urgent', {});
    this.#arm(now);
  }

  /** What was sent over a path that does not answer is sent over the one that replaces it. */
  #loseSuspects(now: number): void {
    const targets = this.#paths.targets(now);
    for (const health of this.#paths.all)
      if (!targets.includes(health) && health.suspect(now)) this.#exchange.pathLost(health.path);
  }

  #sendLane(lane: Lane, now: number): void {
    const targets = this.#paths.targets(now);
    const first = targets[0];
    if (first === undefined) return;
    const fullBytes = lane === 'urgent' ? Infinity : maxBufferedBytes;
    while (first.path.bufferedBytes() < fullBytes) {
      const chunks = this.#exchange.collect(lane, this.#roomInFrame(), first.path, now);
      if (chunks.length === 0) return;
      for (const health of targets) this.#sendFrame(health, lane, { chunks });
    }
  }

  /** Fits every open path, so that what one lost another can carry. */
  #roomInFrame(): number {
    return Math.min(maxFrameBytes, ...this.#paths.all.map(({ path }) => path.maxFrameBytes)) - maxHeaderBytes;
  }

  #sendFrame(health: PathHealth, lane: Lane, content: Partial<Pick<Frame, 'chunks' | 'ping' | 'bye'>>): void {
    const now = this.#now();
    const { mine, theirs } = this.#pairing;
    const answer = { echo: health.takeEcho(now), acks: theirs === 0 ? null : this.#exchange.acks() };
    health.sent(content, now);
    health.path.send(encodeFrame({ from: mine, to: theirs, stamp: stampAt(now), ...answer, ...content }), lane);
  }

  #notice(path: Path, theirs: number): void {
    const now = this.#now();
    if (this.#departed || now - this.#noticeMs < noticeEveryMs) return;
    this.#noticeMs = now;
    this.#sendNotice(path, theirs);
  }

  /** Tells the other side that its session `theirs` is over here. */
  #sendNotice(path: Path, theirs: number): void {
    const { mine } = this.#pairing;
    path.send(encodeFrame({ from: mine, to: theirs, stamp: stampAt(this.#now()), reset: true }), 'urgent');
  }

  #announce(): void {
    const state = this.state();
    const { path, rttMs } = this.#announced;
    if (state.path === path && !differs(state.rttMs, rttMs)) return;
    this.#announced = state;
    this.#options.events.onState(state);
  }

  // Time

  /** One timer, for whatever is due first. */
  #arm(now: number): void {
    // Never at once: a sum that is rounded down would be due again and again.
    const dueMs = Math.max(this.#nextDueMs(now), now + 1);
    if (dueMs === Infinity || (this.#timer !== null && this.#timer.atMs <= dueMs)) return;
    this.#timer?.cancel();
    const cancel = this.#options.platform.timers.after(dueMs - now, () => {
      this.#timer = null;
      this.#tick();
    });
    this.#timer = { atMs: dueMs, cancel };
  }

  #nextDueMs(now: number): number {
    const first = this.#paths.preferred(now);
    const replaceable = first !== null && this.#paths.all.length > 1 && !first.suspect(now);
    return Math.min(
      this.#exchange.nextDueMs(first?.rtt, now),
      replaceable ? first.suspectAtMs() : Infinity,
      ...this.#paths.doubtful(now).map((health) => health.nextPingMs()),
      ...this.#paths.all.map((health) => health.ackDueMs()),
    );
  }

  #tick(): void {
    const stuckMs = this.#exchange.tick(this.#preferred()?.rtt, this.#now());
    if (stuckMs > maxStuckMs) this.#end(`nothing was confirmed for ${maxStuckMs / 1000} s`);
    this.#flush();
    this.#announce();
  }

  #preferred(): PathHealth | null {
    return this.#paths.preferred(this.#now());
  }

  #now(): number {
    return this.#options.platform.clock.monotonicMs();
  }
}

function differs(a: number | null, b: number | null): boolean {
  if (a === null || b === null) return a !== b;
  return Math.abs(a - b) > 0.2 * b + 0.1;
}
