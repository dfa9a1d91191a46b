import type { Frame } from './frame.ts';

/**
 * What a frame means for the session that hears it.
 *
 * - `current`: it belongs to this pair of sessions.
 * - `stale`: it comes from or speaks to a session that is over; tell its sender so (`reset`).
 * - `unaware`: its sender does not know this session yet; answer, so that it learns the number.
 * - `ignore`: it says nothing new.
 * - `restart`: the other side began anew, so this side must: call `restart` and judge the frame again.
 */
export type Verdict = 'current' | 'stale' | 'unaware' | 'ignore' | 'restart';

/**
 * Knows which session of this member talks to which session of the other, without a handshake. Every session has a
 * number that its own side only ever raises. Frames carry both numbers, `to` being 0 until the other's was heard. A
 * session is paired with one session of the other side in all its life; when either is over, so is the pair. Numbers
 * below `#floor` are over for good.
 */
export class Pairing {
  #mine: number;
  #theirs: number | null = null;
  #floor: number;
  /** The other side has said that it is paired with this very session. */
  #confirmed = false;

  constructor(mine: number, floor: number) {
    this.#mine = mine;
    this.#floor = floor;
  }

  /** Where a later pairing with the same member has to begin. */
  get floor(): number {
    return this.#theirs === null ? this.#floor : this.#theirs + 1;
  }

  get mine(): number {
    return this.#mine;
  }

  /** 0 while none was heard. */
  get theirs(): number {
    return this.#theirs ?? 0;
  }

  /** `received`: this session has taken something from the one it is paired with. */
  judge(frame: Pick<Frame, 'from' | 'to' | 'reset'>, received: boolean): Verdict {
    const { from, to, reset } = frame;
    if (reset) return to === this.#mine && from >= (this.#theirs ?? this.#floor) ? 'restart' : 'ignore';
    if (from < (this.#theirs ?? this.#floor)) return 'stale';
    if (this.#theirs === null) return this.#meet(from, to);
    if (from > this.#theirs) return this.#meetSuccessor(from, to, received);
    if (to !== this.#mine && to !== 0) return 'unaware';
    if (to === this.#mine) this.#confirmed = true;
    return 'current';
  }

  /** Goes on under a higher number. `heard` is the frame that asked for it, if one did. */
  restart(mine: number, heard?: Pick<Frame, 'from' | 'reset'>): void {
    const { floor } = this;
    // What was paired with the session that ends now cannot be paired again, even if it is what ended it.
    this.#theirs = heard?.reset && heard.from >= floor ? heard.from : null;
    this.#floor = Math.max(floor, heard?.from ?? 0);
    this.#mine = mine;
    this.#confirmed = false;
  }

  #meet(from: number, to: number): Verdict {
    if (to !== this.#mine && to !== 0) {
      this.#floor = from + 1;
      return 'stale';
    }
    this.#theirs = from;
    this.#confirmed = to === this.#mine;
    return 'current';
  }

  /**
   * The other side is in a later session than the one paired with. If it already speaks to this very session and
   * nothing was exchanged with its predecessor, then the later one is the first that took anything from this one, and
   * nothing is lost. Without this rule two sides could go on restarting because of each other.
   */
  #meetSuccessor(from: number, to: number, received: boolean): Verdict {
    if (to !== this.#mine || this.#confirmed || received) return 'restart';
    this.#theirs = from;
    this.#confirmed = true;
    return 'current';
  }
}
