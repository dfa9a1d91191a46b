/**
 * How much the witnesses of all rooms store together. Half of it is shared out among as many rooms as there may be, and half
 * is for those that need more than their share: when that is used up, a room within its share goes on all the same.
 */
export class Budget {
  /** Of each room, always. */
  readonly shareChars: number;
  readonly #commonChars: number;
  readonly #onShort: () => void;
  /** Of each room that stores anything. */
  readonly #kept = new Map<string, number>();
  #keptChars = 0;
  /** By all rooms beyond their shares. */
  #usedChars = 0;

  /** @param onShort Nothing is left for those that need more than their share: told each time that this comes to be so. */
  constructor(maxChars: number, maxRooms: number, onShort: () => void) {
    this.#commonChars = maxChars / 2;
    this.shareChars = maxChars / 2 / maxRooms;
    this.#onShort = onShort;
  }

  get keptChars(): number {
    return this.#keptChars;
  }

  get isShort(): boolean {
    return this.#usedChars >= this.#commonChars;
  }

  /** So much is stored for that room by now. */
  note(room: string, chars: number): void {
    const before = this.#kept.get(room) ?? 0;
    const wasShort = this.isShort;
    if (chars > 0) this.#kept.set(room, chars);
    else this.#kept.delete(room);
    this.#keptChars += chars - before;
    this.#usedChars += this.#beyondShare(chars) - this.#beyondShare(before);
    if (this.isShort && !wasShort) this.#onShort();
  }

  #beyondShare(chars: number): number {
    return Math.max(0, chars - this.shareChars);
  }
}
