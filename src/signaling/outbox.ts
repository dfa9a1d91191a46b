import type { Platform, Undo } from '../platform/platform.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Lane } from '../protocol/lane.ts';
import type { ClientLimits } from '../protocol/limits.ts';
import { type RelayEntry, encodeRelayFrame, relayEntryBytes, relayHeaderBytes } from '../protocol/relay-frame.ts';
import { TokenBucket } from '../protocol/token-bucket.ts';

export interface OutboxOptions {
  readonly platform: Pick<Platform, 'clock' | 'timers'>;
  readonly limits: ClientLimits;
  /** Bytes that the socket has taken and the network has not. */
  readonly socketBytes: () => number;
  readonly send: (frame: Uint8Array<ArrayBuffer>) => void;
  /** Something for this member has left. */
  readonly onDrain: (peer: PeerId) => void;
}

/** Below what the server allows, so that its clock may run a little differently. */
const share = 0.9;
const burst = 1.5;
/** Bulk leaves this share of a second to urgent frames and control messages. */
const reserve = 0.25;
/** Bulk goes out in frames of about one chunk: an urgent frame then waits behind no more than that. */
const bulkFrameBytes = 20 * 1024;
const maxSocketBytes = 64 * 1024;
const socketPollMs = 10;
/** What is over it is lost; sessions send it again. */
const maxQueuedBytes = 4 * 1024 * 1024;

/** What waits to be relayed over one connection: urgent entries first, as many as fit in a frame, below its rates. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #queues: Readonly<Record<Lane, RelayEntry[]>> = { urgent: [], bulk: [] };
  readonly #bytesByPeer = new Map<PeerId, number>();
  readonly #frames: TokenBucket;
  readonly #bytes: TokenBucket;
  #queuedBytes = 0;
  #cancelWait: Undo = () => undefined;
  #soon = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { messagesPerSecond, bytesPerSecond } = options.limits;
    const bucket = (perSecond: number): TokenBucket =>
      new TokenBucket(share * perSecond, burst * perSecond, this.#nowMs());
    this.#frames = bucket(messagesPerSecond);
    this.#bytes = bucket(bytesPerSecond);
  }

  queuedBytes(peer: PeerId): number {
    return this.#bytesByPeer.get(peer) ?? 0;
  }

  /** Goes out at the end of this turn, together with what else came until then, or as soon as the rates allow it. */
  push(entry: RelayEntry, lane: Lane): void {
    const bytes = relayEntryBytes(entry);
    const { maxFrameBytes } = this.#options.limits;
    if (this.#queuedBytes + bytes > maxQueuedBytes || relayHeaderBytes + bytes > maxFrameBytes) return;
    this.#queues[lane].push(entry);
    this.#account(entry.peer, bytes);
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
    const nowMs = this.#nowMs();
    this.charge(Math.max(0, this.#frames.level(nowMs)), Math.max(0, this.#bytes.level(nowMs)));
  }

  /** Sends all that is urgent now: the rates leave room for last words. */
  flush(): void {
    while (this.#queues.urgent.length > 0) this.#sendFrame('urgent', this.#options.limits.maxFrameBytes);
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
      const most = lane === 'bulk' ? bulkFrameBytes : this.#bytes.level(this.#nowMs());
      this.#sendFrame(lane, Math.min(this.#options.limits.maxFrameBytes, most));
    }
  }

  #msUntilFree(lane: Lane, bytes: number): number {
    const { socketBytes, limits } = this.#options;
    if (lane === 'bulk' && socketBytes() > maxSocketBytes) return socketPollMs;
    const kept = lane === 'bulk' ? reserve : 0;
    const nowMs = this.#nowMs();
    return Math.max(
      this.#frames.msUntil(1 + kept * limits.messagesPerSecond, nowMs),
      this.#bytes.msUntil(bytes + kept * limits.bytesPerSecond, nowMs),
    );
  }

  #sendFrame(lane: Lane, mostBytes: number): void {
    const queue = this.#queues[lane];
    let bytes = relayHeaderBytes;
    let count = 0;
    for (const entry of queue) {
      const withIt = bytes + relayEntryBytes(entry);
      if (count > 0 && withIt > mostBytes) break;
      bytes = withIt;
      count++;
    }
    const entries = queue.splice(0, count);
    this.charge(1, bytes);
    this.#options.send(encodeRelayFrame({ channel: 0, entries }));
    for (const entry of entries) this.#account(entry.peer, -relayEntryBytes(entry));
    for (const peer of new Set(entries.map((entry) => entry.peer))) this.#options.onDrain(peer);
  }

  #account(peer: PeerId, bytes: number): void {
    this.#queuedBytes += bytes;
    const left = this.queuedBytes(peer) + bytes;
    if (left === 0) this.#bytesByPeer.delete(peer);
    else this.#bytesByPeer.set(peer, left);
  }

  #nowMs(): number {
    return this.#options.platform.clock.monotonicMs();
  }
}
