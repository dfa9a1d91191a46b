import type { Member } from './member.ts';

/** What moving the timer has to spare at least. */
const sparedMs = 5;

/** The one timer that the driver keeps for the core. */
export class Timer {
  readonly #member: Member;
  #armedFor = Infinity;

  constructor(member: Member) {
    this.#member = member;
  }

  /**
   * It fired: how late is how this member's timers run. Later than any lease was a pause, and says nothing. One that was
   * hardly late does not say that the next one will not be: so that is forgotten only slowly.
   */
  noteTick(): void {
    const { now, limits, lateMs } = this.#member;
    const byMs = now.fast - this.#armedFor;
    this.#armedFor = Infinity;
    if (!(byMs >= 0) || byMs > limits.maxLeaseMs) return;
    this.#member.lateMs = byMs > lateMs ? byMs : lateMs + (byMs - lateMs) / 64;
  }

  /**
   * Asks to be woken by then. A timer that is armed for a little earlier is left alone: it finds nothing to do, and is
   * armed anew; that is cheaper than to move it with every message.
   */
  sleep(dueAt: number): void {
    if (dueAt >= this.#armedFor && dueAt < this.#armedFor + sparedMs) return;
    this.#armedFor = Math.max(dueAt, this.#member.now.fast);
    this.#member.effects.push({ type: 'wake', at: this.#armedFor });
  }
}
