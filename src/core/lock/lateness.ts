/** Later than this nothing was slow: it was a pause. Above what browsers do to the timers of a hidden page. */
const longestMs = 75_000;

/** So many of them show how it goes here: some four seconds' worth. */
const recent = 10;

/**
 * How late something comes at this member. Once late is a pause, as late as another time not long ago is how it goes here:
 * where a page gets only a part of its time, it runs in bursts, and what is late is followed by what is not.
 */
export class Lateness {
  readonly #last: number[] = [];
  ms = 0;

  note(byMs: number): void {
    if (!(byMs >= 0) || byMs > longestMs) return;
    this.#last.push(byMs);
    if (this.#last.length > recent) this.#last.shift();
    const descending = [...this.#last];
    descending.sort((a, b) => b - a);
    this.ms = descending[1] ?? 0;
  }
}
