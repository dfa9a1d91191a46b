import type { Platform } from '../platform/platform.ts';

const baseMs = 500;
export const maxBackoffMs = 30_000;

/**
 * Exponential backoff with full jitter: before try n it waits anything up to 0.5 s × 2^n, at most 30 s. Many clients
 * that lost the same server so come back spread over time, the first of them at once.
 */
export class Backoff {
  readonly #randomBytes: Platform['randomBytes'];
  #failures = 0;

  constructor(randomBytes: Platform['randomBytes']) {
    this.#randomBytes = randomBytes;
  }

  /** How often it has failed since it last worked. */
  get failures(): number {
    return this.#failures;
  }

  nextMs(): number {
    const [high = 0, low = 0] = this.#randomBytes(2);
    return ((high * 256 + low) / 65_536) * Math.min(baseMs * 2 ** ++this.#failures, maxBackoffMs);
  }

  worked(): void {
    this.#failures = 0;
  }
}
