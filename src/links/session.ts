import type { Platform, Undo } from '../platform/platform.ts';
import { ClusterError, type ClusterErrorCode } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { JsonError } from '../protocol/json.ts';
import type { Lane, Path, PathKind } from '../transports/transport.ts';
import {
  type Chunk,
  type Frame,
  chunkBytes,
  decodeFrame,
  encodeFrame,
  maxChunkHeaderBytes,
  maxHeaderBytes,
} from './frame.ts';
import { type EncodedMessage, type Message, decodeMessage } from './message.ts';
import { Pairing } from './pairing.ts';
import { PathChoice } from './path-choice.ts';
import { type PathHealth, stampAt } from './path-health.ts';
import { ReceiveLane } from './receive-lane.ts';
import { ackDelayMs } from './rtt.ts';
import { SendLane } from './send-lane.ts';
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
/** Bulk that is acknowledged at once, without hoping for company. */
const ackEveryBytes = 32 * 1024;
/** What may wait for a member that does not answer. */
const maxWaitingOutOfReachBytes = 8 * 1024 * 1024;
const maxStuckMs = 30_000;
/** While anything is not acknowledged, time is looked at this often; what took longer was sleep and does not count. */
const checkEveryMs = 1_000;
const noticeEveryMs = 20;

/** Everything between this member and one other: ordered, once, over whatever paths are open (T1). */
export class Session {
  readonly #options: SessionOptions;
  readonly #pairing: Pairing;
  readonly #paths = new PathChoice();
  #send!: Record<Lane, SendLane>;
  #receive!: Record<Lane, ReceiveLane>;
  #announced: LinkState = { path: null, rttMs: null };
  /** The other side said that it left for good. */
  #departed = false;
  #closed = false;
  #soonScheduled = false;
  #overfull = false;
  #unackedBytes = 0;
  #ackDueMs: number | null = null;
  #timeouts = 0;
  #checkedMs: number;
  #noticeMs = -Infinity;
  #timer: { readonly atMs: number; readonly cancel: Undo } | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#pairing = new Pairing(options.nextNumber(), options.floor);
    this.#checkedMs = this.#now();
    this.#renewLanes();
  }

  state(): LinkState {
    const preferred = this.#paths.preferred(this.#now());
    return { path: preferred?.path.kind ?? null, rttMs: preferred?.rtt.smoothedMs ?? null };
  }

  /** Resolves when all of it is taken in the window. */
  send(message: EncodedMessage, lane: Lane): Promise<void> {
    if (this.#departed) return Promise.reject(this.#error('unknown-peer', 'it has left'));
    const waitingBytes = this.#send.urgent.waitingBytes + this.#send.bulk.waitingBytes;
    if (waitingBytes > maxWaitingOutOfReachBytes && this.#outOfReach()) this.#overfull = true;
    if (waitingBytes > 2 * this.#options.maxMessageBytes)
      return Promise.reject(this.#error('too-large', `${waitingBytes} bytes wait for it already; await earlier sends`));
    const taken = this.#send[lane].push(message);
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
    for (const lane of this.#sendLanes()) lane.pathLost(path);
    this.#soon();
  }

  pathDrained(): void {
    if (this.#send.bulk.busy) this.#flush();
  }

  frame(path: Path, bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (frame === null) return this.#options.events.onBadFrame('a frame that makes no sense');
    if (this.#belongs(path, frame)) this.#takeIn(path, frame);
    if (!this.#closed) this.#soon();
  }

  /** Last words: what is not acknowledged goes out once more on every path, the last frame saying goodbye. */
  goodbye(): void {
    this.#flush();
    const lastWords = this.#send.urgent.unacknowledged();
    for (const health of this.#paths.all) {
      let chunks: Chunk[] = [];
      let room = this.#roomInFrame();
      for (const chunk of lastWords) {
        if (chunkBytes(chunk) > room) {
          this.#sendFrame(health, 'urgent', { chunks });
          chunks = [];
          room = this.#roomInFrame();
        }
        chunks.push(chunk);
        room -= chunkBytes(chunk);
      }
      this.#sendFrame(health, 'urgent', { chunks, bye: true });
    }
  }

  /** Returns the `floor` for the next session with the same member. */
  close(code: ClusterErrorCode, reason: string): number {
    this.#closed = true;
    this.#timer?.cancel();
    for (const lane of this.#sendLanes()) lane.end(this.#error(code, reason));
    return this.#pairing.floor;
  }

  // What arrives

  /** Whether the frame speaks about this pair of sessions, after restarting this side where it has to. */
  #belongs(path: Path, frame: Frame): boolean {
    const verdict = this.#pairing.judge(frame, this.#receivedAny());
    if (verdict === 'restart') {
      this.#restart('the other side began anew', frame);
      return !frame.reset && this.#belongs(path, frame);
    }
    if (verdict === 'stale') this.#notice(path, frame.from);
    if (verdict === 'unaware') this.#owe(path);
    if (verdict === 'current') this.#departed = false;
    return verdict === 'current';
  }

  #takeIn(path: Path, frame: Frame): void {
    const now = this.#now();
    this.#paths.find(path)?.heard(frame, now);
    if (!this.#takeAcks(frame, now)) return this.#end('it acknowledged what was never sent');
    if (frame.ping) this.#owe(path);
    let messages: Uint8Array[];
    try {
      messages = this.#takeChunks(path, frame.chunks, now);
    } catch (error) {
      if (error instanceof Overrun) return this.#end(error.message);
      throw error;
    }
    this.#deliver(messages);
    if (frame.bye && !this.#closed) this.#depart();
  }

  #takeAcks(frame: Frame, now: number): boolean {
    if (frame.acks === null || frame.to !== this.#pairing.mine) return true;
    const rtt = this.#paths.preferred(now)?.rtt;
    for (const lane of this.#sendLanes()) {
      const { honest, bytes } = lane.acked(frame.acks[lane.lane], now, rtt?.smoothedMs ?? 0, rtt?.queueMs ?? 0);
      if (!honest) return false;
      if (bytes > 0) this.#timeouts = 0;
    }
    return true;
  }

  #takeChunks(path: Path, chunks: readonly Chunk[], now: number): Uint8Array[] {
    const messages: Uint8Array[] = [];
    let ackNow = false;
    for (const chunk of chunks) {
      const lane = this.#receive[chunk.lane];
      const completed = lane.take(chunk);
      if (completed !== null) messages.push(...completed);
      if (completed === null || lane.gap || chunk.lane === 'urgent') ackNow = true;
      this.#unackedBytes += chunk.bytes.byteLength;
    }
    if (chunks.length === 0) return messages;
    if (ackNow || this.#unackedBytes >= ackEveryBytes) this.#owe(path);
    else {
      const health = this.#paths.find(path);
      if (health) health.owesAck = true;
      this.#ackDueMs ??= now + ackDelayMs;
    }
    return messages;
  }

  #deliver(messages: readonly Uint8Array[]): void {
    const { events } = this.#options;
    const session = this.#pairing.mine;
    for (const bytes of messages) {
      if (this.#closed || this.#pairing.mine !== session) return;
      const message = readMessage(bytes);
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

  #renewLanes(): void {
    const { maxMessageBytes } = this.#options;
    this.#send = { urgent: new SendLane('urgent'), bulk: new SendLane('bulk') };
    this.#receive = {
      urgent: new ReceiveLane('urgent', maxMessageBytes),
      bulk: new ReceiveLane('bulk', maxMessageBytes),
    };
    this.#unackedBytes = 0;
    this.#ackDueMs = null;
    this.#timeouts = 0;
    this.#overfull = false;
  }

  #restart(reason: string, heard?: Frame): void {
    const used = this.#receivedAny() || this.#sendLanes().some((lane) => lane.touched);
    const before = this.#sendLanes();
    this.#pairing.restart(this.#options.nextNumber(), heard);
    this.#renewLanes();
    for (const lane of before) lane.end(this.#error('peer-reset', reason));
    if (used) this.#options.events.onReset();
  }

  /** Ends the session from this side and says so. */
  #end(reason: string): void {
    const theirs = this.#pairing.theirs;
    this.#restart(reason);
    if (theirs === 0 || this.#closed) return;
    for (const health of this.#paths.all) this.#sendNotice(health.path, theirs);
  }

  #depart(): void {
    this.#departed = true;
    const before = this.#sendLanes();
    this.#pairing.restart(this.#options.nextNumber());
    this.#renewLanes();
    for (const lane of before) lane.end(this.#error('unknown-peer', 'it has left'));
  }

  #receivedAny(): boolean {
    return this.#receive.urgent.touched || this.#receive.bulk.touched;
  }

  #outOfReach(): boolean {
    const preferred = this.#paths.preferred(this.#now());
    return preferred === null || preferred.suspect(this.#now());
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
    if (this.#closed) return;
    const now = this.#now();
    this.#loseSuspects(now);
    this.#sendLane('urgent', now);
    this.#sendLane('bulk', now);
    for (const health of this.#paths.doubtful(now))
      if (health.nextPingMs() <= now) this.#sendFrame(health, 'urgent', { ping: true });
    if (this.#ackDueMs !== null && this.#ackDueMs <= now)
      for (const health of this.#paths.all) if (health.owesAck) this.#sendFrame(health, 'urgent', {});
    this.#arm(now);
  }

  /** What was sent over a path that does not answer is sent over the one that replaces it. */
  #loseSuspects(now: number): void {
    const targets = this.#paths.targets(now);
    for (const health of this.#paths.all) {
      if (targets.includes(health) || !health.suspect(now)) continue;
      for (const lane of this.#sendLanes()) lane.pathLost(health.path);
    }
  }

  #sendLane(lane: Lane, now: number): void {
    const targets = this.#paths.targets(now);
    const first = targets[0];
    if (first === undefined) return;
    const fullBytes = lane === 'urgent' ? Infinity : maxBufferedBytes;
    while (first.path.bufferedBytes() < fullBytes) {
      const chunks = this.#collect(lane, first.path, now);
      if (chunks.length === 0) return;
      for (const health of targets) this.#sendFrame(health, lane, { chunks });
    }
  }

  #collect(lane: Lane, via: Path, now: number): Chunk[] {
    const chunks: Chunk[] = [];
    let room = this.#roomInFrame();
    while (room > maxChunkHeaderBytes) {
      const chunk = this.#send[lane].take(room - maxChunkHeaderBytes, via, now);
      if (chunk === null) break;
      chunks.push(chunk);
      room -= chunkBytes(chunk);
    }
    return chunks;
  }

  /** Fits every open path, so that what one lost another can carry. */
  #roomInFrame(): number {
    let most = maxFrameBytes;
    for (const { path } of this.#paths.all) most = Math.min(most, path.maxFrameBytes);
    return most - maxHeaderBytes;
  }

  #sendFrame(
    health: PathHealth,
    lane: Lane,
    content: { chunks?: readonly Chunk[]; ping?: boolean; bye?: boolean },
  ): void {
    const { chunks = [], ping = false, bye = false } = content;
    const now = this.#now();
    const heard = this.#pairing.theirs !== 0;
    const frame = encodeFrame({
      from: this.#pairing.mine,
      to: this.#pairing.theirs,
      reset: false,
      bye,
      ping,
      stamp: stampAt(now),
      echo: health.takeEcho(now),
      acks: heard ? { urgent: this.#receive.urgent.ack(), bulk: this.#receive.bulk.ack() } : null,
      chunks,
    });
    health.owesAck = false;
    if (ping || chunks.length > 0) health.asked(now, ping);
    if (!this.#paths.all.some((other) => other.owesAck)) {
      this.#ackDueMs = null;
      this.#unackedBytes = 0;
    }
    health.path.send(frame, lane);
  }

  /** An acknowledgement is due on this path at the end of the turn. */
  #owe(path: Path): void {
    const health = this.#paths.find(path);
    if (health) health.owesAck = true;
    this.#ackDueMs = -Infinity;
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
    const rest = { bye: false, ping: false, stamp: stampAt(this.#now()), echo: null, acks: null, chunks: [] };
    path.send(encodeFrame({ from: mine, to: theirs, reset: true, ...rest }), 'urgent');
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
    let dueMs = this.#ackDueMs ?? Infinity;
    for (const health of this.#paths.doubtful(now)) dueMs = Math.min(dueMs, health.nextPingMs());
    const first = this.#paths.preferred(now);
    if (first && this.#paths.all.length > 1 && !first.suspect(now))
      dueMs = Math.min(dueMs, first.suspectAtMs() ?? Infinity);
    for (const lane of this.#sendLanes()) {
      if (lane.busy) dueMs = Math.min(dueMs, now + checkEveryMs);
      const oldestMs = lane.oldestSentMs();
      if (oldestMs !== null) dueMs = Math.min(dueMs, oldestMs + this.#timeoutMs(now));
    }
    return dueMs;
  }

  #tick(): void {
    const now = this.#now();
    const elapsedMs = Math.min(now - this.#checkedMs, 2 * checkEveryMs);
    this.#checkedMs = now;
    // Both lanes age; one that is stuck ends the session.
    const stuckMs = Math.max(...this.#sendLanes().map((lane) => lane.stuckMs(elapsedMs)));
    if (stuckMs > maxStuckMs) this.#end(`nothing was confirmed for ${maxStuckMs / 1000} s`);
    this.#timeOut(now);
    this.#flush();
    this.#announce();
  }

  #timeOut(now: number): void {
    const timeoutMs = this.#timeoutMs(now);
    const late = this.#sendLanes().filter((lane) => (lane.oldestSentMs() ?? Infinity) + timeoutMs <= now);
    for (const lane of late) lane.timedOut(now - timeoutMs);
    if (late.length > 0) this.#timeouts++;
  }

  /** Doubles while nothing is acknowledged, up to a second: a link that heals is used again soon. */
  #timeoutMs(now: number): number {
    const preferred = this.#paths.preferred(now);
    return Math.min((preferred?.rtt.timeoutMs() ?? checkEveryMs) * 2 ** Math.min(this.#timeouts, 10), checkEveryMs);
  }

  #sendLanes(): readonly SendLane[] {
    return [this.#send.urgent, this.#send.bulk];
  }

  #now(): number {
    return this.#options.platform.clock.monotonicMs();
  }
}

function differs(a: number | null, b: number | null): boolean {
  if (a === null || b === null) return a !== b;
  return Math.abs(a - b) > 0.2 * b + 0.1;
}

/** A string says what is wrong with it. */
function readMessage(bytes: Uint8Array): Message | string {
  try {
    return decodeMessage(bytes) ?? 'a message that makes no sense';
  } catch (error) {
    if (error instanceof JsonError) return `a message whose JSON is refused: ${error.message}`;
    throw error;
  }
}
