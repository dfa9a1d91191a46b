import type { PeerId } from '../protocol/ids.ts';
import type { Path } from '../transports/transport.ts';

interface Held {
  readonly path: Path;
  readonly frame: Uint8Array;
  readonly atMs: number;
}

const maxHeld = 256;
const maxHeldBytes = 256 * 1024;
const holdMs = 5_000;

/**
 * A relayed frame may overtake the news that its sender has joined. Frames from strangers are held for a moment, within
 * bounds, so that a joiner's first words need not be sent twice.
 */
export class Strangers {
  #held: { readonly peer: PeerId; readonly held: Held }[] = [];
  #bytes = 0;

  /** Returns how many frames were dropped for it, by sender. */
  hold(peer: PeerId, path: Path, frame: Uint8Array, nowMs: number): PeerId[] {
    this.#held.push({ peer, held: { path, frame, atMs: nowMs } });
    this.#bytes += frame.byteLength;
    const dropped: PeerId[] = [];
    for (let first = this.#held[0]; first !== undefined && this.#overdue(first.held, nowMs); first = this.#held[0]) {
      this.#held.shift();
      this.#bytes -= first.held.frame.byteLength;
      dropped.push(first.peer);
    }
    return dropped;
  }

  /** Hands out what was held for `peer`, in order. */
  release(peer: PeerId, nowMs: number): { readonly path: Path; readonly frame: Uint8Array }[] {
    const released = this.#held.filter((entry) => entry.peer === peer);
    if (released.length === 0) return [];
    this.#held = this.#held.filter((entry) => entry.peer !== peer);
    for (const { held } of released) this.#bytes -= held.frame.byteLength;
    return released.map((entry) => entry.held).filter((held) => nowMs - held.atMs <= holdMs);
  }

  #overdue(held: Held, nowMs: number): boolean {
    return this.#held.length > maxHeld || this.#bytes > maxHeldBytes || nowMs - held.atMs > holdMs;
  }
}
