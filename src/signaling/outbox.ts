import type { Platform, Undo } from '../platform/platform.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Lane } from '../protocol/lane.ts';
import { type Limits, defaultLimits } from '../protocol/limits.ts';
import { type RelayEntry, encodeRelayFrame, relayEntryBytes, relayHeaderBytes } from '../protocol/relay-frame.ts';
import { TokenBucket } from './token-bucket.ts';

export interface OutboxOptions {
  readonly platform: Pick<Platform, 'clock' | 'timers'>;
  /** Bytes that the socket has taken and the network has not. */
  readonly socketBytes: () => number;
  readonly send: (frame: Uint8Array<ArrayBuffer>) => void;
  /** Something for this member has left. */
  readonly onDrain: (peer: PeerId) => void;
}

/** Below what the server allows, so that its clock may run a little differently. */
const share = 0.9;
/** Bulk leaves this share of a burst to urgent frames and control messages. */
const reserve = 0.25;
/** Bulk goes out in frames of about one chunk: an urgent frame then waits behind no more than that. */
const bulkFrameBytes = 20 * 1024;
const maxSocketBytes = 64 * 1024;
const socketPollMs = 10;
/** What is over it is lost; sessions send it again. */
const maxQueuedBytes = 4 * 1024 * 1024;

/** What waits to be relayed: urgent entries first, as many as fit in a frame, below the server's rates. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #queues: Record<Lane, RelayEntry[]> = { urgent: [], bulk: [] };
  readonly #bytesByPeer = new Map<PeerId, number>();
  #limits: Limits = defaultLimits;
  #frames!: TokenBucket;
  #bytes!: TokenBucket;
  #queuedBytes = 0;
  #scheduled: Undo | null = null;
  #soon = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.reset(defaultLimits);
  }

  /** Begins anew on a fresh connection: what waited is lost. */
  reset(limits: Limits): void {
    const nowMs = this.#nowMs();
    this.#limits = limits;
    this.#frames = new TokenBucket(share * limits.messagesPerSecond, 1.5 * limits.messagesPerSecond, nowMs);
    this.#bytes = new TokenBucket(share * limits.bytesPerSecond, 1.5 * limits.bytesPerSecond, nowMs);
    this.#queues.urgent = [];
    this.#queues.bulk = [];
    this.#bytesByPeer.clear();
    this.#queuedBytes = 0;
    this.#scheduled?.();
    this.#scheduled = null;
  }

  queuedBytes(peer: PeerId): number {
    return this.#bytesByPeer.get(peer) ?? 0;
  }

  /** Goes out at the end of this turn, together with what else came until then, or as soon as the rates allow it. */
  push(entry: RelayEntry, lane: Lane): void {
    const bytes = relayEntryBytes(entry);
    if (this.#queuedBytes + bytes > maxQueuedBytes || relayHeaderBytes + bytes > this.#limits.maxFrameBytes) return;
    this.#queues[lane].push(entry);
    this.#account(entry.peer, bytes);
    this.#pumpSoon();
  }

  /** Counts what was sent, or will be charged for, past this queue. */
  charge(frames: number, bytes: number): void {
    this.#frames.charge(frames, this.#nowMs());
    this.#bytes.charge(bytes, this.#nowMs());
  }

  /** The server dropped something: it counts otherwise than we do. */
  slowDown(): void {
    this.#frames.empty(this.#nowMs());
    this.#bytes.empty(this.#nowMs());
  }

  /** Sends all that is urgent now: the rates leave room for last words. */
  flush(): void {
    while (this.#queues.urgent.length > 0) this.#sendFrame('urgent', this.#limits.maxFrameBytes);
  }

  #pumpSoon(): void {
    if (this.#soon || this.#scheduled) {
      // A timer that waits for bulk may be too late for what is urgent.
      if (this.#soon || this.#queues.urgent.length === 0) return;
      this.#scheduled?.();
      this.#scheduled = null;
    }
    this.#soon = true;
    queueMicrotask(() => {
      this.#soon = false;
      this.#pump();
    });
  }

  #pump(): void {
    for (;;) {
      const lane = this.#queues.urgent.length > 0 ? 'urgent' : 'bulk';
      if (this.#queues[lane].length === 0) return;
      const waitMs = this.#msUntilFree(lane);
      if (waitMs > 0) {
        // Whole milliseconds: a rest that is lost in rounding would be waited for again and again.
        this.#scheduled ??= this.#options.platform.timers.after(Math.ceil(waitMs), () => {
          this.#scheduled = null;
          this.#pump();
        });
        return;
      }
      const most = lane === 'bulk' ? bulkFrameBytes : this.#bytes.level(this.#nowMs());
      this.#sendFrame(lane, Math.min(this.#limits.maxFrameBytes, most));
    }
  }

  #msUntilFree(lane: Lane): number {
    if (lane === 'bulk' && this.#options.socketBytes() > maxSocketBytes) return socketPollMs;
    const { messagesPerSecond, bytesPerSecond } = this.#limits;
    const kept = lane === 'bulk' ? reserve : 0;
    const first = this.#queues[lane][0] as RelayEntry;
    const nowMs = this.#nowMs();
    return Math.max(
      this.#frames.msUntil(1 + kept * messagesPerSecond, nowMs),
      this.#bytes.msUntil(relayHeaderBytes + relayEntryBytes(first) + kept * bytesPerSecond, nowMs),
    );
  }

  #sendFrame(lane: Lane, mostBytes: number): void {
    const entries: RelayEntry[] = [];
    let bytes = relayHeaderBytes;
    const queue = this.#queues[lane];
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      const entryBytes = relayEntryBytes(first);
      if (entries.length > 0 && bytes + entryBytes > mostBytes) break;
      queue.shift();
      entries.push(first);
      bytes += entryBytes;
      this.#account(first.peer, -entryBytes);
    }
    this.charge(1, bytes);
    this.#options.send(encodeRelayFrame({ channel: 0, entries }));
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
