import { answerMs, repeatMs, retryMs, silenceMs } from './pace.ts';
import type { Beat, RegisterStamp } from './messages.ts';

/** What this member knows of its link to one other: is it heard, how far away is it, when is it asked next. */
export class Link {
  readonly peer: string;
  /** Heard lately, by the measure of what it announced. */
  heard = false;
  /** The other end keeps this link of its own accord, by its last beat. */
  keptByPeer = false;
  /** When this member last wanted the link of its own accord. */
  wantedAt: number = -Infinity;
  /** Smoothed, quick to rise and slow to fall; `null` until measured. */
  rttMs: number | null = null;
  /** Answer at the end of this step. */
  owesAnswer = false;
  /** Differing digests seen in a row. */
  mismatches = 0;
  vectorAt: number = -Infinity;
  register: RegisterStamp | null = null;
  fetchAt: number = -Infinity;

  /** Slow to rise and quick to fall: tells how far away the member is from how busy it was. */
  #leastMs: number | null = null;
  /** The number of the last beat sent: when that was. */
  #sent = 0;
  #received = 0;
  #receivedAt = 0;
  #heardAt = 0;
  #nextMs = 1000;
  /** Questions in a row that nobody answered. */
  #misses = 0;
  #askedAt: number = -Infinity;
  /** When to ask next; `Infinity` once it has answered. */
  #askAt: number;
  /** Only an echo of a beat sent after this one is an answer: what was under way before proves nothing. */
  #provenAfter = -1;
  /** Given up then, unless it answers. */
  #probedUntil = Infinity;
  /** While it is probed: how often it is asked. */
  #everyMs = 0;

  constructor(peer: string, now: number) {
    this.peer = peer;
    this.#askAt = now;
  }

  /** Takes a beat in. False if it is a late or repeated one. */
  receive(beat: Beat, now: number): boolean {
    if (beat.n <= this.#received) return false;
    this.#received = beat.n;
    this.#receivedAt = now;
    this.#nextMs = beat.nextMs;
    this.keptByPeer = beat.keeps;
    if (beat.echo !== null) this.#measure(Math.max(0, now - beat.echo.n - beat.echo.heldMs));
    if ((beat.echo?.n ?? 0) > this.#provenAfter) {
      this.heard = true;
      this.#misses = 0;
      this.#settle();
    } else if (!this.heard && now - this.#askedAt >= repeatMs(this.rttMs)) this.#askAt = now;
    if (this.heard) {
      this.#heardAt = now;
      this.register = beat.register; // what was under way while they were parted may be long outdated
    }
    return true;
  }

  #measure(sampleMs: number): void {
    const before = this.rttMs ?? sampleMs;
    this.rttMs = Math.max(sampleMs, before + (sampleMs - before) / 8);
    const least = this.#leastMs ?? sampleMs;
    this.#leastMs = Math.min(sampleMs, least + (sampleMs - least) / 8);
  }

  /** The number and echo of the next beat to this member. */
  stamp(ask: boolean, now: number): Pick<Beat, 'n' | 'echo'> {
    this.#sent = Math.max(this.#sent + 1, Math.floor(now));
    this.owesAnswer = false;
    if (ask) {
      this.#askedAt = now;
      this.#askAt = now + (this.#everyMs || retryMs(this.#misses++));
    }
    const echo = this.#received === 0 ? null : { n: this.#received, heldMs: now - this.#receivedAt };
    return { n: this.#sent, echo };
  }

  /** How long until the next question, when it is not heard: what it may be told to expect. */
  retryMs(): number {
    return retryMs(this.#misses);
  }

  /** On a hint: two of the quickest round trips of late, as what is far does not come nearer, but what is busy is late. */
  probeSoon(now: number): void {
    this.#probeTwice(answerMs(this.#leastMs), now);
  }

  /** On mere suspicion, as when others part: two round trips as slow as the slowest of late. */
  probePatiently(now: number): void {
    this.#probeTwice(answerMs(this.rttMs), now);
  }

  /** A stricter probe under way stands. */
  #probeTwice(everyMs: number, now: number): void {
    if (now + 2 * everyMs < this.#probedUntil) this.#probe(2 * everyMs, everyMs, now);
  }

  /** This member slept: whatever silence there was is no sign. Counts as heard until the probe is over. */
  afterPause(waitMs: number, now: number): void {
    this.#heardAt = now;
    this.#probe(waitMs, retryMs(0), now);
  }

  /** Asks now; the member is given up `waitMs` later, unless it answers. */
  #probe(waitMs: number, everyMs: number, now: number): void {
    this.#provenAfter = this.#sent;
    this.#probedUntil = now + waitMs;
    this.#everyMs = everyMs;
    this.#askAt = now;
  }

  /** There is no question any more. */
  #settle(): void {
    this.#probedUntil = this.#askAt = Infinity;
    this.#everyMs = 0;
  }

  get isProbed(): boolean {
    return this.#probedUntil < Infinity;
  }

  /** True if a question is due. */
  mustAsk(now: number, keeping: boolean): boolean {
    return this.#nextAskAt(keeping) <= now;
  }

  #nextAskAt(keeping: boolean): number {
    return keeping || this.isProbed ? this.#askAt : Infinity;
  }

  /** True if it is silent for longer than it announced, or did not answer a probe. */
  isLost(now: number): boolean {
    return this.#lostAt() <= now;
  }

  #lostAt(): number {
    const silentAt = this.heard ? this.#heardAt + silenceMs(this.#nextMs, this.rttMs ?? 0) : Infinity;
    return Math.min(this.#probedUntil, silentAt);
  }

  /** Hears it no more. From now on only an answer to a new question proves that it is there. */
  giveUp(now: number): void {
    this.heard = false;
    this.#provenAfter = this.#sent;
    this.#settle();
    this.askSoon(now);
  }

  /** Something changed: try at once, and quickly again. */
  askSoon(now: number): void {
    this.#misses = 0;
    this.#askAt = now;
  }

  /** The next moment at which something is due here; Infinity if nothing is. */
  dueAt(keeping: boolean): number {
    return Math.min(this.#lostAt(), this.#nextAskAt(keeping));
  }
}
