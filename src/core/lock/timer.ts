import type { Member } from './member.ts';
import { longestLatenessMs } from './pace.ts';

/** The one timer that the driver keeps for the core. */
export class Timer {
  readonly #member: Member;
  #armedFor = Infinity;
  #lateBefore = 0;

  constructor(member: Member) {
    this.#member = member;
  }

  /** It fired. Once late is a pause; as late as the time before is how this member's timers run. */
  noteTick(): void {
    const byMs = this.#member.now.fast - this.#armedFor;
    this.#armedFor = Infinity;
    if (!(byMs >= 0) || byMs > longestLatenessMs) return;
    this.#member.lateMs = Math.min(byMs, this.#lateBefore);
    this.#lateBefore = byMs;
  }

  sleep(dueAt: number): void {
    if (dueAt === this.#armedFor) return;
    this.#armedFor = Math.max(dueAt, this.#member.now.fast);
    this.#member.effects.push({ type: 'wake', at: this.#armedFor });
  }
}
