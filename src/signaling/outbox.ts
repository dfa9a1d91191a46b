import { TokenBucket } from '../core/token-bucket.ts';
import type { Platform, Socket, Undo } from '../platform/platform.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Lane } from '../protocol/lane.ts';
import type { ClientLimits } from '../protocol/limits.ts';
import { type RelayEntry, encodeRelayFrame, relayEntryBytes, relayHeaderBytes } from '../protocol/relay-frame.ts';

export interface OutboxOptions {
  readonly platform: Pick<Platform, 'clock' | 'timers'>;
  readonly limits: ClientLimits;
  readonly socket: Pick<Socket, 'send' | 'bufferedAmount' | 'readyState'>;
}

/** Below what the server allows, so that its clock may run a little differently. */
const share = 0.9;
/** So far ahead of the rates it may run at once, in milliseconds: what the server allows is 2 s. */
const burstMs = 1500;
/** Bulk leaves so much of that to urgent frames and control messages. */
const reserveMs = 250;
/** An urgent frame holds what the rate allows in this time, or one entry. */
const urgentFrameMs = 250;
/** Bulk goes out in frames of about one chunk: an urgent frame then waits behind no more than that. */
const bulkFrameBytes = 20 * 1024;
const maxSocketBytes = 64 * 1024;
const socketPollMs = 10;
/** Entries. What is over it is lost; sessions send it again, and hold bulk back long before. */
const maxQueued = 1024;

/** What waits to be relayed over one connection: urgent entries first, as many as fit in a frame, below its rates. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #queues: Readonly<Record<Lane, RelayEntry[]>> = { urgent: [], bulk: [] };
  readonly #frames: TokenBucket;
  readonly #bytes: TokenBucket;
  #cancelWait: Undo = () => undefined;
  #soon = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { messagesPerSecond, bytesPerSecond } = options.limits;
    [this.#frames, this.#bytes] = [bucketOf(messagesPerSecond), bucketOf(bytesPerSecond)];
  }

  queuedBytes(peer: PeerId): number {
    const entries = [...this.#queues.urgent, ...this.#queues.bulk].filter((entry) => entry.peer === peer);
    return entries.reduce((bytes, entry) => bytes + relayEntryBytes(entry), 0);
  }

  /** Goes out at the end of this turn, together with what else came until then, or as soon as the rates allow it. */
  push(entry: RelayEntry, lane: Lane): void {
    const { urgent, bulk } = this.#queues;
    const isTooLarge = relayHeaderBytes + relayEntryBytes(entry) > this.#options.limits.maxFrameBytes;
    if (isTooLarge || urgent.length + bulk.length >= maxQueued) return;
    this.#queues[lane].push(entry);
    if (this.#soon) return;
    this.#soon = true;
    queueMicrotask(() => {
      this.#soon = false;
      this.#pump();
    });
  }

  /** Counts what was sent, or will be charged for, past this queue. */
  charge(frames: number, bytes: number): void {
    this.#frames.charge(frames, this.#nowMs());
    this.#bytes.charge(bytes, this.#nowMs());
  }

  /** The server dropped something: it counts otherwise than we do. */
  slowDown(): void {
    for (const bucket of [this.#frames, this.#bytes])
      bucket.charge(Math.max(0, bucket.level(this.#nowMs())), this.#nowMs());
  }

  /** Sends all that is urgent now: the rates leave room for last words. */
  flush(): void {
    while (this.#queues.urgent.length > 0) this.#sendFrame('urgent', Infinity);
  }

  /** What waits is lost. */
  stop(): void {
    this.#cancelWait();
    this.#queues.urgent.length = this.#queues.bulk.length = 0;
  }

  #pump(): void {
    this.#cancelWait();
    for (;;) {
      const lane = this.#queues.urgent.length > 0 ? 'urgent' : 'bulk';
      const [first] = this.#queues[lane];
      if (first === undefined) return;
      const waitMs = this.#msUntilFree(lane, relayHeaderBytes + relayEntryBytes(first));
      if (waitMs > 0) {
        // Whole milliseconds: a rest that is lost in rounding would be waited for again and again.
        this.#cancelWait = this.#options.platform.timers.after(Math.ceil(waitMs), () => this.#pump());
        return;
      }
      const urgentBytes = (this.#options.limits.bytesPerSecond * urgentFrameMs) / 1000;
      this.#sendFrame(lane, lane === 'bulk' ? bulkFrameBytes : urgentBytes);
    }
  }

  #msUntilFree(lane: Lane, bytes: number): number {
    const { socket, limits } = this.#options;
    const bulk = lane === 'bulk';
    if (bulk && socket.bufferedAmount > maxSocketBytes) return socketPollMs;
    const reserveS = bulk ? (share * reserveMs) / 1000 : 0;
    const frames = this.#frames.readyAt(1 + limits.messagesPerSecond * reserveS);
    return Math.max(frames, this.#bytes.readyAt(bytes + limits.bytesPerSecond * reserveS)) - this.#nowMs();
  }

  #sendFrame(lane: Lane, mostBytes: number): void {
    const { limits, socket } = this.#options;
    const queue = this.#queues[lane];
    let bytes = relayHeaderBytes;
    let count = 0;
    for (const entry of queue) {
      const withIt = bytes + relayEntryBytes(entry);
      if (count > 0 && withIt > Math.min(mostBytes, limits.maxFrameBytes)) break;
      bytes = withIt;
      count++;
    }
    const entries = queue.splice(0, count);
    this.charge(1, bytes);
    if (socket.readyState === 1) socket.send(encodeRelayFrame({ channel: 0, entries }));
  }

  #nowMs(): number {
    return this.#options.platform.clock.monotonicMs();
  }
}

/** For a rate of the server's. */
function bucketOf(perSecond: number): TokenBucket {
  return new TokenBucket(share * perSecond, (share * perSecond * burstMs) / 1000);
}
