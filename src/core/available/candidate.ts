import { isOpen, liveClaims, prevails, settledIn, strongestOf } from './claims.ts';
import type { LiveClaim } from './claims.ts';
import { countFollowers, heirOf, isAcceptable, isFounded, isNext, isOutrun, newClaim } from './leading.ts';
import type { Member } from './member.ts';
import { maxDisplaced, maxRivals } from './limits.ts';
import type { Neighbours } from './neighbours.ts';
import { steadyMs } from './pace.ts';
import { sameClaim, sameLeadership } from './record.ts';
import type { Claim, Leadership } from './record.ts';
import { lineOfSuccession } from './succession.ts';

/** This member's part in who leads: it claims, holds on, follows, steps down or hands over. */
export class Candidate {
  readonly #member: Member;
  readonly #neighbours: Neighbours;
  /** After a pause: lead on only under a higher term (F1). */
  #mustRaise = false;
  /** Who of higher priority has been there since when. */
  #steady: { readonly id: string; readonly since: number } | null = null;
  /** When to look again whether to claim. */
  #waitsUntil = Infinity;

  constructor(member: Member, neighbours: Neighbours) {
    this.#member = member;
    this.#neighbours = neighbours;
  }

  /** Others may have given this member up by now: its claim counts as one that nobody follows. */
  doubt(): void {
    const { claim } = this.#member.own;
    this.#mustRaise = true;
    if (claim !== null) this.#member.amend({ claim: { ...claim, following: 0 } });
  }

  /** Takes one step towards what the group's records call for, unless a change is still to be settled. */
  lead(): void {
    if (this.#member.isStale) return;
    this.#member.leader = null;
    this.#waitsUntil = Infinity;
    if (this.#member.isUnsure || this.#neighbours.view === null) {
      this.#steady = null;
      return;
    }
    this.#takeRank();
    const { own, id, group } = this.#member;
    const strongest = group.strongest ?? this.#leaderMet();
    if (own.claim !== null) return this.#defend(own.claim);
    this.#steady = null;
    if (strongest === null) this.#claimIfNext();
    else if (strongest.id === id) this.#accept(strongest);
    else this.#follow(strongest);
  }

  #takeRank(): void {
    const { own, group, groupIds, table } = this.#member;
    if (own.rank !== null) return;
    const isLookingAround = [...this.#neighbours.pending.keys()].some((id) => !groupIds.includes(id));
    if (group.claims.length === 0 && isLookingAround) return;
    this.#member.amend({ rank: table.highestRank + 1 });
  }

  /** A newcomer follows the first leader it hears, before that one has heard it: half a round trip sooner. */
  #leaderMet(): LiveClaim | null {
    return this.#member.own.rank === null ? strongestOf(liveClaims(this.#neighbours.heardRecords(), [])) : null;
  }

  #claimIfNext(): void {
    const { isStale, group, own, minMembers, table } = this.#member;
    if (isStale || !isNext(group)) return;
    if (own.follows === null && this.#neighbours.pending.size > 0) return;
    if (!isFounded(group.members, minMembers) || this.#isGathering()) return;
    this.#claim(newClaim(group, table.highestTerm));
  }

  /** Whoever is about to join the group may bring its leader, or the one that others of the group follow. */
  #isGathering(): boolean {
    const until = this.#neighbours.gatheringUntil();
    if (until > this.#member.now) this.#waitsUntil = until;
    return until > this.#member.now;
  }

  #claim(claim: Claim): void {
    const leadership = { id: this.#member.id, term: claim.term };
    this.#mustRaise = false;
    this.#member.register.lead(leadership);
    this.#member.amend({ claim, follows: leadership, founded: true, appoints: null });
  }

  /** The leadership that it was handed. */
  #accept({ term, following }: LiveClaim): void {
    this.#claim({ term, settled: term, following, over: [], origin: this.#member.own.follows });
  }

