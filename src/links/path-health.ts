import type { Path } from '../transports/transport.ts';
import type { Frame } from './frame.ts';

/** For paths that are not measured yet. */
export const fallbackMs = 500;
const firstPingMs = 250;
const lastPingMs = 2_000;
/** Acknowledgements of bulk are held back for so long, hoping for company. */
const ackDelayMs = 25;
/** So much bulk is acknowledged at once. */
const ackEveryBytes = 32 * 1024;
/** What was measured longer ago says little of how things are now. */
const agedMs = 1_000;
/** How long a path has to be silent, while another one works, to be given up. */
const giveUpMs = 15_000;

/**
 * What a session knows of one of its paths. WebRTC notices the death of a path after 8 to 18 s: here a path that has
 * not answered for a few round trips is `suspect`, until an answer to something sent on this very path comes back.
 */
export class PathHealth {
  readonly path: Path;
  /** Place of its transport: lower is better. */
  readonly rank: number;
  /** Smoothed round trip (RFC 6298); `null` until something that was sent on it has been answered on it. */
  rttMs: number | null = null;
  /** The shortest round trip of late. */
  leastMs = 0;
  /** By how much round trips are longer now: time spent in queues. */
  queueMs = 0;
  /** When something has to be sent on it, to answer what arrived on it; `Infinity` where nothing has. */
  ackDueMs: number = Infinity;
  /** The session of the other side that has to be told on it that it is over; 0 for none. */
  resetTo = 0;
  #deviationMs = 0;
  #sampledMs = -Infinity;
  #unackedBytes = 0;
  /** What to add to the clock for the stamp that was heard last and is not echoed yet. */
  #echoLagMs: number | null = null;
  /** Since when an answer is overdue: the first sending that asks for one after the last answer. */
  #unansweredSinceMs = Infinity;
  #lastAskedMs = -Infinity;
  #provenSinceMs = 0;

  constructor(path: Path, rank: number) {
    this.path = path;
    this.rank = rank;
  }

  /** An answer takes no longer than this, a few round trips, unless it or what it answers is lost. */
  get patienceMs(): number {
    if (this.rttMs === null) return fallbackMs;
    return clamp(2 * this.rttMs + 4 * this.#deviationMs + 2 * ackDelayMs, 100, 1_000);
  }

  get #silentAtMs(): number {
    return this.path.askEveryMs === undefined ? Infinity : this.#unansweredSinceMs + giveUpMs;
  }

  /** When to ask a path that carries nothing and is not known to work: twice as long after each time. */
  get #nextPingMs(): number {
    return this.#lastAskedMs + clamp(this.#lastAskedMs - this.#unansweredSinceMs, firstPingMs, lastPingMs);
  }

  suspect(nowMs: number): boolean {
    return nowMs >= this.#unansweredSinceMs + this.patienceMs;
  }

  /** It works, as far as is known. */
  proven(nowMs: number): boolean {
    return this.rttMs !== null && !this.suspect(nowMs);
  }

  /** Silent for so long, and all that time `other` worked, that it should be opened anew. */
  hopeless(nowMs: number, other: PathHealth): boolean {
    return other.proven(nowMs) && nowMs >= Math.max(this.#unansweredSinceMs, other.#provenSinceMs) + giveUpMs;
  }

  /** Nobody would tell that the other end is gone, and that has not answered for long. */
  silent(nowMs: number): boolean {
    return nowMs >= this.#silentAtMs;
  }

  /** When to ask by it: the best one only if it is alone, and nobody else would tell. */
  askDueMs(isBest: boolean, isAlone: boolean, nowMs: number): number {
    const { askEveryMs } = this.path;
    if (!isBest) return this.proven(nowMs) ? Infinity : this.#nextPingMs;
    return isAlone && askEveryMs !== undefined ? this.#lastAskedMs + askEveryMs : Infinity;
  }

  /** When something is to be done about it. */
  dueMs(isBest: boolean, isAlone: boolean, nowMs: number): number {
    let dueMs = Math.min(this.ackDueMs, this.askDueMs(isBest, isAlone, nowMs));
    if (!isBest || this.silent(nowMs)) return dueMs;
    return Math.min(dueMs, this.suspect(nowMs) ? this.#silentAtMs : this.#unansweredSinceMs + this.patienceMs);
  }

  /** So much bulk arrived on it: in a moment, more of it may share the acknowledgement. */
  oweLater(bytes: number, nowMs: number): void {
    this.#unackedBytes += bytes;
    this.ackDueMs = Math.min(this.ackDueMs, this.#unackedBytes < ackEveryBytes ? nowMs + ackDelayMs : nowMs);
  }

  /** To be called for each frame that is sent on it: what it owed is in there. Returns what to echo. */
  sent({ ping, bytes }: Pick<Frame, 'ping' | 'bytes'>, nowMs: number): number {
    this.ackDueMs = Infinity;
    this.#unackedBytes = 0;
    if (ping || bytes.byteLength > 0) {
      this.#unansweredSinceMs = Math.min(this.#unansweredSinceMs, nowMs);
      this.#lastAskedMs = nowMs;
    }
    const echoMs = this.#echoLagMs === null ? -1 : nowMs + this.#echoLagMs;
    this.#echoLagMs = null; // an old echo tells nothing
    return echoMs;
  }

  /** Takes in what a frame that arrived on it says of the path. */
  heard({ stampMs, echoMs }: Pick<Frame, 'stampMs' | 'echoMs'>, nowMs: number): void {
    this.#echoLagMs = stampMs - nowMs;
    const rttMs = nowMs - echoMs;
    if (echoMs < 0 || rttMs > 60_000) return;
    if (!this.proven(nowMs)) this.#provenSinceMs = nowMs;
    this.#sample(Math.max(rttMs, 0), nowMs);
    this.#unansweredSinceMs = this.#lastAskedMs > echoMs ? nowMs : Infinity;
  }

  #sample(newestMs: number, nowMs: number): void {
    if (this.rttMs === null) {
      this.rttMs = this.leastMs = newestMs;
      this.#deviationMs = newestMs / 2;
    }
    this.#deviationMs += (Math.abs(newestMs - this.rttMs) - this.#deviationMs) / 4;
    this.rttMs += (newestMs - this.rttMs) / (nowMs - this.#sampledMs > agedMs ? 2 : 8);
    this.#sampledMs = nowMs;
    // The shortest creeps up: one of long ago may speak of another route.
    this.leastMs = Math.min(newestMs, this.leastMs + (this.rttMs - this.leastMs) / 2048);
    this.queueMs = newestMs - this.leastMs;
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
