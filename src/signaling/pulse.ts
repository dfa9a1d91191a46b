export interface PulseParts {
  nowMs(): number;
  /** One timer, in the place of the one before. */
  after(delayMs: number, run: () => void): void;
  ping(nonce: number): void;
  /** The last ping was answered. */
  onAnswered(): void;
  onSilent(forMs: number): void;
}

/** The pings of a connection: they keep it alive, prove contact, and show its death. */
export class Pulse {
  readonly #parts: PulseParts;
  #everyMs = 0;
  #patienceMs = 0;
  /** An answer to a ping before the last one says nothing of the time since. */
  #nonce = 0;
  #isHeard = false;
  #isAnswered = false;

  constructor(parts: PulseParts) {
    this.#parts = parts;
  }

  /** A ping every so often; the connection is dead if nothing is heard for so long after one. */
  begin(everyMs: number, patienceMs: number): void {
    this.#everyMs = everyMs;
    this.#patienceMs = patienceMs;
    this.#pingAfter(everyMs);
  }

  /** Something has come. */
  heard(): void {
    this.#isHeard = true;
  }

  ponged(nonce: number): void {
    if (nonce !== this.#nonce) return;
    this.#isAnswered = true;
    this.#parts.onAnswered();
  }

  #pingAfter(delayMs: number): void {
    this.#parts.after(delayMs, () => {
      this.#isHeard = this.#isAnswered = false;
      this.#parts.ping(++this.#nonce);
      this.#await(this.#parts.nowMs());
    });
  }

  /**
   * A slow answer is waited for, rather than asked for again: where round trips are longer than pings are apart, none
   * would ever be to the last one. A late timer means no more than that this member was asleep: then it asks once more.
   */
  #await(pingedMs: number): void {
    const { nowMs, after } = this.#parts;
    const fromMs = nowMs();
    after(this.#everyMs / 2, () => {
      const isLate = nowMs() - fromMs > this.#everyMs;
      const isOver = nowMs() - pingedMs >= this.#patienceMs - 1;
      if (this.#isAnswered || isLate || (isOver && this.#isHeard)) return this.#pingAfter(this.#everyMs / 2);
      if (isOver) return this.#parts.onSilent(this.#patienceMs);
      this.#await(pingedMs);
    });
  }
}
