import type { Timers, Undo } from '../platform/platform.ts';
import type { PeerId } from '../protocol/ids.ts';

/** How long after its last message a conversation still counts as one. */
const talkingMs = 60_000;

/** Direct paths are worth it to those that the election names, and to those that the application talks to. */
export class WantedPaths {
  readonly #timers: Timers;
  readonly #want: (peers: ReadonlySet<PeerId>) => void;
  readonly #talking = new Map<PeerId, Undo>();
  #election: ReadonlySet<PeerId> = new Set();

  constructor(timers: Timers, want: (peers: ReadonlySet<PeerId>) => void) {
    this.#timers = timers;
    this.#want = want;
  }

  forElection(peers: ReadonlySet<PeerId>): void {
    this.#election = peers;
    this.#tell();
  }

  talked(peer: PeerId): void {
    const isNew = !this.#talking.has(peer);
    this.#talking.get(peer)?.();
    this.#talking.set(
      peer,
      this.#timers.after(talkingMs, () => this.forget(peer)),
    );
    if (isNew) this.#tell();
  }

  forget(peer: PeerId): void {
    this.#talking.get(peer)?.();
    if (this.#talking.delete(peer)) this.#tell();
  }

  close(): void {
    for (const undo of this.#talking.values()) undo();
    this.#talking.clear();
  }

  #tell(): void {
    this.#want(new Set([...this.#election, ...this.#talking.keys()]));
  }
}
