/** Something that happened, and that nothing which happens elsewhere or later may contradict. */
export interface Mark {
  readonly number: number;
  /** Of what there is only one value, ever. */
  readonly of: string;
  readonly value: string;
  /** The promise that a second value breaks. */
  readonly promise: string;
  /** Of an entry that is committed; `null`: it is about something else. */
  readonly index: number | null;
}

/** All marks that were made so far. Never changed in place: states that come to the same share it. */
export interface Chronicle {
  readonly number: number;
  readonly marks: ReadonlyMap<string, Mark>;
}

/** Gives out marks and chronicles; the same ones for the same contents. */
export class Marks {
  readonly blank: Chronicle = { number: 0, marks: new Map() };
  readonly #marks = new Map<string, Mark>();
  readonly #chronicles = new Map<string, Chronicle>([['', this.blank]]);

  mark(promise: string, of: string, value: string, index: number | null = null): Mark {
    const key = `${of}: ${value}`;
    let mark = this.#marks.get(key);
    if (mark === undefined) this.#marks.set(key, (mark = { number: this.#marks.size, of, value, promise, index }));
    return mark;
  }

  /** With that mark in it; or which mark it contradicts. */
  add(chronicle: Chronicle, mark: Mark): Chronicle | { readonly contradicted: Mark } {
    const before = chronicle.marks.get(mark.of);
    if (before !== undefined) return before === mark ? chronicle : { contradicted: before };
    const marks = [...chronicle.marks.values(), mark].toSorted((a, b) => a.number - b.number);
    const key = marks.map(({ number }) => number).join(' ');
    let next = this.#chronicles.get(key);
    if (next === undefined) {
      next = { number: this.#chronicles.size, marks: new Map(marks.map((one) => [one.of, one])) };
      this.#chronicles.set(key, next);
    }
    return next;
  }
}
