import type { Claim } from '../../core/founding/events.ts';
import type { Clocks } from '../../driver/clocks.ts';

/** Rather too early than too late, whatever the clocks do. */
const lapsedShare = 0.95;

/**
 * When this member was last in contact with whoever founds epochs, and in which epoch: by its fast clock, on which no less
 * time is over than there was. Contact is with the group that it belongs to: whoever comes back has to see first that no
 * later one was founded meanwhile, or those who were given up would lead again, for a moment, beside that one.
 */
export class Contact {
  readonly #clocks: Clocks;
  readonly #onContact: (askedAt: number) => void;
  /** The highest that was ever seen. */
  #epoch = 0;
  /** This connection has shown the room, in no epoch before that. */
  #isCurrent = false;
  /** When the last question was asked, while it is not answered. */
  #askedAt: number | null = null;
  /** When it was asked what is answered, while `#isCurrent` is yet to become true. */
  #answeredAt: number | null = null;
  #lastAt = -Infinity;

  constructor(clocks: Clocks, onContact: (askedAt: number) => void) {
    this.#clocks = clocks;
    this.#onContact = onContact;
  }

  /** The connection is another one, or none: it has shown nothing yet. */
  begin(): void {
    this.#isCurrent = false;
  }

  ask(): void {
    this.#askedAt = this.#clocks.now().fast;
    this.#answeredAt = null;
  }

  answer(): void {
    this.#answeredAt = this.#askedAt;
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
    return { epoch: this.#epoch, lapsed: this.#clocks.now().fast - this.#lastAt >= charterMs * lapsedShare };
  }

  #note(): void {
    if (!this.#isCurrent || this.#answeredAt === null) return;
    this.#lastAt = this.#answeredAt;
    this.#answeredAt = null;
    this.#onContact(this.#lastAt);
  }
}
