import type { Lane } from '../transports/transport.ts';
import { type Ack, type Chunk, maxAckRanges } from './frame.ts';
import { Reassembly } from './reassembly.ts';
import { Overrun, laneWindowBytes, maxChunksUnderWay } from './window.ts';

/** One direction of one lane, at the receiver: puts chunks in order, once each, and messages together. */
export class ReceiveLane {
  readonly #windowBytes: number;
  readonly #reassembly: Reassembly;
  readonly #early = new Map<number, Uint8Array>();
  #earlyBytes = 0;
  #next = 0;
  #inOrderBytes = 0;

  constructor(lane: Lane, maxMessageBytes: number) {
    this.#windowBytes = laneWindowBytes[lane];
    this.#reassembly = new Reassembly(maxMessageBytes);
  }

  /** Whether anything has ever arrived. */
  get touched(): boolean {
    return this.#next > 0 || this.#early.size > 0;
  }

  /** Whether chunks are missing before some that arrived. */
  get gap(): boolean {
    return this.#early.size > 0;
  }

  /** Takes a chunk and returns the messages that it completes. `null`: it had arrived before. Throws `Overrun`. */
  take(chunk: Chunk): Uint8Array[] | null {
    if (chunk.seq < this.#next || this.#early.has(chunk.seq)) return null;
    if (chunk.seq >= this.#next + maxChunksUnderWay || this.#earlyBytes + chunk.bytes.byteLength > this.#windowBytes)
      throw new Overrun('more than the window that was granted');
    this.#early.set(chunk.seq, chunk.bytes);
    this.#earlyBytes += chunk.bytes.byteLength;
    const messages: Uint8Array[] = [];
    for (let bytes = this.#takeNext(); bytes !== undefined; bytes = this.#takeNext()) {
      const message = this.#reassembly.push(bytes);
      if (message !== null) messages.push(message);
    }
    return messages;
  }

  ack(): Ack {
    return { next: this.#next, limitBytes: this.#inOrderBytes + this.#windowBytes, ranges: this.#ranges() };
  }

  #takeNext(): Uint8Array | undefined {
    const bytes = this.#early.get(this.#next);
    if (bytes === undefined) return undefined;
    this.#early.delete(this.#next++);
    this.#earlyBytes -= bytes.byteLength;
    this.#inOrderBytes += bytes.byteLength;
    return bytes;
  }

  #ranges(): [number, number][] {
    if (this.#early.size === 0) return [];
    const ranges: [number, number][] = [];
    for (const seq of [...this.#early.keys()].toSorted((a, b) => a - b)) {
      const last = ranges.at(-1);
      if (last?.[1] === seq) last[1]++;
      else if (ranges.length === maxAckRanges) break;
      else ranges.push([seq, seq + 1]);
    }
    return ranges;
  }
}
