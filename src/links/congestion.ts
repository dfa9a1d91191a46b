const startBytes = 64 * 1024;
const leastBytes = 16 * 1024;

/** How much may be under way at once: grows while acknowledgements come, shrinks on loss (RFC 5681, in bytes). */
export class CongestionWindow {
  readonly #mostBytes: number;
  #bytes: number;
  #slowStartBelow = Infinity;
  #shrunkAtMs = -Infinity;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
    this.#bytes = Math.min(startBytes, mostBytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  acked(bytes: number): void {
    const growth = this.#bytes < this.#slowStartBelow ? bytes : (leastBytes * bytes) / this.#bytes;
    this.#bytes = Math.min(this.#bytes + growth, this.#mostBytes);
  }

  /** Later chunks arrived and these did not. Once per round trip. */
  lost(nowMs: number, rttMs: number): void {
    if (nowMs - this.#shrunkAtMs < rttMs) return;
    this.#shrunkAtMs = nowMs;
    this.#bytes = Math.max(this.#bytes * 0.7, leastBytes);
    this.#slowStartBelow = this.#bytes;
  }

  /** Nothing arrived at all. */
  silent(): void {
    this.#slowStartBelow = Math.max(this.#bytes / 2, leastBytes);
    this.#bytes = leastBytes;
  }
}
