/** What the leader publishes: the next one counts on from it. */
export interface CounterState {
  /** Who counted: what a leader took over from another is not its own. */
  readonly by: string;
  readonly tick: number;
  /** The first number that this leader counted, without another one in between. */
  readonly from: number;
}

export function counterState(published: unknown): CounterState | null {
  if (published === null || typeof published !== 'object') return null;
  const { by, tick, from } = published as Record<string, unknown>;
  if (typeof by !== 'string' || !Number.isSafeInteger(tick) || !Number.isSafeInteger(from)) return null;
  return { by, tick: Number(tick), from: Number(from) };
}

/** How many numbers two leaders counted both, while they led side by side. */
export function countedByBoth(one: CounterState | null, other: CounterState | null): number {
  if (!one || !other || one.by === other.by) return 0;
  return Math.max(0, Math.min(one.tick, other.tick) - Math.max(one.from, other.from) + 1);
}
