import type { Timers, Undo } from '../platform/platform.ts';
import type { PeerId } from '../protocol/ids.ts';

/**
 * Opening a direct path keeps a page busy for tens of milliseconds. What has to be said first, such as who leads, goes
 * over the relay meanwhile.
 */
const settleMs = 100;
/** For so long at least after its last message, a conversation still counts as one. */
const talkingMs = 60_000;

/** Direct paths are worth it to those that the election names, and to those that the application talks to. */
export class WantedPaths {
  readonly #timers: Timers;
  readonly #want: (peers: ReadonlySet<PeerId>) => void;
  /** With whom there was a conversation lately: true if since the last look. */
  readonly #talking = new Map<PeerId, boolean>();
  #election: readonly PeerId[] = [];
  #soon: Undo | null = null;
  #later: Undo | null = null;

  constructor(timers: Timers, want: (peers: ReadonlySet<PeerId>) => void) {
    this.#timers = timers;
    this.#want = want;
  }

  forElection(peers: readonly PeerId[]): void {
    this.#election = peers;
    this.#tellSoon();
  }

  talked(peer: PeerId): void {
    if (!this.#talking.has(peer)) this.#tellSoon();
    this.#talking.set(peer, true);
    this.#later ??= this.#timers.after(talkingMs, () => this.#look());
  }

  close(): void {
    this.#soon?.();
    this.#later?.();
  }

  #tellSoon(): void {
    this.#soon ??= this.#timers.after(settleMs, () => {
      this.#soon = null;
      this.#want(new Set([...this.#election, ...this.#talking.keys()]));
    });
  }

  /** Forgets those whom nobody has talked to since the last look. */
  #look(): void {
    this.#later = null;
    for (const [peer, lately] of this.#talking) {
      if (lately) this.#talking.set(peer, false);
      else this.#talking.delete(peer);
    }
    this.#tellSoon();
    if (this.#talking.size > 0) this.#later = this.#timers.after(talkingMs, () => this.#look());
  }
}
