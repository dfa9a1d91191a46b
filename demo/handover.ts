/** One step of the counter, as a page saw it arrive. */
export interface Tick {
  readonly n: number;
  readonly leader: string;
  /** Names the stretch in which this leader counts without another one in between. */
  readonly run: string;
  /** The run that this one goes on from, or `null` for the first. */
  readonly after: string | null;
}

export interface Handover {
  readonly from: string;
  readonly to: string;
  /** From the last tick of the old leader to the first of the new one, by this page's clock. 0 where they overlapped. */
  readonly gapMs: number;
  /** Numbers that neither of the two counted, as far as this page saw. */
  readonly lost: number;
  /** Numbers that both of them counted. */
  readonly twice: number;
}

interface Run {
  readonly name: string;
  readonly leader: string;
  readonly firstAtMs: number;
  lastAtMs: number;
  smallest: number;
  largest: number;
  /** The numbers that it counted, newest last; only the newest are kept. */
  readonly numbers: Set<number>;
}

/** A minute of ticks at 20 a second. */
const keptNumbers = 1200;

/**
 * Measures handovers by nothing but the ticks that arrive here: which numbers each leader counted, and when. A late
 * tick of the old leader, after the new one has begun, still corrects the figures. A leader that does not go on from
 * the run that was seen last has not taken over from it: two groups met, or this page missed something.
 */
export class HandoverMeter {
  #before: Run | null = null;
  #current: Run | null = null;
  #twice = 0;

  observe(tick: Tick, atMs: number): void {
    if (this.#current?.name === tick.run) return this.#count(this.#current, this.#before, tick.n, atMs);
    if (this.#before?.name === tick.run) return this.#count(this.#before, this.#current, tick.n, atMs);
    this.#before = this.#current?.name === tick.after ? this.#current : null;
    this.#twice = 0;
    this.#current = {
      name: tick.run,
      leader: tick.leader,
      firstAtMs: atMs,
      lastAtMs: atMs,
      smallest: tick.n,
      largest: tick.n,
      numbers: new Set(),
    };
    this.#count(this.#current, this.#before, tick.n, atMs);
  }

  /** What was seen so far belongs to no handover: two groups met, or this page was frozen. */
  forget(): void {
    this.#before = null;
    this.#current = null;
    this.#twice = 0;
  }

  /** The newest handover, or `null` before this page saw one. */
  report(): Handover | null {
    const from = this.#before;
    const to = this.#current;
    if (!from || !to) return null;
    return {
      from: from.leader,
      to: to.leader,
      gapMs: Math.max(0, to.firstAtMs - from.lastAtMs),
      lost: Math.max(0, to.smallest - from.largest - 1),
      twice: this.#twice,
    };
  }

  #count(own: Run, other: Run | null, n: number, atMs: number): void {
    if (!own.numbers.has(n) && other?.numbers.has(n)) this.#twice += 1;
    own.lastAtMs = Math.max(own.lastAtMs, atMs);
    own.smallest = Math.min(own.smallest, n);
    own.largest = Math.max(own.largest, n);
    own.numbers.add(n);
    if (own.numbers.size > keptNumbers) own.numbers.delete(own.largest - keptNumbers);
  }
}
