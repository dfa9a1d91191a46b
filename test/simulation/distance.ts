import type { Conditions } from './schedule.ts';

/** What the way from one place to the other takes longer than one among those that are near. */
export function detourMs({ far }: Pick<Conditions, 'far'>, from: number, to: number): number {
  if (far === undefined) return 0;
  return far.seats.includes(from) === far.seats.includes(to) ? 0 : far.delayMs;
}

/** There and back between two that are as far apart as pairs are drawn, of those that are near each other. */
export function nearTripMs({ delayMs, jitter }: Pick<Conditions, 'delayMs' | 'jitter'>): number {
  return 4 * delayMs * (1 + jitter);
}

/** The same of all: one may be near, and the other far away. */
export function farthestTripMs(conditions: Pick<Conditions, 'delayMs' | 'jitter' | 'far'>): number {
  return nearTripMs(conditions) + 2 * (conditions.far?.delayMs ?? 0);
}
