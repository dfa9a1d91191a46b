/** Something that happens at an instant of true time. */
export interface Happening {
  readonly atMs: number;
  /** Its place among all that was ever queued: what falls on the same instant happens in this order. */
  order: number;
  happen(): void;
}

/** What is going to happen, earliest first: a binary heap in the total order of `(atMs, order)`. */
export class Queue {
  readonly #heap: Happening[] = [];
  #queued = 0;

  get length(): number {
    return this.#heap.length;
  }

  peek(): Happening | undefined {
    return this.#heap[0];
  }

  push(item: Happening): void {
    item.order = this.#queued++;
    const heap = this.#heap;
    let at = heap.length;
    heap.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent]!;
      if (before(above, item)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = item;
  }

  pop(): Happening | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(item: Happening): void {
    const heap = this.#heap;
    const size = heap.length;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && before(heap[child + 1]!, heap[child]!)) child++;
      if (before(item, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = item;
  }
}

function before(a: Happening, b: Happening): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
