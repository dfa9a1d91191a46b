/** Lets `perSecond` pass on the long run and `burst` at once. */
export class TokenBucket {
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

  level(nowMs: number): number {
    this.#fill(nowMs);
    return this.#level;
  }

  /** Takes what may not be there: the debt is paid off before anything else passes. */
  charge(amount: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#level -= amount;
  }

  empty(nowMs: number): void {
    this.#fill(nowMs);
    this.#level = Math.min(this.#level, 0);
  }

  /** How long until the level is `amount`; 0 where it is already. Never longer than it takes to fill up. */
  msUntil(amount: number, nowMs: number): number {
    this.#fill(nowMs);
    return Math.max(0, ((Math.min(amount, this.#burst) - this.#level) / this.#perSecond) * 1000);
  }

  #fill(nowMs: number): void {
    const gained = (Math.max(0, nowMs - this.#filledMs) / 1000) * this.#perSecond;
    this.#level = Math.min(this.#burst, this.#level + gained);
    this.#filledMs = nowMs;
  }
}
