import { countFollowers, heirOf, isAcceptable, isFounded, isNext, isOutrun, newClaim } from './leading.ts';
import type { Member } from './member.ts';
import { maxDisplaced } from './limits.ts';
import type { Neighbours } from './neighbours.ts';
import { steadyMs } from './pace.ts';
import { sameLeadership } from './record.ts';
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
    if (this.#member.isUnsure || this.#neighbours.view === null) {
      this.#steady = null;
      return;
    }
    this.#takeRank();
    const { strongest } = this.#member.group;
    if (strongest?.id === this.#member.id) return this.#holdOn();
    this.#steady = null;
    if (strongest === null) return this.#claimIfNext();
    this.#follow(strongest);
  }

  #takeRank(): void {
    const { own, group, groupIds, table } = this.#member;
    if (own.rank !== null) return;
    const isLookingAround = [...this.#neighbours.pending.keys()].some((id) => !groupIds.includes(id));
    if (group.claims.length === 0 && isLookingAround) return;
    this.#member.amend({ rank: table.highestRank + 1 });
  }

  #claimIfNext(): void {
    const { isStale, group, own, minMembers, table } = this.#member;
    if (isStale || !isNext(group)) return;
    if (own.follows === null && this.#neighbours.pending.size > 0) return;
    if (!isFounded(group.members, minMembers)) return;
    this.#claim(newClaim(group, table.highestTerm));
  }

  #claim(claim: Claim): void {
    const leadership = { id: this.#member.id, term: claim.term };
    this.#mustRaise = false;
    this.#member.register.lead(leadership);
    this.#member.amend({ claim, follows: leadership, founded: true, appoints: null });
  }

  /** Somebody else leads, or will. */
  #follow(strongest: Leadership): void {
    const { own } = this.#member;
    const leader = { id: strongest.id, term: strongest.term };
    this.#mustRaise = false;
    if (own.claim !== null) return this.#stepDown(leader, own.claim.term);
    if (!isAcceptable(leader, own.follows)) return;
    if (!sameLeadership(leader, own.follows)) return this.#member.amend({ follows: leader, founded: true });
    this.#member.leader = leader;
    this.#endAppointment(leader);
  }

  #stepDown(winner: Leadership, term: number): void {
    const { id, register, conflicts, own, now } = this.#member;
    const displacement = { loser: { id, term }, winner, edition: register.edition };
    conflicts.learn(displacement, now);
    this.#member.amend({ claim: null, displaced: [...own.displaced, displacement].slice(-maxDisplaced) });
  }

  /** Who resigned stays last in line while its heir leads; under any other leader it has its old place again. */
  #endAppointment(leader: Leadership): void {
    const { appoints } = this.#member.own;
    if (appoints === null || leader.term < appoints.term || leader.id === appoints.to) return;
    this.#member.amend({ appoints: null });
  }

  /** This member's claim is the strongest: make it real, keep its term above all, count who follows. */
  #holdOn(): void {
    const { own, group, table } = this.#member;
    const { claim } = own;
    const { strongest } = group;
    if (strongest === null) return;
    if (claim === null || claim.term < strongest.term) {
      return this.#claim({ term: strongest.term, following: strongest.following, origin: own.follows });
    }
    if (this.#mustRaise || isOutrun(strongest, group.members)) {
      return this.#claim({ ...claim, term: table.highestTerm + 1 });
    }
    this.#member.leader = own.follows;
    const following = countFollowers(strongest, group);
    if (following !== null && following !== claim.following) this.#member.amend({ claim: { ...claim, following } });
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
    return this.#steady === null ? Infinity : this.#steady.since + steadyMs;
  }
}
