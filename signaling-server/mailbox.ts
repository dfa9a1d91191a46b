import type { PeerId } from '../src/protocol/ids.ts';
import { maxWitnessMessageBytes, PieceAssembler, type Assembled } from '../src/protocol/pieces.ts';
import type { Sheaf, Unfinished } from './unfinished.ts';

/** Of all senders of a room together: the longest message fits, beside others. */
const maxKeptBytes = 2 * maxWitnessMessageBytes;

/**
 * Puts the messages of all members of a room together from their pieces, within one budget of its own and one of all rooms.
 * Beyond it, what is given up is of whoever was heard longest ago: to its sender it is lost on the way.
 */
export class Mailbox implements Sheaf {
  readonly #maxSenders: number;
  readonly #unfinished: Unfinished;
  /** Of whom something is kept. Who was heard longest ago comes first. */
  readonly #assemblers = new Map<PeerId, PieceAssembler>();
  #keptBytes = 0;

  constructor(maxSenders: number, unfinished: Unfinished) {
    this.#maxSenders = maxSenders;
    this.#unfinished = unfinished;
  }

  take(from: PeerId, piece: Uint8Array): Assembled {
    const assembler = this.#assemblers.get(from) ?? new PieceAssembler(maxWitnessMessageBytes);
    const beforeBytes = this.#keptBytes;
    this.#drop(from, assembler);
    const assembled = assembler.take(piece);
    if (assembler.keptBytes > 0) this.#keep(from, assembler);
    if (this.#keptBytes !== beforeBytes) this.#unfinished.note(this, this.#keptBytes);
    return assembled;
  }

  drop(): void {
    this.#assemblers.clear();
    this.#keptBytes = 0;
  }

  /** Nothing comes any more. */
  close(): void {
    this.drop();
    this.#unfinished.note(this, 0);
  }

  #keep(from: PeerId, assembler: PieceAssembler): void {
    this.#assemblers.set(from, assembler);
    this.#keptBytes += assembler.keptBytes;
    for (const [oldest, given] of this.#assemblers) {
      if (this.#keptBytes <= maxKeptBytes && this.#assemblers.size <= this.#maxSenders) return;
      this.#drop(oldest, given);
    }
  }

  #drop(from: PeerId, assembler: PieceAssembler): void {
    if (this.#assemblers.delete(from)) this.#keptBytes -= assembler.keptBytes;
  }
}
