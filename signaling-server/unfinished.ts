import { maxWitnessMessageBytes } from '../src/protocol/pieces.ts';

/** Of all rooms together: a few of the longest messages. */
const maxTotalBytes = 8 * maxWitnessMessageBytes;

/** A room's unfinished messages. */
export interface Sheaf {
  /** Gives all of them up: to their senders they are lost on the way. */
  drop(): void;
}

/**
 * What members leave unfinished of their messages to the witnesses of all rooms together: beyond its bound, the room that
 * was written to longest ago gives up its own. Nothing is ever kept of a message that comes in one piece.
 */
export class Unfinished {
  readonly #maxBytes: number;
  /** Those of which anything is kept. The one that was written to longest ago comes first. */
  readonly #kept = new Map<Sheaf, number>();
  #bytes = 0;

  constructor(maxBytes: number = maxTotalBytes) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** So much is kept of that room by now. */
  note(sheaf: Sheaf, bytes: number): void {
    this.#forget(sheaf);
    if (bytes > 0) this.#kept.set(sheaf, bytes);
    this.#bytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#forget(oldest);
      oldest.drop();
    }
  }

  #forget(sheaf: Sheaf): void {
    this.#bytes -= this.#kept.get(sheaf) ?? 0;
    this.#kept.delete(sheaf);
  }
}
