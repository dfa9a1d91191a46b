import type { Path } from '../transports/transport.ts';
import type { Chunk, Frame } from './frame.ts';
import { RttEstimate, ackDelayMs } from './rtt.ts';

const firstPingMs = 250;
const lastPingMs = 5_000;
/** So much is acknowledged at once, without hoping for company. */
const ackEveryBytes = 32 * 1024;

/**
 * What a session knows of one of its paths. WebRTC notices the death of a path after 8 to 18 s: here a path that has
 * not answered for a few round trips is `suspect`, until an answer to something sent on this very path comes back.
 */
export class PathHealth {
  readonly path: Path;
  /** Place of its transport: lower is better. */
  readonly rank: number;
  readonly rtt: RttEstimate = new RttEstimate();
  /** Something that was sent on it has been answered on it. */
  proven = false;
  #ackDueMs = Infinity;
  #unackedBytes = 0;
  #heard: { readonly stamp: number; readonly atMs: number } | null = null;
  /** Since when an answer is overdue: the first sending that asks for one after the last answer. */
  #unansweredSinceMs: number | null = null;
  #lastAskedMs = -Infinity;
  #nextPingMs = -Infinity;
  #pingEveryMs = firstPingMs;

  constructor(path: Path, rank: number) {
    this.path = path;
    this.rank = rank;
  }

  suspect(nowMs: number): boolean {
    return nowMs >= this.suspectAtMs();
  }

  /** When it becomes suspect if nothing is heard. */
  suspectAtMs(): number {
    return (this.#unansweredSinceMs ?? Infinity) + this.rtt.suspicionMs();
  }

  /** A path that carries nothing, because it is suspect or not proven yet, is asked again and again. */
  nextPingMs(): number {
    return this.#nextPingMs;
  }

  /** When something has to be sent on it, to answer what arrived on it; `Infinity` where nothing has. */
  ackDueMs(): number {
    return this.#ackDueMs;
  }

  /** An answer is due on it at once. */
  owe(): void {
    this.#ackDueMs = -Infinity;
  }

  /** Chunks arrived on it: in a moment, others may share their acknowledgement. */
  oweLater(chunks: readonly Chunk[], nowMs: number): void {
    for (const chunk of chunks) this.#unackedBytes += chunk.bytes.byteLength;
    if (this.#unackedBytes >= ackEveryBytes) this.owe();
    else if (chunks.length > 0) this.#ackDueMs = Math.min(this.#ackDueMs, nowMs + ackDelayMs);
  }

  /** To be called for each frame that is sent on it: what it owed is in there. */
  sent({ ping = false, chunks = [] }: Partial<Pick<Frame, 'ping' | 'chunks'>>, nowMs: number): void {
    this.#ackDueMs = Infinity;
    this.#unackedBytes = 0;
    if (!ping && chunks.length === 0) return;
    this.#unansweredSinceMs ??= nowMs;
    this.#lastAskedMs = nowMs;
    if (!ping) return;
    this.#nextPingMs = nowMs + this.#pingEveryMs;
    this.#pingEveryMs = Math.min(this.#pingEveryMs * 2, lastPingMs);
  }

  /** Takes in what a frame that arrived on it says of the path. */
  heard(frame: Frame, nowMs: number): void {
    this.#heard = { stamp: frame.stamp, atMs: nowMs };
    if (frame.echo === null) return;
    const sinceSentMs = ((stampAt(nowMs) - frame.echo.stamp + 2 ** 32) % 2 ** 32) / 1000;
    const sentMs = nowMs - sinceSentMs;
    if (sinceSentMs > 60_000) return;
    this.rtt.sample(Math.max(sinceSentMs - frame.echo.heldUs / 1000, 0));
    this.proven = true;
    this.#pingEveryMs = firstPingMs;
    this.#unansweredSinceMs = this.#lastAskedMs > sentMs + 0.001 ? nowMs : null;
  }

  /** What to send back of the newest frame heard; once each, as an old echo tells nothing. */
  takeEcho(nowMs: number): Frame['echo'] {
    if (this.#heard === null) return null;
    const { stamp, atMs } = this.#heard;
    this.#heard = null;
    return { stamp, heldUs: Math.round((nowMs - atMs) * 1000) };
  }
}

/** The clock as frames carry it. */
export function stampAt(nowMs: number): number {
  return Math.round(nowMs * 1000) % 2 ** 32;
}
