import { answerMs, repeatMs, retryMs, silenceMs } from './pace.ts';
import type { Beat, RegisterStamp } from './messages.ts';

/** Beats remembered to measure round trips with. */
const remembered = 32;
/** Round trips remembered to tell how far away the member is from how busy it was. */
const samples = 9;

/** A question that must be answered, or the member is given up. */
interface Probe {
  /** Only an echo of this beat or a later one is an answer: what was under way before proves nothing. */
  readonly n: number;
  readonly until: number;
  askAgainAt: number;
  readonly everyMs: number;
}

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
  /** When to ask next, while it is not heard. */
  askAt: number;
  /** Differing digests seen in a row. */
  mismatches = 0;
  vectorAt: number = -Infinity;
  register: RegisterStamp | null = null;
  fetchAt: number = -Infinity;

  #sent: number;
  readonly #sentAt = new Map<number, number>();
  readonly #samplesMs: number[] = [];
  #received = 0;
  #receivedAt = 0;
  #heardAt = 0;
  #nextMs = 1000;
  #misses = 0;
  #lastAskAt = -Infinity;
  /** The first beat whose echo counts; 0: any beat counts, echo or not. */
  #provenFrom = 0;
  #probe: Probe | null = null;

  /** `sent`: the number of the last beat that an earlier link to this member may have sent. */
  constructor(peer: string, sent: number, now: number) {
    this.peer = peer;
    this.#sent = sent;
    this.askAt = now;
  }

  get sent(): number {
    return this.#sent;
  }

  /** Takes a beat in. False if it is a late or repeated one. */
  receive(beat: Beat, now: number): boolean {
    if (beat.n <= this.#received) return false;
    this.#received = beat.n;
    this.#receivedAt = now;
    this.#nextMs = beat.nextMs;
    this.keptByPeer = beat.keeps;
    this.#measure(beat.echo, now);
    const echoed = beat.echo?.n ?? 0;
    if (this.#probe !== null && echoed >= this.#probe.n) this.#probe = null;
    if (echoed >= this.#provenFrom) {
      this.#hear(now);
      this.register = beat.register; // what was under way while they were parted may be long outdated
    } else if (this.#mayAskAgain(now)) this.askAt = now;
    return true;
  }

  #hear(now: number): void {
    this.heard = true;
    this.#heardAt = now;
    this.#misses = 0;
  }

  #mayAskAgain(now: number): boolean {
    return now - this.#lastAskAt >= repeatMs(this.rttMs);
  }

  #measure(echo: Beat['echo'], now: number): void {
    const sentAt = echo === null ? undefined : this.#sentAt.get(echo.n);
    if (echo === null || sentAt === undefined) return;
    const sampleMs = Math.max(0, now - sentAt - echo.heldMs);
    this.#samplesMs.push(sampleMs);
    if (this.#samplesMs.length > samples) this.#samplesMs.shift();
    const before = this.rttMs ?? sampleMs;
    this.rttMs = sampleMs > before ? sampleMs : before + (sampleMs - before) / 8;
  }

  /** The number and echo of the next beat to this member. */
  stamp(ask: boolean, now: number): Pick<Beat, 'n' | 'echo'> {
    this.#sent++;
    this.#sentAt.set(this.#sent, now);
    if (this.#sentAt.size > remembered) this.#sentAt.delete(this.#sent - remembered);
    this.owesAnswer = false;
    if (ask) this.#asked(now);
    const echo = this.#received === 0 ? null : { n: this.#received, heldMs: now - this.#receivedAt };
    return { n: this.#sent, echo };
  }

  #asked(now: number): void {
    this.#lastAskAt = now;
    if (this.#probe !== null) this.#probe.askAgainAt = now + this.#probe.everyMs;
    if (this.heard) return;
    this.askAt = now + retryMs(this.#misses);
    this.#misses++;
  }

  /** How long until the next question, when it is not heard: what it may be told to expect. */
  retryMs(): number {
    return retryMs(this.#misses);
  }

  /** Asks now; the member is given up `waitMs` later, unless it answers. A stricter probe under way stands. */
  probe(waitMs: number, everyMs: number, now: number): void {
    if (this.#probe !== null && this.#probe.until <= now + waitMs) return;
    this.#probe = { n: this.#sent + 1, until: now + waitMs, askAgainAt: now, everyMs };
  }

  /** On a hint: two of the quickest round trips of late, as what is far does not come nearer, but what is busy is late. */
  probeSoon(now: number): void {
    this.#probeFor(this.#samplesMs.length === 0 ? null : Math.min(...this.#samplesMs), now);
  }

  /** On mere suspicion, as when others part: two round trips as slow as the slowest of late. */
  probePatiently(now: number): void {
    this.#probeFor(this.rttMs, now);
  }

  #probeFor(roundTripMs: number | null, now: number): void {
    const each = answerMs(roundTripMs);
    this.probe(2 * each, each, now);
  }

  /** Heard, kept by both, and not in question. */
  get isPlain(): boolean {
    return this.heard && this.keptByPeer && this.#probe === null;
  }

  get isProbed(): boolean {
    return this.#probe !== null;
  }

  /** True if a question is due. */
  mustAsk(now: number, keeping: boolean): boolean {
    if (this.#probe !== null) return this.#probe.askAgainAt <= now;
    return !this.heard && keeping && this.askAt <= now;
  }

  /** True if it is silent for longer than it announced, or did not answer a probe. */
  isLost(now: number): boolean {
    if (this.#probe !== null && this.#probe.until <= now) return true;
    return this.heard && now >= this.#silentAt();
  }

  #silentAt(): number {
    return this.#heardAt + silenceMs(this.#nextMs, this.rttMs ?? 0);
  }

  /** Hears it no more. From now on only an answer to a new question proves that it is there. */
  giveUp(now: number): void {
    this.heard = false;
    this.#probe = null;
    this.#provenFrom = this.#sent + 1;
    this.askSoon(now);
  }

  /** Something changed: try at once, and quickly again. */
  askSoon(now: number): void {
    this.#misses = 0;
    this.askAt = now;
  }

  /** This member slept: whatever silence there was is no sign. Counts as heard until the probe is over. */
  afterPause(waitMs: number, now: number): void {
    this.#heardAt = now;
    this.#probe = { n: this.#sent + 1, until: now + waitMs, askAgainAt: now, everyMs: retryMs(0) };
  }

  /** The next moment at which something is due here; Infinity if nothing is. */
  dueAt(keeping: boolean): number {
    const probeAt = this.#probe === null ? Infinity : Math.min(this.#probe.until, this.#probe.askAgainAt);
    const silentAt = this.heard ? this.#silentAt() : Infinity;
    const askAt = !this.heard && keeping && this.#probe === null ? this.askAt : Infinity;
    return Math.min(probeAt, silentAt, askAt);
  }
}
