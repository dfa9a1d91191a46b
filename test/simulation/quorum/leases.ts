import { farthestTripMs } from '../distance.ts';
import type { Conditions, Group } from '../schedule.ts';

/** Until a member hears that what it wrote is durable. */
export function longestWriteMs({ diskMs, toldLateMs = 0 }: Pick<Group, 'diskMs' | 'toldLateMs'>): number {
  return 1.7 * diskMs + toldLateMs;
}

/** The longest lease has to be some round trips long. */
export function longEnough(conditions: Conditions, maxLeaseMs: number): number {
  return Math.min(5_000, Math.max(maxLeaseMs, Math.ceil(4 * farthestTripMs(conditions))));
}

/** For members that were moved apart since their group was drawn. */
export function withLongLeases(group: Group, conditions: Conditions): Group {
  const { maxLeaseMs } = group.limits;
  if (maxLeaseMs === undefined) return group;
  return { ...group, limits: { ...group.limits, maxLeaseMs: longEnough(conditions, maxLeaseMs) } };
}
