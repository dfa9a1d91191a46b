import type { Timers, Undo } from '../platform/platform.ts';
import type { PeerId } from '../protocol/ids.ts';

/**
 * Opening a direct path keeps a page busy for tens of milliseconds. What has to be said first, such as who leads, goes
 * over the relay meanwhile.
 */
const settleMs = 100;
/** For so long at least after its last message, a conversation still counts as one. */
const talkingMs = 60_000;

export interface WantedPathsOptions {
  readonly timers: Timers;
  /** Whether a direct path to that member may be worth it at all. When that changes, call `changed`. */
  isWorthIt(peer: PeerId): boolean;
  want(peers: ReadonlySet<PeerId>): void;
}

/** Direct paths are worth it to those that the election names, and to those that the application talks to. */
export class WantedPaths {
  readonly #options: WantedPathsOptions;
  /** With whom there was a conversation lately: true if since the last look. */
  readonly #talking = new Map<PeerId, boolean>();
  #election: readonly PeerId[] = [];
  #soon: Undo | null = null;
  #later: Undo | null = null;

  constructor(options: WantedPathsOptions) {
    this.#options = options;
  }

  forElection(peers: readonly PeerId[]): void {
    this.#election = peers;
    this.changed();
  }

  talked(peer: PeerId): void {
    if (!this.#talking.has(peer)) this.changed();
    this.#talking.set(peer, true);
    this.#later ??= this.#options.timers.after(talkingMs, () => this.#look());
  }

  changed(): void {
    const { timers, isWorthIt, want } = this.#options;
    this.#soon ??= timers.after(settleMs, () => {
      this.#soon = null;
      want(new Set([...this.#election, ...this.#talking.keys()].filter(isWorthIt)));
    });
  }

  close(): void {
    this.#soon?.();
    this.#later?.();
  }

  /** Forgets those whom nobody has talked to since the last look. */
  #look(): void {
    this.#later = null;
    for (const [peer, lately] of this.#talking) {
      if (lately) this.#talking.set(peer, false);
      else this.#talking.delete(peer);
    }
    this.changed();
    if (this.#talking.size > 0) this.#later = this.#options.timers.after(talkingMs, () => this.#look());
  }
}
