import { Violation } from '../checker.ts';
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
  /** Up to this one none is founded again. */
  #taken = 0;

  get(epoch: number): Founded | undefined {
    return this.#founded.get(epoch);
  }

  /** A server begins that knows nothing of those before it, but that none was numbered above what its clock names: so it assumes. */
  begin(highest: number): void {
    this.#taken = highest;
  }

  /** A server that takes over an epoch of another one does not know how it was founded. */
  learn(founded: Founded): void {
    const before = this.#founded.get(founded.epoch)?.founder ?? null;
    if (before !== null && founded.founder !== null && before !== founded.founder) this.#count(founded);
    if (founded.epoch > 0 && (founded.founder !== null || !this.#founded.has(founded.epoch)))
      this.#founded.set(founded.epoch, founded);
  }

  /** Numbered like one that nobody is left of, by a server whose clock was behind when it knew of none (E5). */
  timesAgain(epoch: number): number {
    return this.#again.get(epoch) ?? 0;
  }

  /** The epoch whose log begins with nothing that others have, and goes on in this one. */
  rootOf(epoch: number): number {
    const continues = this.#founded.get(epoch)?.continues ?? null;
    return continues === null ? epoch + this.timesAgain(epoch) / 1_000 : this.rootOf(continues);
  }

  #count({ epoch, founder }: Founded): void {
    if (epoch <= this.#taken) throw new Violation('E1: epochs rise', `epoch ${epoch} was founded again, by ${founder}`);
    this.#again.set(epoch, this.timesAgain(epoch) + 1);
  }
}
