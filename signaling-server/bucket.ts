/** A token bucket: `perSecond` sustained, bursts of `burst` at once. */
export class Bucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #level: number;
  #filledMs: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#level = burst;
    this.#filledMs = nowMs;
  }

  holds(amount: number, nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#level >= amount;
  }

  /** Takes what may not be there: the debt, at most one burst, is paid off before anything else passes. */
  charge(amount: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#level = Math.max(-this.#burst, this.#level - amount);
  }

  /** Takes `amount` if all of it is there. */
  take(amount: number, nowMs: number): boolean {
    if (!this.holds(amount, nowMs)) return false;
    this.#level -= amount;
    return true;
  }

  #fill(nowMs: number): void {
    const gained = ((nowMs - this.#filledMs) / 1000) * this.#perSecond;
    this.#level = Math.min(this.#burst, this.#level + Math.max(0, gained));
    this.#filledMs = Math.max(this.#filledMs, nowMs);
  }
}
