import { quorumValue } from '../../../src/core/quorum/configuration.ts';
import { detourMs, nearTripMs } from '../distance.ts';
import type { World } from '../world.ts';
import type { QuorumLife } from './life.ts';
import { around } from './truth.ts';

/** There and back between these two at the most. */
export function tripMs({ schedule: { conditions } }: World<QuorumLife>, one: QuorumLife, other: QuorumLife): number {
  return one === other ? 0 : nearTripMs(conditions) + 2 * detourMs(conditions, one.seat.index, other.seat.index);
}

/**
 * To the slowest voter that a quorum needs if this one leads: of those that it can talk with, but for the one that leaves. Who is
 * far and is not needed delays nobody.
 */
export function neededTripMs(world: World<QuorumLife>, center: QuorumLife, leaves?: QuorumLife): number {
  const there = [center, ...around(world, center)].filter((life) => life !== leaves);
  const nearness = (id: string): number => {
    const life = there.find((one) => one.id === id);
    return life === undefined ? -Infinity : -tripMs(world, center, life);
  };
  return -quorumValue(center.core.configuration, nearness);
}
