import type { PeerId } from '../protocol/ids.ts';

interface Held<Words> {
  readonly peer: PeerId;
  readonly words: Words;
  readonly bytes: number;
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

  /** Returns who said what is dropped for it. */
  hold(peer: PeerId, words: Words, bytes: number, nowMs: number): PeerId[] {
    this.#held.push({ peer, words, bytes, atMs: nowMs });
    let sum = 0;
    // From the newest on, as much as there is room for.
    const first = this.#held.findLastIndex(
      (held, at) =>
        (sum += held.bytes) > maxHeldBytes || this.#held.length - at > maxHeld || nowMs - held.atMs > holdMs,
    );
    return this.#held.splice(0, first + 1).map((held) => held.peer);
  }

  /** Hands out what `peer` has said, in order, and however long ago: what is not dropped is not lost. */
  release(peer: PeerId): readonly Held<Words>[] {
    const released = this.#held.filter((held) => held.peer === peer);
    this.#held = this.#held.filter((held) => held.peer !== peer);
    return released;
  }
}
