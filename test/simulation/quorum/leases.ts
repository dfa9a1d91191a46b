import type { Group } from '../schedule.ts';

/** Until a member hears that what it wrote is durable. */
export function longestWriteMs({ diskMs, toldLateMs = 0 }: Pick<Group, 'diskMs' | 'toldLateMs'>): number {
  return 1.7 * diskMs + toldLateMs;
}

/** There and back between two that are as far apart as pairs are drawn. */
export function farthestTripMs(delayMs: number, jitter: number): number {
  return 4 * delayMs * (1 + jitter);
}

/** The longest lease has to be some round trips long. */
export function longEnough(roundTripMs: number, maxLeaseMs: number): number {
  return Math.min(5_000, Math.max(maxLeaseMs, Math.ceil(4 * roundTripMs)));
}
