/** Later than this nothing was slow: it was a pause. Above what browsers do to the timers of a hidden page. */
const longestMs = 75_000;

/** How late something comes at this member. Once late is a pause; as late as the time before is how it goes here. */
export class Lateness {
  ms = 0;
  #beforeMs = 0;

  note(byMs: number): void {
    if (!(byMs >= 0) || byMs > longestMs) return;
    this.ms = Math.min(byMs, this.#beforeMs);
    this.#beforeMs = byMs;
  }
}
