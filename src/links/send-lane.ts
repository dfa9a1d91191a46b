import type { Lane } from '../transports/transport.ts';
import { CongestionWindow } from './congestion.ts';
import type { Ack, Chunk } from './frame.ts';
import type { EncodedMessage } from './message.ts';
import { laneWindowBytes, maxChunkBytes, maxChunksUnderWay } from './window.ts';

interface Waiting {
  readonly message: EncodedMessage;
  sentBytes: number;
  readonly taken: () => void;
  readonly refused: (error: Error) => void;
}

interface Sent {
  readonly chunk: Chunk;
  readonly via: unknown;
  readonly sentMs: number;
}

/** One direction of one lane, at the sender: what waits, what is under way, and what has to be sent once more. */
export class SendLane {
  readonly lane: Lane;
  readonly #congestion: CongestionWindow;
  readonly #waiting: Waiting[] = [];
  /** By number; in the order of their last sending. */
  readonly #underWay = new Map<number, Sent>();
  readonly #lost = new Map<number, Chunk>();
  #waitingBytes = 0;
  #underWayBytes = 0;
  #nextSeq = 0;
  /** Every chunk below it is acknowledged. */
  #ackedSeq = 0;
  #sentBytes = 0;
  #limitBytes: number;
  #stuckMs = 0;

  constructor(lane: Lane) {
    this.lane = lane;
    this.#limitBytes = laneWindowBytes[lane];
    this.#congestion = new CongestionWindow(laneWindowBytes[lane]);
  }

  /** Bytes of messages that no window has taken yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Whether anything was ever given to it. */
  get touched(): boolean {
    return this.#nextSeq > 0 || this.#waiting.length > 0;
  }

  /** Whether anything waits or is not acknowledged. */
  get busy(): boolean {
    return this.#waiting.length > 0 || this.#underWay.size > 0 || this.#lost.size > 0;
  }

