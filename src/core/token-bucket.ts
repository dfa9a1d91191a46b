/**
 * Lets `perSecond` pass on the long run and `burst` at once. What may not be there can be taken all the same: the debt,
 * at most `maxDebt`, is paid off before anything else passes. Times may come out of order; none pays twice.
 */
export class TokenBucket {
  readonly #msEach: number;
  readonly #burst: number;
  readonly #maxDebt: number;
  /** When all that was taken so far will be paid for. */
  #paidMs = -Infinity;

  constructor(perSecond: number, burst: number, maxDebt: number = Infinity) {
    this.#msEach = 1000 / perSecond;
    this.#burst = burst;
    this.#maxDebt = maxDebt;
  }

  /** Below 0 while there is a debt. */
  level(nowMs: number): number {
    return this.#burst - Math.max(0, this.#paidMs - nowMs) / this.#msEach;
  }

  charge(amount: number, nowMs: number): void {
    const mostMs = nowMs + (this.#burst + this.#maxDebt) * this.#msEach;
    this.#paidMs = Math.min(Math.max(this.#paidMs, nowMs) + amount * this.#msEach, mostMs);
  }

  /** Takes `amount` if all of it is there. */
  take(amount: number, nowMs: number): boolean {
    const isThere = this.level(nowMs) >= amount;
    if (isThere) this.charge(amount, nowMs);
    return isThere;
  }

  /** When the level is `amount`. Never later than it takes to fill up. */
  readyAt(amount: number): number {
    return this.#paidMs - Math.max(0, this.#burst - amount) * this.#msEach;
  }
}
