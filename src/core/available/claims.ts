import type { Leadership } from '../leadership.ts';
import { compareIds, sameLeadership } from './record.ts';
import type { Appointment, MemberRecord } from './record.ts';

/** A claim to lead, as it is compared with others. */
export interface LiveClaim extends Leadership {
  readonly settled: number;
  readonly following: number;
  readonly priority: number;
  readonly over: readonly Leadership[];
}

/**
 * The claims in a group: those its members make, and those that were handed to a member that has not yet heard of it.
 * The latter count at once, so that a goodbye tells everyone the next leader without waiting for that one to speak.
 */
export function liveClaims(members: readonly MemberRecord[], all: readonly MemberRecord[]): readonly LiveClaim[] {
  const claims: LiveClaim[] = [];
  for (const { id, priority, claim } of members) if (claim !== null) claims.push({ ...claim, id, priority });
  for (const { appoints } of all) {
    const heir = appoints === null ? undefined : members.find((member) => member.id === appoints.to);
    if (appoints === null || heir === undefined || !isOpen(appoints, heir)) continue;
    const { term, following } = appoints;
    claims.push({ id: heir.id, term, settled: term, following, priority: heir.priority, over: [] });
  }
  return claims;
}

/** An appointment stands until its heir has led, or has followed someone in that term or a later one. */
export function isOpen(appointment: Appointment, heir: MemberRecord): boolean {
  return (heir.follows?.term ?? 0) < appointment.term && (heir.claim?.term ?? 0) < appointment.term;
}

/** Whoever begins without having seen any leader has the lowest term, or, where terms begin by the clock, the highest. */
export type PreferredTerm = 'higher' | 'lower';

/**
 * The claim that stays when groups meet (A2): higher priority, then more followers, then the preferred term, then smaller id.
 * Terms and counts are those from before they met, so everybody compares the same figures, sooner or later.
 */
export function strongestOf(claims: readonly LiveClaim[], prefersTerm: PreferredTerm): LiveClaim | null {
  const sign = prefersTerm === 'higher' ? -1 : 1;
  const compare = (a: LiveClaim, b: LiveClaim): number =>
    b.priority - a.priority || b.following - a.following || sign * (a.settled - b.settled) || compareIds(a.id, b.id);
  let strongest: LiveClaim | null = null;
  for (const claim of claims) if (strongest === null || compare(claim, strongest) < 0) strongest = claim;
  return strongest;
}

/** The leadership that a claim continues since it was last alone in its group. */
export function settledIn({ id, settled }: LiveClaim): Leadership {
  return { id, term: settled };
}

/**
 * True if `loser` must yield: `winner` says that it prevails. Both may say so, each having compared with figures of the
 * other that changed meanwhile: then the smaller id prevails, for what was said is not taken back.
 */
export function prevails(winner: LiveClaim, loser: LiveClaim): boolean {
  return isOver(winner, loser) && !(isOver(loser, winner) && compareIds(loser.id, winner.id) < 0);
}

function isOver(winner: LiveClaim, loser: LiveClaim): boolean {
  return winner.over.some((rival) => sameLeadership(rival, settledIn(loser)));
}
