const fallbackMs = 500;
/** Receivers hold acknowledgements back for so long, hoping for company. */
export const ackDelayMs = 25;

/** Smoothed round trip and its deviation (RFC 6298, with the deviation weighed as there). */
export class RttEstimate {
  #smoothedMs: number | null = null;
  #deviationMs = 0;
  #newestMs = 0;
  /** The shortest of the last one to two hundred samples: older ones may speak of another route. */
  #leastMs = Infinity;
  #nextLeastMs = Infinity;
  #samples = 0;

  get smoothedMs(): number | null {
    return this.#smoothedMs;
  }

  /** By how much the newest round trip was longer than the shortest: time spent in queues. */
  get queueMs(): number {
    return this.#samples === 0 ? 0 : this.#newestMs - this.#leastMs;
  }

  sample(rttMs: number): void {
    this.#noteLeast(rttMs);
    if (this.#smoothedMs === null) {
      this.#smoothedMs = rttMs;
      this.#deviationMs = rttMs / 2;
      return;
    }
    this.#deviationMs += (Math.abs(rttMs - this.#smoothedMs) - this.#deviationMs) / 4;
    this.#smoothedMs += (rttMs - this.#smoothedMs) / 8;
  }

  #noteLeast(rttMs: number): void {
    this.#newestMs = rttMs;
    this.#leastMs = Math.min(this.#leastMs, rttMs);
    this.#nextLeastMs = Math.min(this.#nextLeastMs, rttMs);
    if (++this.#samples % 100 !== 0) return;
    this.#leastMs = this.#nextLeastMs;
    this.#nextLeastMs = Infinity;
  }

  /** What was sent longer ago than this and is not acknowledged is taken for lost. */
  timeoutMs(): number {
    if (this.#smoothedMs === null) return fallbackMs;
    return clamp(this.#smoothedMs + Math.max(4 * this.#deviationMs, 10) + ackDelayMs, 60, 1000);
  }

  /** A path that has not answered for longer than this is not relied on: a few round trips. */
  suspicionMs(): number {
    if (this.#smoothedMs === null) return fallbackMs;
    return clamp(2 * this.#smoothedMs + 4 * this.#deviationMs + 2 * ackDelayMs, 100, 1000);
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
