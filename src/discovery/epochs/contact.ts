import type { Claim } from '../../core/founding/events.ts';
import type { Clock } from '../../platform/platform.ts';

/** Rather too early than too late, whatever the clocks do. */
const lapsedShare = 0.95;

/** A moment by the two clocks: by one of them at least, no more time is over than there was. */
interface Reading {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/**
 * When this member was last in contact with whoever founds epochs, and in which epoch. Contact is with the group that it
 * belongs to: whoever comes back has to see first that no later one was founded meanwhile, or those who were given up would
 * lead again, for a moment, beside that one.
 */
export class Contact {
  readonly #clock: Clock;
  readonly #onContact: () => void;
  /** The highest that was ever seen. */
  #epoch = 0;
  /** This connection has shown the room, in no epoch before that. */
  #isCurrent = false;
  /** When the last question was asked, while it is not answered. */
  #asked: Reading | null = null;
  /** When it was asked what is answered, while `#isCurrent` is yet to become true. */
  #answered: Reading | null = null;
  #last: Reading | null = null;

  constructor(clock: Clock, onContact: () => void) {
    this.#clock = clock;
    this.#onContact = onContact;
  }

  /** The connection is another one, or none: it has shown nothing yet. */
  begin(): void {
    this.#isCurrent = false;
  }

  ask(): void {
    this.#asked = this.#now();
    this.#answered = null;
  }

  answer(): void {
    this.#answered = this.#asked;
    this.#note();
  }

  /** The room is shown, in that epoch. */
  see(epoch: number): void {
    this.#isCurrent = epoch >= this.#epoch;
    this.#epoch = Math.max(this.#epoch, epoch);
    this.#note();
  }

  /** What to say of the core that runs here to a server that may have forgotten it. `undefined`: there is none. */
  claim(charterMs: number): Claim | undefined {
    if (this.#epoch === 0) return undefined;
    return { epoch: this.#epoch, lapsed: this.#last === null || this.#msSince(this.#last) >= charterMs * lapsedShare };
  }

  #note(): void {
    if (!this.#isCurrent || this.#answered === null) return;
    this.#last = this.#answered;
    this.#answered = null;
    this.#onContact();
  }

  /** At least so long ago. */
  #msSince({ monotonicMs, wallMs }: Reading): number {
    const now = this.#now();
    return Math.max(now.monotonicMs - monotonicMs, now.wallMs - wallMs);
  }

  #now(): Reading {
    return { monotonicMs: this.#clock.monotonicMs(), wallMs: this.#clock.wallMs() };
  }
}
