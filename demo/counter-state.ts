/** What the leader publishes: the next one counts on from it. */
export interface CounterState {
  readonly tick: number;
  /** The first number that this leader counted, without another one in between. */
  readonly from: number;
}

export function counterState(published: unknown): CounterState | null {
  if (published === null || typeof published !== 'object') return null;
  if (!('tick' in published) || !('from' in published)) return null;
  const { tick, from } = published;
  return Number.isSafeInteger(tick) && Number.isSafeInteger(from) ? { tick: Number(tick), from: Number(from) } : null;
}

/** How many numbers two leaders counted both, while they led side by side. */
export function countedByBoth(one: CounterState | null, other: CounterState | null): number {
  if (!one || !other) return 0;
  return Math.max(0, Math.min(one.tick, other.tick) - Math.max(one.from, other.from) + 1);
}
