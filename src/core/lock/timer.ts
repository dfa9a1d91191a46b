import type { Member } from './member.ts';

/** The one timer that the driver keeps for the core. */
export class Timer {
  readonly #member: Member;
  #armedFor = Infinity;

  constructor(member: Member) {
    this.#member = member;
  }

  /** It fired. */
  noteTick(): void {
    this.#member.timers.note(this.#member.now.fast - this.#armedFor);
    this.#armedFor = Infinity;
  }

  sleep(dueAt: number): void {
    if (dueAt === this.#armedFor) return;
    this.#armedFor = Math.max(dueAt, this.#member.now.fast);
    this.#member.effects.push({ type: 'wake', at: this.#armedFor });
  }
}
