import type { Leadership } from '../../../src/core/leadership.ts';
import { Violation } from '../checker.ts';
import type { World } from '../world.ts';
import { agreement, Missing } from './agreement.ts';
import type { Agreed } from './agreement.ts';
import { key, leaderOf } from './claims.ts';
import type { Conflicts } from './checkers/conflicts.ts';

export interface Bounds {
  /** Within this after faults stopped, all groups have agreed for good. */
  readonly agreeMs: number;
  /** For so long nothing may change then. */
  readonly steadyMs: number;
}

const lookEveryMs = 40;

/** A1: lets time pass until every group agrees, and goes on doing so. Returns how long that took. */
export function awaitAgreement(world: World, bounds: Bounds): { readonly afterMs: number; readonly agreed: Agreed[] } {
  const startMs = world.nowMs;
  let sinceMs: number | null = null;
  let before = '';
  for (;;) {
    const now = agreement(world);
    const seen = now instanceof Missing ? now.what : now.map(({ leader }) => (leader ? key(leader) : '')).join();
    if (now instanceof Missing) sinceMs = null;
    else if (sinceMs === null || seen !== before) sinceMs = world.nowMs;
    before = seen;
    if (!(now instanceof Missing) && world.nowMs - sinceMs! >= bounds.steadyMs)
      return { afterMs: sinceMs! - startMs, agreed: now };
    if ((sinceMs ?? world.nowMs) - startMs > bounds.agreeMs)
      throw new Violation(
        now instanceof Missing ? now.promise : 'A1: what a group agreed on lasts',
        `${bounds.agreeMs} ms on: ${seen}`,
      );
    world.runUntil(world.nowMs + lookEveryMs);
  }
}

/** A2: the leaders of groups in which each can talk with each crash, and others take over without a conflict. */
export function failOver(world: World, conflicts: Conflicts, agreed: readonly Agreed[], bounds: Bounds): number[] {
  const beheaded = agreed.filter(
    ({ leader, members }) => leader !== null && members.length > 2 && isMesh(world, members),
  );
  if (beheaded.length === 0) return [];
  const toldBefore = new Map(world.lives.map((life) => [life, new Set(conflicts.losersOf(life))]));
  for (const { leader } of beheaded)
    world.faults.begin({
      type: 'crash',
      atMs: world.nowMs,
      seat: world.lifeOf(leader!.id)!.seat.index,
      backAfterMs: null,
    });
  const { afterMs } = awaitAgreement(world, bounds);
  for (const life of beheaded.flatMap(({ members }) => members))
    for (const loser of conflicts.losersOf(life))
      if (!toldBefore.get(life)!.has(loser))
        throw new Violation(
          'A2: taking over from a leader that failed is no conflict',
          `${life.label} was told that ${loser} was displaced, when its leader had crashed`,
        );
  return [afterMs];
}

export function isMesh({ network }: World, members: Agreed['members']): boolean {
  const seats = members.map(({ seat }) => seat.index);
  return seats.every((from) => seats.every((to) => network.open(from, to)));
}

/** A2: cuts the members into groups, lets each choose, joins them, and sees who is left. */
export function splitAndMerge(world: World, conflicts: Conflicts, bounds: Bounds): number[] {
  const { split } = world.schedule;
  if (split === null) return [];
  const mend = world.faults.part(split);
  const apart = awaitAgreement(world, bounds);
  world.faults.publish(null);
  const published = awaitAgreement(world, bounds);
  const toldBefore = new Map(world.lives.map((life) => [life, [...conflicts.losersOf(life)]]));
  mend();
  const merged = awaitAgreement(world, bounds);
  for (const group of merged.agreed) {
    const parts = published.agreed.filter(({ members }) => members.every((member) => group.members.includes(member)));
    // News of what one part has been through may reach another with the merge, also later than promised.
    const old = new Set(group.members.flatMap((life) => toldBefore.get(life)!));
    checkMerge(group, parts, (life) => [...conflicts.losersOf(life)].filter((loser) => !old.has(loser)));
  }
  return [apart.afterMs, merged.afterMs];
}

function checkMerge(
  group: Agreed,
  parts: readonly Agreed[],
  newLosers: (life: Agreed['members'][number]) => readonly string[],
): void {
  const promise = 'A2: groups that meet keep one of their leaders';
  if (group.leader === null) return;
  const led = parts.flatMap(({ leader }) => leader ?? []);
  if (led.length === 0) return;
  const { id } = group.leader;
  const isLeft = led.some((leader) => leader.id === id);
  // Who is back in line in the merged group may be of higher priority than all that led, and take over a second later.
  if (!isLeft && led.some((leader) => priorityOf(leader, group) >= priorityOf(group.leader!, group)))
    throw new Violation(promise, `of ${led.map(key).join(', ')} none was left but ${key(group.leader)}`);
  if (isLeft && led.length === 2) checkChoice(group, parts);
  // Where three meet, who stays at first leads on in a higher term, and may lose in that one.
  const named = led.length === 2 ? (leadership: string): string => leadership : leaderOf;
  const others = led.filter((leader) => leader.id !== id).map((leader) => named(key(leader)));
  for (const member of group.members) {
    const told = newLosers(member).map(named);
    const isOnce = told.length === led.length - 1 && new Set(told).size === told.length;
    if (!isOnce || !told.every((loser) => others.includes(loser)))
      throw new Violation(
        'A2: one conflict for each displaced leadership',
        `${member.label} was told of [${told.join(', ')}] where ${led.length - 1} of [${others.join(', ')}] were displaced`,
      );
  }
}

/** Of two leaders the one stays that has the higher priority, more followers, the higher term or the smaller id. */
function checkChoice(group: Agreed, parts: readonly Agreed[]): void {
  const [best] = parts
    .flatMap(({ leader, members }) => (leader === null ? [] : [{ leader, followers: members.length }]))
    .toSorted(
      (a, b) =>
        priorityOf(b.leader, group) - priorityOf(a.leader, group) ||
        b.followers - a.followers ||
        b.leader.term - a.leader.term ||
        (a.leader.id < b.leader.id ? -1 : 1),
    );
  if (best!.leader.id !== group.leader!.id)
    throw new Violation(
      'A2: the leader that stays is chosen by priority, followers, term and id',
      `${key(group.leader!)} stayed, where ${key(best!.leader)} was to, with ${best!.followers} followers`,
    );
  // The one that yields may have raised its own once, having heard of a higher term before it heard of the stronger claim.
  const highest = Math.max(...parts.map(({ leader }) => leader?.term ?? 0));
  if (group.leader!.term > highest + 2)
    throw new Violation(
      'A3: leaders that meet do not raise their terms in turn',
      `${key(group.leader!)} leads, where terms were at most ${highest}`,
    );
}

export function priorityOf({ id }: Leadership, { members }: Agreed): number {
  return members.find((member) => member.id === id)!.seat.priority;
}
