/** There and back between two that are as far apart as pairs are drawn. */
export function farthestTripMs(delayMs: number, jitter: number): number {
  return 4 * delayMs * (1 + jitter);
}

/** The longest lease has to be some round trips long. */
export function longEnough(roundTripMs: number, maxLeaseMs: number): number {
  return Math.min(5_000, Math.max(maxLeaseMs, Math.ceil(4 * roundTripMs)));
}
