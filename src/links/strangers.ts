import type { PeerId } from '../protocol/ids.ts';

export interface Held<Words> {
  readonly peer: PeerId;
  readonly words: Words;
  readonly bytes: number;
  /** Of the session that nobody says them in again; 0: what is lost is sent anew, or is nothing. */
  readonly from: number;
  readonly atMs: number;
}

const maxHeld = 256;
const maxHeldBytes = 256 * 1024;
const holdMs = 5_000;

/**
 * What somebody says may overtake the news that it has joined. What comes from strangers is held within bounds, and for a
 * moment at least, so that a joiner's first words need not be sent twice: pages send none of them twice.
 */
export class Strangers<Words> {
  #held: Held<Words>[] = [];

  /** Returns what is dropped for it. */
  hold(held: Held<Words>): readonly Held<Words>[] {
    this.#held.push(held);
    let sum = 0;
    // From the newest on, as much as there is room for.
    const first = this.#held.findLastIndex(
      ({ bytes, atMs }, at) =>
        (sum += bytes) > maxHeldBytes || this.#held.length - at > maxHeld || held.atMs - atMs > holdMs,
    );
    return this.#held.splice(0, first + 1);
  }

  /** Hands out what `peer` has said, in order, and however long ago: what is not dropped is not lost. */
  release(peer: PeerId): readonly Held<Words>[] {
    const released = this.#held.filter((held) => held.peer === peer);
    this.#held = this.#held.filter((held) => held.peer !== peer);
    return released;
  }
}
