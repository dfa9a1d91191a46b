import { compareIds } from './record.ts';
import type { Appointment, Leadership, MemberRecord } from './record.ts';

/** A claim to lead, as it is compared with others. */
export interface LiveClaim extends Leadership {
  readonly priority: number;
  readonly following: number;
}

/**
 * The claims in a group: those its members make, and those that were handed to a member that has not yet heard of it.
 * The latter count at once, so that a goodbye tells everyone the next leader without waiting for that one to speak.
 */
export function liveClaims(members: readonly MemberRecord[], all: Iterable<MemberRecord>): readonly LiveClaim[] {
  const claims: LiveClaim[] = [];
  for (const member of members) {
    if (member.claim === null) continue;
    const { term, following } = member.claim;
    claims.push({ id: member.id, term, following, priority: member.priority });
  }
  const byId = new Map(members.map((member) => [member.id, member]));
  for (const { appoints } of all) {
    const heir = appoints === null ? undefined : byId.get(appoints.to);
    if (appoints === null || heir === undefined || !isOpen(appoints, heir)) continue;
    claims.push({ id: heir.id, term: appoints.term, following: appoints.following, priority: heir.priority });
  }
  return claims;
}

/** An appointment stands until its heir has led, or has followed someone in that term or a later one. */
export function isOpen(appointment: Appointment, heir: MemberRecord): boolean {
  return (heir.follows?.term ?? 0) < appointment.term && (heir.claim?.term ?? 0) < appointment.term;
}

/**
 * The claim that stays when groups meet (A2): higher priority, then more followers, then higher term, then smaller id.
 * Counts of followers stand still while claims compete, so everybody compares the same figures, sooner or later.
 */
export function strongestOf(claims: readonly LiveClaim[]): LiveClaim | null {
  let strongest: LiveClaim | null = null;
  for (const claim of claims) if (strongest === null || compareClaims(claim, strongest) < 0) strongest = claim;
  return strongest;
}

function compareClaims(a: LiveClaim, b: LiveClaim): number {
  return b.priority - a.priority || b.following - a.following || b.term - a.term || compareIds(a.id, b.id);
}
