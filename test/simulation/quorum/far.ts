import { Random } from '../random.ts';
import type { Conditions, FarPlace, Group, Schedule } from '../schedule.ts';
import { range, round } from '../swarm.ts';
import { withLongLeases } from './leases.ts';

/** How far apart those are at most that are near each other. */
const nearMs = 10;
/** From one continent to another. There and back takes longer than the shortest lease. */
const shortestDetourMs = 130;
const longestDetourMs = 300;
const shortestLeaseMs = 250;

type FarConditions = Conditions & { readonly far: FarPlace };

/**
 * In a part of the runs one member is so far from all others, who are near each other, that no answer comes from there within
 * the lease that these hold among themselves; in some of them several are.
 */
export function withFarPlace(schedule: Schedule): Schedule {
  const random = new Random(schedule.seed, 'far place');
  const { seats } = schedule;
  if (seats < 2 || !random.chance(0.2)) return schedule;
  const several = random.chance(0.2) ? random.whole(1, seats - 1) : 1;
  const conditions = withFar(random, schedule.conditions, random.shuffle(range(seats)).slice(0, several));
  const minLeaseMs = random.chance(0.7) ? shortestLeaseMs : schedule.group!.limits.minLeaseMs!;
  const group = { ...schedule.group!, limits: { ...schedule.group!.limits, minLeaseMs } };
  return { ...schedule, conditions, group: withPatience(withLongLeases(group, conditions), conditions) };
}

/** The same, but that those who sit there are far from all others, who are near. */
export function withFar(random: Random, conditions: Conditions, seats: readonly number[]): FarConditions {
  const delayMs = Math.min(conditions.delayMs, round(random.magnitude(0.5, nearMs)));
  const detourMs = Math.round(random.between(shortestDetourMs, longestDetourMs));
  return { ...conditions, delayMs, far: { seats, delayMs: detourMs } };
}

/** Members wait for the server's answer before they ask again, and ask more than once within their charter. */
function withPatience(group: Group, { discoveryMs, far }: FarConditions): Group {
  const { room } = group;
  if (room?.server === undefined) return group;
  const pingMs = Math.max(room.server.pingMs, Math.ceil(2 * (discoveryMs + far.delayMs)));
  const charterMs = Math.max(room.server.charterMs, 6 * pingMs);
  return { ...group, room: { ...room, server: { ...room.server, pingMs, charterMs } } };
}
