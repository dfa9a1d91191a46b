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
  /** How often that number has come again. */
  readonly #again = new Map<number, number>();

  get(epoch: number): Founded | undefined {
    return this.#founded.get(epoch);
  }

  /** A server that takes over an epoch of another one does not know how it was founded. */
  learn(founded: Founded): void {
    const before = this.#founded.get(founded.epoch)?.founder ?? null;
    if (before !== null && founded.founder !== null && before !== founded.founder)
      this.#again.set(founded.epoch, this.timesAgain(founded.epoch) + 1);
    if (founded.epoch > 0 && (founded.founder !== null || !this.#founded.has(founded.epoch)))
      this.#founded.set(founded.epoch, founded);
  }

  /**
   * A server that has forgotten everything, its clock set back besides, may number an epoch like one that nobody is left
   * of (E5).
   */
  timesAgain(epoch: number): number {
    return this.#again.get(epoch) ?? 0;
  }

  /** The epoch whose log begins with nothing that others have, and goes on in this one. */
  rootOf(epoch: number): number {
    const continues = this.#founded.get(epoch)?.continues ?? null;
    return continues === null ? epoch + this.timesAgain(epoch) / 1_000 : this.rootOf(continues);
  }
}
