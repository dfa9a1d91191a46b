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
  #held: Held[] = [];

  /** Returns the senders of the frames that are dropped for it. */
  hold(path: Path, frame: Uint8Array, nowMs: number): PeerId[] {
    this.#held.push({ path, frame, atMs: nowMs });
    let bytes = 0;
    // From the newest on, as much as there is room for.
    const first = this.#held.findLastIndex(
      (held, at) =>
        (bytes += held.frame.byteLength) > maxHeldBytes ||
        this.#held.length - at > maxHeld ||
        nowMs - held.atMs > holdMs,
    );
    return this.#held.splice(0, first + 1).map((held) => held.path.peer);
  }

  /** Hands out what was held for `peer`, in order. */
  release(peer: PeerId, nowMs: number): Held[] {
    const released = this.#held.filter(({ path, atMs }) => path.peer === peer && nowMs - atMs <= holdMs);
    this.#held = this.#held.filter(({ path }) => path.peer !== peer);
    return released;
  }
}
