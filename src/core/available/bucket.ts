/** A token bucket: so much at once, and then one in every `everyMs`. */
export class Bucket {
  readonly #size: number;
  readonly #everyMs: number;
  #tokens: number;
  #filledAt = -Infinity;

  constructor(size: number, everyMs: number) {
    this.#size = size;
    this.#everyMs = everyMs;
    this.#tokens = size;
  }

  /** True if there is a token, or the matter is urgent.. */
  take(now: number, isUrgent: boolean): boolean {
    this.#tokens = Math.min(this.#size, this.#tokens + (now - this.#filledAt) / this.#everyMs);
    this.#filledAt = now;
    if (this.#tokens < 1 && !isUrgent) return false;
    this.#tokens = Math.max(0, this.#tokens - 1);
    return true;
  }

  /** When there is a token, by what was taken last. */
  readyAt(): number {
    return this.#filledAt + Math.max(0, 1 - this.#tokens) * this.#everyMs;
  }
}
