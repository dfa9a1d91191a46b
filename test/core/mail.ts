/** A message under way. */
export interface Letter {
  readonly from: string;
  readonly to: string;
  readonly message: unknown;
  readonly atMs: number;
}

/** What is under way between members, and the links that are cut. */
export class Mail {
  /** Oldest first. */
  letters: Letter[] = [];
  /** While true, nothing is delivered but by hand. */
  isHolding = false;
  readonly #cut = new Set<string>();

  /** Takes out what goes from one to the other, oldest first. */
  take(from: string, to: string): readonly Letter[] {
    const taken = this.letters.filter((letter) => letter.from === from && letter.to === to);
    this.letters = this.letters.filter((letter) => !taken.includes(letter));
    return taken;
  }

  isCut(from: string, to: string): boolean {
    return this.#cut.has(`${from} ${to}`);
  }

  /** One direction. */
  cut(from: string, to: string): void {
    this.#cut.add(`${from} ${to}`);
  }

  heal(from: string, to: string): void {
    this.#cut.delete(`${from} ${to}`);
  }

  /** Cuts every link between members of different sides. */
  partition(...sides: readonly (readonly string[])[]): void {
    for (const side of sides) {
      for (const other of sides) {
        if (side === other) continue;
        for (const from of side) for (const to of other) this.cut(from, to);
      }
    }
  }

  healAll(): void {
    this.#cut.clear();
  }
}
