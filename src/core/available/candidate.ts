import type { Leadership } from '../leadership.ts';
import { isOpen, liveClaims, prevails, settledIn, strongestOf } from './claims.ts';
import type { LiveClaim } from './claims.ts';
import { countFollowers, heirOf, isAcceptable, isFounded, isNext, isOutrun, newClaim } from './leading.ts';
import { maxRivals } from './limits.ts';
import type { Member } from './member.ts';
import { gatheringUntil } from './neighbours.ts';
import { steadyMs } from './pace.ts';
import { sameClaim, sameLeadership } from './record.ts';
import type { Claim } from './record.ts';
import { lineOfSuccession } from './succession.ts';

// This member's part in who leads: it claims, holds on, follows, steps down or hands over.

/** Others may have given this member up by now: its claim counts as one that nobody follows. */
export function doubt(member: Member): void {
  const { claim } = member.own;
  member.mustRaise = true;
  if (claim !== null) member.amend({ claim: { ...claim, following: 0 } });
}

/** Takes one step towards what the group's records call for, unless a change is still to be settled. */
export function lead(member: Member): void {
  if (member.isStale) return;
  const { steady } = member;
  member.leader = member.steady = null;
  member.waitsUntil = Infinity;
  if (member.isUnsure || member.view === null) return;
  takeRank(member);
  const { own, id, group } = member;
  const strongest = group.strongest ?? leaderMet(member);
  if (own.claim !== null) defend(member, own.claim, steady);
  else if (strongest === null) claimIfNext(member);
  else if (strongest.id === id) takeOver(member, strongest);
  else follow(member, strongest);
}

function takeRank(member: Member): void {
  const { own, group, groupIds, table, pending } = member;
  if (own.rank !== null) return;
  const isLookingAround = [...pending.keys()].some((id) => !groupIds.includes(id));
  if (group.claims.length > 0 || !isLookingAround) member.amend({ rank: table.highestRank + 1 });
}

/** A newcomer follows the first leader it hears, before that one has heard it: half a round trip sooner. */
function leaderMet({ own, heardLinks, table, prefersTerm }: Member): LiveClaim | null {
  if (own.rank !== null) return null;
  return strongestOf(liveClaims(table.among(heardLinks.map(({ peer }) => peer)), []), prefersTerm);
}

function claimIfNext(member: Member): void {
  const { isStale, group, own, minMembers, table, pending } = member;
  if (isStale || !isNext(group)) return;
  if (own.follows === null && pending.size > 0) return;
  if (isFounded(group.members, minMembers) && !isGathering(member)) raise(member, newClaim(group, table.highestTerm));
}

/** Whoever is about to join the group may bring its leader, or the one that others of the group follow. */
function isGathering(member: Member): boolean {
  const until = gatheringUntil(member);
  if (until > member.now) member.waitsUntil = until;
  return until > member.now;
}

function raise(member: Member, claim: Claim): void {
  const leadership = { id: member.id, term: claim.term };
  member.mustRaise = false;
  member.register.lead(leadership);
  member.amend({ claim, follows: leadership, founded: true, appoints: null });
}

/** The leadership that it was handed. */
function takeOver(member: Member, { term, following }: LiveClaim): void {
  raise(member, { term, settled: term, following, over: [], origin: member.own.follows });
}

/** Somebody else leads, or will. */
function follow(member: Member, { id, term }: Leadership): void {
  const { follows } = member.own;
  const leader = { id, term };
  member.mustRaise = false;
  if (!isAcceptable(leader, follows)) return;
  if (!sameLeadership(leader, follows)) return member.amend({ follows: leader, founded: true });
  member.leader = leader;
  endAppointment(member, leader);
}

/**
 * Who resigned stays last in line while its heir leads; under any other leader it has its old place again. Who yielded
 * to a higher priority stands behind it anyway.
 */
function endAppointment(member: Member, leader: Leadership): void {
  const { appoints, priority } = member.own;
  const known = member.table.get(leader.id);
  if (appoints === null || known === undefined || leader.term < appoints.term) return;
  if (leader.id === appoints.to && (isOpen(appoints, known) || known.priority <= priority)) return;
  member.amend({ appoints: null });
}

/** This member leads. Others that do have met it, perhaps: one of them stays. */
function defend(member: Member, own: Claim, steady: Member['steady']): void {
  const { id, group, mustRaise, prefersTerm } = member;
  const { claims, strongest } = group;
  const mine = claims.find((live) => live.id === id && live.term === own.term);
  if (mine === undefined || strongest === null) return;
  const prevailing = claims.filter((rival) => rival.id !== id && (mustRaise || prevails(rival, mine)));
  const winner = strongestOf(prevailing, prefersTerm);
  if (winner !== null) yieldTo(member, winner, mine);
  else if (strongest.id !== id) {
    // The stronger one has not seen this one yet, and may have changed meanwhile: it says so when it has.
    member.leader = member.own.follows;
  } else if (strongest.term > own.term) takeOver(member, strongest);
  else holdOn(member, own, steady);
}

/** After a pause without a word: it was given up meanwhile, and somebody took over. */
function yieldTo(member: Member, { id, term }: LiveClaim, mine: LiveClaim): void {
  const { register, conflicts, now, mustRaise } = member;
  if (!mustRaise) conflicts.learn({ loser: settledIn(mine), winner: { id, term }, edition: register.edition }, now);
  member.amend({ claim: null });
}

/** This member's claim is the strongest: make it real, keep its term above all, count who follows. */
function holdOn(member: Member, own: Claim, steady: Member['steady']): void {
  const { id, group, table } = member;
  const rivals = group.claims.filter((rival) => rival.id !== id);
  const over = rivals.map(settledIn).slice(0, maxRivals);
  const leader = { id, term: own.term };
  const isOvertaken = member.mustRaise || isOutrun(leader, group.members);
  if (isOvertaken && !isGathering(member)) return raise(member, { ...own, over, term: table.highestTerm + 1 });
  if (member.mustRaise) return;
  member.leader = leader;
  const following = countFollowers(leader, group);
  const counted = { ...own, over, ...(following !== null && { following, settled: own.term }) };
  if (!sameClaim(own, counted)) member.amend({ claim: counted });
  yieldToPriority(member, steady);
}

/** Priority binds incumbents: after a steady while, the first in line of higher priority leads. */
function yieldToPriority(member: Member, before: Member['steady']): void {
  const { group, own, now } = member;
  const first = lineOfSuccession(group.members)[0];
  if (first === undefined || first.priority <= own.priority || group.claims.length !== 1) return;
  const steady = before?.id === first.id ? before : { id: first.id, since: now };
  member.steady = steady;
  if (now - steady.since >= steadyMs) appoint(member, first.id);
}

export function isLeading({ leader, id, own }: Member): boolean {
  return leader?.id === id && own.claim !== null;
}

/** Hands over to `to`, or to the first in line, if it leads and there is somebody. */
export function transfer(member: Member, to: string | undefined): void {
  const heir = isLeading(member) ? heirOf(member.group, to) : null;
  if (heir !== null) appoint(member, heir.id);
}

function appoint(member: Member, to: string): void {
  const { own, table } = member;
  if (own.claim === null) return;
  const { following } = own.claim;
  member.amend({ claim: null, appoints: { to, term: table.highestTerm + 1, following } });
}

/** When time alone may change who leads. */
export function leadAt({ waitsUntil, steady }: Member): number {
  return Math.min(waitsUntil, steady === null ? Infinity : steady.since + steadyMs);
}
