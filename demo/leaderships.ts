/** A stretch of time in which somebody led, as far as this page knows. */
export interface Leadership {
  readonly id: string;
  readonly term: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** True where this member followed it; false where it was only heard of, from the other side of a cut. */
  readonly followed: boolean;
}

/** Who led when: every sighting of a leader stretches its leadership up to that moment. */
export class Leaderships {
  readonly #known = new Map<string, Leadership>();

  observe(id: string, term: number, atMs: number, followed: boolean): void {
    const key = `${term}/${id}`;
    const known = this.#known.get(key);
    this.#known.set(key, {
      id,
      term,
      fromMs: known?.fromMs ?? atMs,
      toMs: Math.max(known?.toMs ?? atMs, atMs),
      followed: followed || (known?.followed ?? false),
    });
  }

  /** Those that reach into the time since `sinceMs`, oldest first; older ones are forgotten. */
  since(sinceMs: number): Leadership[] {
    for (const [key, leadership] of this.#known) if (leadership.toMs < sinceMs) this.#known.delete(key);
    return [...this.#known.values()].toSorted((a, b) => a.fromMs - b.fromMs || a.term - b.term);
  }
}
