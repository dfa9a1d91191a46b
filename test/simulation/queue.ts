/** Something that happens at an instant of true time. */
export interface Happening {
  readonly atMs: number;
  happen(): void;
}

/**
 * What is going to happen, earliest first, and in the order of its queueing where instants are the same: a binary heap.
 * What it compares lies beside what is queued, not in it: millions of times and objects of many shapes.
 */
export class Queue {
  readonly #times: number[] = [];
  readonly #orders: number[] = [];
  readonly #items: Happening[] = [];
  #queued = 0;

  get length(): number {
    return this.#items.length;
  }

  /** Of what happens next; `Infinity`: nothing does. */
  get nextAtMs(): number {
    return this.#items.length === 0 ? Infinity : this.#times[0]!;
  }

  push(item: Happening): void {
    const times = this.#times;
    const { atMs } = item;
    let at = times.length;
    times.push(atMs);
    this.#orders.push(0);
    this.#items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      // What was queued before comes first at the same instant.
      if (times[parent]! <= atMs) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, atMs, this.#queued++, item);
  }

  pop(): Happening | undefined {
    const first = this.#items[0];
    const atMs = this.#times.pop();
    const order = this.#orders.pop();
    const item = this.#items.pop();
    if (atMs !== undefined && this.#items.length > 0) this.#sink(atMs, order!, item!);
    return first;
  }

  #sink(atMs: number, order: number, item: Happening): void {
    const times = this.#times;
    const size = times.length;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#isBefore(child + 1, times[child]!, this.#orders[child]!)) child++;
      if (!this.#isBefore(child, atMs, order)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, atMs, order, item);
  }

  #isBefore(at: number, atMs: number, order: number): boolean {
    const ms = this.#times[at]!;
    return ms < atMs || (ms === atMs && this.#orders[at]! < order);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from]!, this.#orders[from]!, this.#items[from]!);
  }

  #put(at: number, atMs: number, order: number, item: Happening): void {
    this.#times[at] = atMs;
    this.#orders[at] = order;
    this.#items[at] = item;
  }
}
