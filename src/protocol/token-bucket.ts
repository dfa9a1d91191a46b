/**
 * Lets `perSecond` pass on the long run and `burst` at once. What may not be there can be taken all the same: the debt,
 * at most `maxDebt`, is paid off before anything else passes. Times may come out of order; none pays twice.
 */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #maxDebt: number;
  #level: number;
  #filledMs: number;

  constructor(perSecond: number, burst: number, nowMs: number, maxDebt: number = Infinity) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#maxDebt = maxDebt;
    this.#level = burst;
    this.#filledMs = nowMs;
  }

  /** Below 0 while there is a debt. */
  level(nowMs: number): number {
    const gained = (Math.max(0, nowMs - this.#filledMs) / 1000) * this.#perSecond;
    this.#filledMs = Math.max(this.#filledMs, nowMs);
    return (this.#level = Math.min(this.#burst, this.#level + gained));
  }

  charge(amount: number, nowMs: number): void {
    this.#level = Math.max(-this.#maxDebt, this.level(nowMs) - amount);
  }

  /** Takes `amount` if all of it is there. */
  take(amount: number, nowMs: number): boolean {
    if (this.level(nowMs) < amount) return false;
    this.#level -= amount;
    return true;
  }

  /** How long until the level is `amount`; 0 where it is already. Never longer than it takes to fill up. */
  msUntil(amount: number, nowMs: number): number {
    return Math.max(0, ((Math.min(amount, this.#burst) - this.level(nowMs)) / this.#perSecond) * 1000);
  }
}
