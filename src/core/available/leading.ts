import type { Leadership } from '../leadership.ts';
import type { LiveClaim } from './claims.ts';
import { sameLeadership } from './record.ts';
import type { Claim, MemberRecord } from './record.ts';
import { lineOfSuccession } from './succession.ts';

/** A group as one member sees it. */
export interface Group {
  readonly self: MemberRecord;
  /** This member included. */
  readonly members: readonly MemberRecord[];
  readonly claims: readonly LiveClaim[];
  readonly strongest: LiveClaim | null;
}

/** A new claim of `self`, in a term above every one seen. */
export function newClaim({ self, members }: Group, highestTerm: number): Claim {
  const term = highestTerm + 1;
  return { term, settled: term, following: followersOf(self.follows, members), over: [], origin: self.follows };
}

/** Members that follow the leadership; a new leader counts those that followed the same one as itself. */
function followersOf(leadership: Leadership | null, members: readonly MemberRecord[]): number {
  if (leadership === null) return 1;
  return Math.max(1, members.filter((member) => sameLeadership(member.follows, leadership)).length);
}

/** True if `self` is to lead, as nobody does. */
export function isNext(group: Group): boolean {
  return group.claims.length === 0 && lineOfSuccession(group.members)[0]?.id === group.self.id;
}

/** The first election waits for `minMembers`; a group in which anyone has seen a leader does not. */
export function isFounded(members: readonly MemberRecord[], minMembers: number): boolean {
  return members.length >= minMembers || members.some((member) => member.founded);
}

/** Terms seen by a member never go down: it accepts a leadership only above the last, or the last itself. */
export function isAcceptable(claim: Leadership, follows: Leadership | null): boolean {
  return follows === null || claim.term > follows.term || sameLeadership(claim, follows);
}

/** True if somebody in the group has seen a term that keeps it from following a leader in `term`. */
export function isOutrun(leader: Leadership, members: readonly MemberRecord[]): boolean {
  return members.some((member) => !isAcceptable(leader, member.follows));
}

/**
 * How many follow the only claim of the group; `null` while another competes, or while a member still follows another
 * leadership: then the count stands still, for all to compare the same.
 */
export function countFollowers(claim: Leadership, group: Group): number | null {
  if (group.claims.length !== 1) return null;
  let following = 0;
  for (const { follows } of group.members) {
    if (follows === null) continue;
    if (!sameLeadership(follows, claim)) return null;
    following++;
  }
  return following;
}

/** To whom a leader hands over: the one named, or the first in line; `null` if there is nobody. */
export function heirOf(group: Group, to: string | undefined): MemberRecord | null {
  const line = lineOfSuccession(group.members).filter((member) => member.id !== group.self.id);
  return (to === undefined ? line[0] : line.find((member) => member.id === to)) ?? null;
}