  /** Somebody else leads, or will. */
  #follow(strongest: Leadership): void {
    const { own } = this.#member;
    const leader = { id: strongest.id, term: strongest.term };
    this.#mustRaise = false;
    if (!isAcceptable(leader, own.follows)) return;
    if (!sameLeadership(leader, own.follows)) return this.#member.amend({ follows: leader, founded: true });
    this.#member.leader = leader;
    this.#endAppointment(leader);
  }

  /**
   * Who resigned stays last in line while its heir leads; under any other leader it has its old place again. Who yielded
   * to a higher priority stands behind it anyway.
   */
  #endAppointment(leader: Leadership): void {
    const { own, table } = this.#member;
    const { appoints } = own;
    const known = table.get(leader.id);
    if (appoints === null || known === undefined || leader.term < appoints.term) return;
    if (leader.id === appoints.to && (isOpen(appoints, known) || known.priority <= own.priority)) return;
    this.#member.amend({ appoints: null });
  }

  /** This member leads. Others that do have met it, perhaps: one of them stays. */
  #defend(claim: Claim): void {
    const { id, group, own } = this.#member;
    const { claims, strongest } = group;
    const mine = claims.find((live) => live.id === id && live.term === claim.term);
    if (mine === undefined || strongest === null) return;
    const winner = strongestOf(claims.filter((rival) => rival.id !== id && (this.#mustRaise || prevails(rival, mine))));
    if (winner !== null) return this.#yield(winner, mine);
    if (strongest.id === id) return strongest.term > claim.term ? this.#accept(strongest) : this.#holdOn(claim);
    // The stronger one has not seen this one yet, and may have changed meanwhile: it says so when it has.
    this.#steady = null;
    this.#member.leader = own.follows;
  }

  /** After a pause without a word: it was given up meanwhile, and somebody took over. */
  #yield({ id, term }: LiveClaim, mine: LiveClaim): void {
    const { register, conflicts, own, now } = this.#member;
    if (this.#mustRaise) return this.#member.amend({ claim: null });
    const displacement = { loser: settledIn(mine), winner: { id, term }, edition: register.edition };
    conflicts.learn(displacement, now);
    this.#member.amend({ claim: null, displaced: [...own.displaced, displacement].slice(-maxDisplaced) });
  }

  /** This member's claim is the strongest: make it real, keep its term above all, count who follows. */
  #holdOn(claim: Claim): void {
    const { id, group, table } = this.#member;
    const over = group.claims
      .filter((rival) => rival.id !== id)
      .map(settledIn)
      .slice(0, maxRivals);
    const leader = { id, term: claim.term };
    const isOvertaken = this.#mustRaise || isOutrun(leader, group.members);
    if (isOvertaken && !this.#isGathering()) return this.#claim({ ...claim, over, term: table.highestTerm + 1 });
    if (this.#mustRaise) return;
    this.#member.leader = leader;
    const following = countFollowers(leader, group);
    const counted = following === null ? claim : { ...claim, following, settled: claim.term };
    if (!sameClaim(claim, { ...counted, over })) this.#member.amend({ claim: { ...counted, over } });
    this.#yieldToPriority();
  }

  /** Priority binds incumbents: after a steady while, the first in line of higher priority leads. */
  #yieldToPriority(): void {
    const { group, own, now } = this.#member;
    const first = lineOfSuccession(group.members)[0];
    if (first === undefined || first.priority <= own.priority || group.claims.length !== 1) {
      this.#steady = null;
      return;
    }
    if (this.#steady?.id !== first.id) this.#steady = { id: first.id, since: now };
    if (now - this.#steady.since >= steadyMs) this.#appoint(first.id);
  }

  get isLeading(): boolean {
    const { leader, id, own } = this.#member;
    return leader?.id === id && own.claim !== null;
  }

  /** Hands over to `to`, or to the first in line, if it leads and there is somebody. */
  transfer(to: string | undefined): void {
    const heir = this.isLeading ? heirOf(this.#member.group, to) : null;
    if (heir !== null) this.#appoint(heir.id);
  }

  #appoint(to: string): void {
    const { own, table } = this.#member;
    if (own.claim === null) return;
    const { following } = own.claim;
    this.#member.amend({ claim: null, appoints: { to, term: table.highestTerm + 1, following } });
  }

  dueAt(): number {
    return Math.min(this.#waitsUntil, this.#steady === null ? Infinity : this.#steady.since + steadyMs);
  }
}
