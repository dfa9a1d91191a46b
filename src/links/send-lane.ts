import { CongestionWindow } from './congestion.ts';
import type { EncodedMessage } from './message.ts';
import { fallbackMs, type PathHealth } from './path-health.ts';

/** A part of the stream that lies in one piece. */
interface Piece {
  readonly bytes: Uint8Array;
  /** Where it ends in the stream. */
  readonly end: number;
  readonly taken?: () => void;
  readonly refused?: (error: Error) => void;
}

/** So little is said again with whatever follows it, until it is acknowledged: none waits for one that was lost. */
const repeatBytes = 512;
const maxTimeoutMs = 1_000;

/**
 * One direction of one lane, at the sender: a stream of bytes, of which what is not acknowledged is kept. What is lost is
 * sent again with all that followed it, cut anew for whatever path is there: paths keep the order, or nearly so.
 */
export class SendLane {
  /** All that was ever given to it, in bytes. */
  end = 0;
  /** For how long nothing has been acknowledged while something should have been; sleep does not count. */
  stuckMs = 0;
  readonly #windowBytes: number;
  readonly #congestion: CongestionWindow;
  readonly #pieces: Piece[] = [];
  /** So many of the pieces have been taken in the window. */
  #takenPieces = 0;
  // Places in the stream, in this order: what is acknowledged, what is sent next, what was ever sent.
  #acked = 0;
  #next = 0;
  #furthest = 0;
  /** Since when an acknowledgement is due. */
  #sinceMs = 0;
  /** How often nothing was acknowledged in time, one after the other. */
  #timeouts = 0;

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes;
    this.#congestion = new CongestionWindow(windowBytes);
  }

  /** Bytes that are not acknowledged, or not even sent. */
  get pendingBytes(): number {
    return this.end - this.#acked;
  }

  /** Resolves when the last of it is taken in the window. */
  push([head, body]: EncodedMessage, nowMs: number): Promise<void> {
    if (this.pendingBytes === 0) this.#sinceMs = nowMs;
    return new Promise((taken, refused) => {
      this.#pieces.push({ bytes: head, end: (this.end += head.byteLength) });
      this.#pieces.push({ bytes: body, end: (this.end += body.byteLength), taken, refused });
      this.#takePieces();
    });
  }

  /**
   * The next piece of the stream of at most `maxBytes`; `null` where nothing may be sent now. So much may be under way
   * unacknowledged.
   */
  cut(
    maxBytes: number,
    mostBytes: number = this.#congestion.bytes,
  ): { readonly offset: number; readonly bytes: Uint8Array } | null {
    if (this.#next === this.end) return null;
    if (this.pendingBytes <= repeatBytes) this.rewind();
    const offset = this.#next;
    // On a slow path smaller frames, so that what is urgent waits behind none for long.
    const end = Math.min(offset + maxBytes, offset + Math.floor(mostBytes / 4), this.end);
    if (end > this.#acked + mostBytes) return null;
    const bytes = new Uint8Array(end - offset);
    for (const piece of this.#pieces) {
      if (piece.end <= this.#next) continue;
      const from = this.#next - (piece.end - piece.bytes.byteLength);
      const part = piece.bytes.subarray(from, from + end - this.#next);
      bytes.set(part, this.#next - offset);
      this.#next += part.byteLength;
      if (this.#next === end) break;
    }
    this.#furthest = Math.max(this.#furthest, end);
    return { offset, bytes };
  }

  /** Takes in how much the receiver has. False where no honest receiver could say it. */
  acked(upTo: number, path: PathHealth, nowMs: number): boolean {
    if (upTo > this.#furthest) return false;
    if (upTo > this.#acked) {
      this.#congestion.acked(upTo - this.#acked, path);
      this.#acked = upTo;
      this.#next = Math.max(this.#next, upTo);
      this.#sinceMs = nowMs;
      this.#timeouts = this.stuckMs = 0;
      this.#takePieces();
    }
    return true;
  }

  /** When `tick` has something to do. Doubles while nothing is acknowledged, up to a second: what heals is used soon. */
  dueMs(patienceMs?: number): number {
    return this.pendingBytes === 0 ? Infinity : this.#sinceMs + this.#timeoutMs(patienceMs);
  }

  /** `queued`: what was sent has not even left yet, so that there is nothing to send again. */
  tick(patienceMs: number | undefined, queued: boolean, nowMs: number): void {
    if (nowMs < this.dueMs(patienceMs)) return;
    this.stuckMs += this.#timeoutMs(patienceMs);
    this.#sinceMs = nowMs;
    if (queued) return;
    this.#timeouts++;
    this.#congestion.silent();
    this.rewind();
  }

  /** Whatever is not acknowledged is sent once more. */
  rewind(): void {
    this.#next = this.#acked;
  }

  /** Rejects all that waits. */
  refuse(error: Error): void {
    for (const { refused } of this.#pieces) refused?.(error);
  }

  #timeoutMs(patienceMs: number = fallbackMs): number {
    return Math.min(patienceMs * 2 ** this.#timeouts, maxTimeoutMs);
  }

  #takePieces(): void {
    for (;;) {
      const piece = this.#pieces[this.#takenPieces];
      if (piece === undefined || piece.end > this.#acked + this.#windowBytes) break;
      piece.taken?.();
      this.#takenPieces++;
    }
    const kept = this.#pieces.findIndex(({ end }) => end > this.#acked);
    this.#takenPieces -= this.#pieces.splice(0, kept < 0 ? Infinity : kept).length;
  }
}
