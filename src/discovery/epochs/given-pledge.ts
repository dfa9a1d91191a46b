import type { Timers, Undo } from '../../platform/platform.ts';
import type { Pledge } from '../../protocol/standing.ts';

/** A server that lost its memory has not asked for the pledge that was given, and has to see that it may. */
const standAgainMs = 3_000;

/** The pledge that this member has given, for as long as no later epoch was seen. What was pledged stays so. */
export class GivenPledge {
  readonly #timers: Timers;
  readonly #say: (type: 'standing' | 'pledge', pledge: Pledge) => void;
  #pledge: Pledge | null = null;
  #cancel: Undo = () => {};

  constructor(timers: Timers, say: (type: 'standing' | 'pledge', pledge: Pledge) => void) {
    this.#timers = timers;
    this.#say = say;
  }

  give(pledge: Pledge): void {
    this.#pledge = pledge;
    this.#say('pledge', pledge);
    this.#standAgain();
  }

  /** Whoever asks for it again gets the same answer. False: none was given in that epoch. */
  repeat(epoch: number): boolean {
    if (this.#pledge?.epoch !== epoch) return false;
    this.#say('pledge', this.#pledge);
    return true;
  }

  see(epoch: number): void {
    if (this.#pledge && epoch > this.#pledge.epoch) this.#pledge = null;
  }

  /** Nothing more is said of it. */
  stop(): void {
    this.#cancel();
  }

  #standAgain(): void {
    this.#cancel();
    this.#cancel = this.#timers.after(standAgainMs, () => {
      if (this.#pledge === null) return;
      this.#say('standing', this.#pledge);
      this.#standAgain();
    });
  }
}
