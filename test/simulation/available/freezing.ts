import { Violation } from '../checker.ts';
import type { Life } from '../life.ts';
import type { World } from '../world.ts';
import type { Agreed } from './agreement.ts';
import { key } from './claims.ts';
import type { Conflicts } from './checkers/conflicts.ts';
import { awaitAgreement, isMesh, priorityOf } from './recovery.ts';
import type { Bounds } from './recovery.ts';

const promise = 'F1: who wakes follows whoever took over, without a conflict';

/**
 * F1: of those who can talk with everybody in their group, some freeze until the others have agreed without them. When
 * they wake, who leads then goes on leading, and nobody is told of a conflict. Returns what is agreed on in the end.
 */
export function freezeAndWake(
  world: World,
  conflicts: Conflicts,
  agreed: readonly Agreed[],
  bounds: Bounds,
): { readonly tookMs: readonly number[]; readonly agreed: readonly Agreed[] } {
  const { frozen } = world.schedule;
  if (!frozen) return { tookMs: [], agreed };
  const freezes = ({ seat }: Life): boolean => frozen.seats.includes(seat.index);
  const concerned = agreed.filter(
    ({ members }) => members.some(freezes) && !members.every(freezes) && isMesh(world, members),
  );
  const freezing = concerned.flatMap(({ members }) => members.filter(freezes));
  if (freezing.length === 0) return { tookMs: [], agreed };
  for (const life of freezing) life.pause(frozen.sleeps);
  const apart = awaitAgreement(world, bounds);
  // In a large group those who are left may have fallen apart first: of that everybody is told in the end.
  const old = new Set(world.lives.flatMap((life) => [...conflicts.losersOf(life)]));
  for (const life of freezing) life.resume();
  const together = awaitAgreement(world, bounds);
  for (const { members } of concerned) {
    const awake = members.find((member) => !freezes(member))!;
    checkLeader(groupOf(awake, apart.agreed), groupOf(awake, together.agreed));
    for (const life of members)
      for (const loser of conflicts.losersOf(life))
        if (!old.has(loser)) throw new Violation(promise, `${life.label} was told that ${loser} was displaced`);
  }
  return { tookMs: [apart.afterMs, together.afterMs], agreed: together.agreed };
}

function groupOf(life: Life, agreed: readonly Agreed[]): Agreed {
  return agreed.find(({ members }) => members.includes(life))!;
}

/** Who wakes and is of higher priority takes over a second later. */
function checkLeader({ leader: before }: Agreed, after: Agreed): void {
  const { leader } = after;
  if (before === null || leader === null || leader.id === before.id) return;
  if (priorityOf(leader, after) <= priorityOf(before, after))
    throw new Violation(promise, `${key(leader)} leads since it woke, where ${key(before)} had taken over`);
}