  /** When the chunk that has been under way for longest was sent; `Infinity` where none is. */
  oldestSentMs(): number {
    for (const { sentMs } of this.#underWay.values()) return sentMs;
    return Infinity;
  }

  /** For how long nothing has been acknowledged while something should have been, after `elapsedMs` more of it. */
  stuckMs(elapsedMs: number): number {
    return (this.#stuckMs = this.busy ? this.#stuckMs + elapsedMs : 0);
  }

  push(message: EncodedMessage): Promise<void> {
    this.#waitingBytes += message.head.byteLength + message.body.byteLength;
    return new Promise((taken, refused) => this.#waiting.push({ message, sentBytes: 0, taken, refused }));
  }

  /** The next chunk of at most `maxBytes` for the path `via`, or `null` where nothing may be sent now. */
  take(maxBytes: number, via: unknown, nowMs: number): Chunk | null {
    const chunk = this.#takeLost(maxBytes) ?? this.#takeFresh(maxBytes);
    if (chunk === null) return null;
    this.#underWay.set(chunk.seq, { chunk, via, sentMs: nowMs });
    this.#underWayBytes += chunk.bytes.byteLength;
    return chunk;
  }

  /** Takes in what the receiver says. False where no honest receiver could say it. */
  acked(ack: Ack, nowMs: number, rttMs: number, queueMs: number): { readonly honest: boolean; readonly bytes: number } {
    const end = ack.ranges.at(-1)?.[1] ?? ack.next;
    if (end > this.#nextSeq) return { honest: false, bytes: 0 };
    this.#limitBytes = Math.max(
      this.#limitBytes,
      Math.min(ack.limitBytes, this.#sentBytes + laneWindowBytes[this.lane]),
    );
    let bytes = 0;
    let newestSentMs = -Infinity;
    const confirm = (seq: number): void => {
      const sent = this.#underWay.get(seq);
      bytes += sent?.chunk.bytes.byteLength ?? this.#lost.get(seq)?.bytes.byteLength ?? 0;
      if (sent) newestSentMs = Math.max(newestSentMs, sent.sentMs);
      this.#forget(seq);
    };
    for (let seq = this.#ackedSeq; seq < ack.next; seq++) confirm(seq);
    this.#ackedSeq = Math.max(this.#ackedSeq, ack.next);
    for (const [first, rangeEnd] of ack.ranges)
      for (let seq = Math.max(first, this.#ackedSeq); seq < rangeEnd; seq++) confirm(seq);
    if (bytes > 0) {
      this.#congestion.acked(bytes, queueMs, nowMs, rttMs);
      this.#stuckMs = 0;
    }
    const patienceMs = rttMs + Math.max(rttMs / 4, 5);
    const overtaken = (sent: Sent): boolean => sent.sentMs < newestSentMs && nowMs - sent.sentMs > patienceMs;
    if (this.#lose(overtaken) > 0) this.#congestion.lost(nowMs, rttMs);
    return { honest: true, bytes };
  }

  /** Everything that was sent over `via` has to be sent once more. */
  pathLost(via: unknown): void {
    this.#lose((sent) => sent.via === via);
  }

  /** Whatever was sent before `beforeMs` has to be sent once more. */
  timedOut(beforeMs: number): void {
    if (this.#lose((sent) => sent.sentMs <= beforeMs) > 0) this.#congestion.silent();
  }

  /** Everything that is not acknowledged, for last words. */
  unacknowledged(): Chunk[] {
    return [...this.#lost.values(), ...[...this.#underWay.values()].map((sent) => sent.chunk)];
  }

  /** Refuses what waits. */
  end(error: Error): void {
    for (const { refused } of this.#waiting.splice(0)) refused(error);
  }

  #takeLost(maxBytes: number): Chunk | null {
    for (const [seq, chunk] of this.#lost) {
      if (chunk.bytes.byteLength > maxBytes || !this.#hasRoom(chunk.bytes.byteLength)) return null;
      this.#lost.delete(seq);
      return chunk;
    }
    return null;
  }

  #takeFresh(maxBytes: number): Chunk | null {
    const head = this.#waiting[0];
    if (head === undefined || this.#lost.size > 0) return null;
    const total = head.message.head.byteLength + head.message.body.byteLength;
    const length = Math.min(maxBytes, maxChunkBytes, total - head.sentBytes);
    if (length < leastChunkBytes && length < total - head.sentBytes) return null;
    if (this.#sentBytes + length > this.#limitBytes || !this.#hasRoom(length)) return null;
    if (this.#nextSeq - this.#ackedSeq >= maxChunksUnderWay) return null;
    const chunk = { lane: this.lane, seq: this.#nextSeq++, bytes: cut(head.message, head.sentBytes, length) };
    head.sentBytes += length;
    this.#sentBytes += length;
    this.#waitingBytes -= length;
    if (head.sentBytes === total) {
      this.#waiting.shift();
      head.taken();
    }
    return chunk;
  }

  #hasRoom(bytes: number): boolean {
    return this.#underWayBytes === 0 || this.#underWayBytes + bytes <= this.#congestion.bytes;
  }

  #forget(seq: number): void {
    const sent = this.#underWay.get(seq);
    if (sent) this.#underWayBytes -= sent.chunk.bytes.byteLength;
    this.#underWay.delete(seq);
    this.#lost.delete(seq);
  }

  #lose(isLost: (sent: Sent) => boolean): number {
    let count = 0;
    for (const [seq, sent] of this.#underWay) {
      if (!isLost(sent)) continue;
      this.#forget(seq);
      this.#lost.set(seq, sent.chunk);
      count++;
    }
    return count;
  }
}

/** The first chunk of a message must hold the length of the message. */
const leastChunkBytes = 16;

/** A copy: the sender may reuse its bytes once all are cut. */
function cut({ head, body }: EncodedMessage, from: number, length: number): Uint8Array {
  const headEnd = head.byteLength;
  const bytes = new Uint8Array(length);
  if (from >= headEnd) {
    bytes.set(body.subarray(from - headEnd, from - headEnd + length));
    return bytes;
  }
  bytes.set(head.subarray(from, from + length));
  const bodyLength = from + length - headEnd;
  if (bodyLength > 0) bytes.set(body.subarray(0, bodyLength), headEnd - from);
  return bytes;
}
