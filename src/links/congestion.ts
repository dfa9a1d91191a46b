const startBytes = 64 * 1024;
const leastBytes = 16 * 1024;
/** Bulk may lengthen the round trip by so much: whatever is urgent waits in the same queues on the way. */
const targetQueueMs = 20;

/**
 * How much may be under way at once. Grows while the round trip stays near its shortest, and shrinks when queues build
 * up anywhere on the way, the receiver's event loop included, long before anything is lost (as LEDBAT does, RFC 6817).
 */
export class CongestionWindow {
  readonly #mostBytes: number;
  #bytes: number;
  #slowStart = true;
  #shrunkAtMs = -Infinity;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
    this.#bytes = Math.min(startBytes, mostBytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** `queueMs`: by how much the round trip is longer than its shortest. */
  acked(bytes: number, queueMs: number, nowMs: number, rttMs: number): void {
    if (queueMs > 2 * targetQueueMs) return this.lost(nowMs, rttMs);
    if (queueMs > targetQueueMs / 2) this.#slowStart = false;
    const room = (targetQueueMs - queueMs) / targetQueueMs;
    const growth = this.#slowStart ? bytes : (room * leastBytes * bytes) / this.#bytes;
    this.#bytes = Math.min(Math.max(this.#bytes + growth, leastBytes), this.#mostBytes);
  }

  /** Later chunks arrived and these did not, or the queue is far too long. Counts once per round trip. */
  lost(nowMs: number, rttMs: number): void {
    this.#slowStart = false;
    if (nowMs - this.#shrunkAtMs < rttMs) return;
    this.#shrunkAtMs = nowMs;
    this.#bytes = Math.max(this.#bytes * 0.7, leastBytes);
  }

  /** Nothing arrived at all. */
  silent(): void {
    this.#slowStart = true;
    this.#bytes = leastBytes;
  }
}
