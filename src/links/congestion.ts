import type { PathHealth } from './path-health.ts';

const startBytes = 64 * 1024;
const leastBytes = 16 * 1024;
/** Bulk may lengthen the round trip by so much, or by half: whatever is urgent waits in the same queues on the way. */
const leastQueueMs = 20;

/**
 * How much may be under way at once. Grows while the round trip stays near its shortest, and shrinks when queues build
 * up anywhere on the way, the receiver's event loop included, long before anything is lost (as LEDBAT does, RFC 6817).
 */
export class CongestionWindow {
  readonly #mostBytes: number;
  #bytes = startBytes;
  #slowStart = true;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** `queueMs`: by how much the round trip is longer than its shortest, `leastMs`. */
  acked(bytes: number, { queueMs, leastMs }: Pick<PathHealth, 'queueMs' | 'leastMs'>): void {
    const targetMs = Math.max(leastQueueMs, leastMs / 2);
    const room = 1 - queueMs / targetMs;
    if (room < 1 / 2) this.#slowStart = false;
    // News of a queue is a round trip old: the longer that is, the gentler the hand.
    const gain = this.#slowStart ? 1 : (room * targetMs) / (2 * (targetMs + leastMs));
    this.#set(this.#bytes + Math.max(gain, -1 / 2) * bytes);
  }

  /** Nothing arrived at all. */
  silent(): void {
    this.#slowStart = true;
    this.#set(0);
  }

  #set(bytes: number): void {
    this.#bytes = Math.min(Math.max(bytes, leastBytes), this.#mostBytes);
  }
}
