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
 * session is paired with one session of the other side in all its life; when either is over, so is the pair. Has to
 * outlive the sessions: what is sent again of an ended one must not pass for news.
 */
export class Pairing {
  mine = 0;
  /** 0 while none was heard. */
  theirs = 0;
  /** Numbers of the other side below it are over for good. */
  floor = 0;
  /** The other side has said that it is paired with this very session. */
  #confirmed = false;

  /** `received`: this session has taken something from the one it is paired with. */
  judge({ from, to, reset }: Pick<Frame, 'from' | 'to' | 'reset'>, received: boolean): Verdict {
    const toMine = to === this.mine;
    if (reset) return toMine ? 'restart' : 'ignore';
    if (from < Math.max(this.theirs, this.floor)) return 'stale';
    if (this.theirs === 0 && !toMine && to !== 0) {
      this.dismiss(from);
      return 'stale';
    }
    // The other side is in a later session than the one paired with. If it already speaks to this very session and
    // nothing was exchanged with its predecessor, nothing is lost: else two sides could go on restarting each other.
    if (this.theirs !== 0 && from > this.theirs && (!toMine || this.#confirmed || received)) return 'restart';
    this.theirs = from;
    this.#confirmed ||= toMine;
    return toMine || to === 0 ? 'current' : 'unaware';
  }

  /** Something that the other side said in that session is lost. */
  dismiss(from: number): void {
    this.floor = Math.max(this.floor, from + 1);
  }

  /**
   * Goes on under a higher number: by the wall clock, so that a process that comes back under the same id starts higher
   * than it ended. `heard` is the other side's number that asked for it, if one did, and `least` what it takes: higher where
   * the clock was set back meanwhile.
   */
  restart(wallMs: number, heard = 0, least = 0): void {
    // What was paired once cannot be paired again.
    this.floor = Math.max(this.floor, heard, this.theirs === 0 ? 0 : this.theirs + 1);
    this.mine = Math.max(this.mine + 1, Math.floor(wallMs), least);
    this.theirs = 0;
    this.#confirmed = false;
  }
}
