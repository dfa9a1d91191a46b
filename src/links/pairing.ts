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
 * session is paired with one session of the other side in all its life; when either is over, so is the pair.
 */
export class Pairing {
  mine: number;
  /** 0 while none was heard. */
  theirs = 0;
  /** Numbers of the other side below it are over for good. */
  #floor: number;
  /** The other side has said that it is paired with this very session. */
  #confirmed = false;

  constructor(mine: number, floor: number) {
    this.mine = mine;
    this.#floor = floor;
  }

  /** Where a later pairing with the same member has to begin: what was paired once cannot be paired again. */
  get floor(): number {
    return this.theirs === 0 ? this.#floor : this.theirs + 1;
  }

  /** `received`: this session has taken something from the one it is paired with. */
  judge({ from, to, reset }: Pick<Frame, 'from' | 'to' | 'reset'>, received: boolean): Verdict {
    const toMine = to === this.mine;
    if (reset) return toMine ? 'restart' : 'ignore';
    if (from < Math.max(this.theirs, this.#floor)) return 'stale';
    if (this.theirs === 0 && !toMine && to !== 0) {
      this.#floor = from + 1;
      return 'stale';
    }
    // The other side is in a later session than the one paired with. If it already speaks to this very session and
    // nothing was exchanged with its predecessor, nothing is lost: else two sides could go on restarting each other.
    if (this.theirs !== 0 && from > this.theirs && (!toMine || this.#confirmed || received)) return 'restart';
    this.theirs = from;
    this.#confirmed ||= toMine;
    return toMine || to === 0 ? 'current' : 'unaware';
  }

  /** Goes on under a higher number. `heard` is the other side's that asked for it, if one did. */
  restart(mine: number, heard = 0): void {
    this.#floor = Math.max(this.floor, heard);
    this.mine = mine;
    this.theirs = 0;
    this.#confirmed = false;
  }
}
