import type { PeerId } from '../../../src/protocol/ids.ts';

/** What a server founded. */
export interface Founded {
  readonly epoch: number;
  readonly founder: PeerId | null;
  /** The epoch whose log goes on in this one. */
  readonly continues: number | null;
}

/** All epochs of the room, as servers told of them. */
export class Epochs {
  readonly #founded = new Map<number, Founded>();

  get(epoch: number): Founded | undefined {
    return this.#founded.get(epoch);
  }

  /** A server that takes over an epoch of another one does not know how it was founded. */
  learn(founded: Founded): void {
    if (founded.epoch > 0 && (founded.founder !== null || !this.#founded.has(founded.epoch)))
      this.#founded.set(founded.epoch, founded);
  }

  /** The epoch whose log begins with nothing that others have, and goes on in this one. */
  rootOf(epoch: number): number {
    const continues = this.#founded.get(epoch)?.continues ?? null;
    return continues === null ? epoch : this.rootOf(continues);
  }
}
