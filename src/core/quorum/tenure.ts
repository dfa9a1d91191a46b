import type { Applying } from './applying.ts';
import type { Election } from './election.ts';
import type { Follower } from './follower.ts';
import type { Handover } from './handover.ts';
import { Leading } from './leading.ts';
import type { Member } from './member.ts';
import type { TimeoutNow, VoteReply } from './messages.ts';
import type { Replication } from './replication.ts';

/** Sessions are looked through so many times in the time that ends an idle one. */
const sessionChecks = 8;

/** Whether this member leads, and how that begins and ends. */
export class Tenure {
  readonly #member: Member;
  readonly #election: Election;
  readonly #applying: Applying;
  readonly #replication: Replication;
  readonly #handover: Handover;
  /** While this member leads. */
  leading: Leading | null = null;
  /** The leadership before, for what it had learned about the others. */
  #before: Leading | null = null;
  #beatSeen = -1;
  #checkSessionsAt = Infinity;

  constructor(
    member: Member,
    election: Election,
    applying: Applying,
    parts: { readonly replication: Replication; readonly handover: Handover },
  ) {
    this.#member = member;
    this.#election = election;
    this.#applying = applying;
    this.#replication = parts.replication;
    this.#handover = parts.handover;
  }

  // How it begins.

  hearVoteReply(from: string, reply: VoteReply): void {
    if (this.#election.hearVoteReply(from, reply)) this.#win();
  }

  #win(): void {
    const member = this.#member;
    const { startedAt: askedAt, granted } = this.#election;
    const keptLease = this.leading?.isLeased(member.now.fast) === true;
    const victory = { term: member.term, askedAt, granted, keptLease };
    this.leading = new Leading(member, this.#applying.sessions, victory, this.leading ?? this.#before);
    this.#handover.end();
    this.#election.settle();
    member.leader = member.id;
    this.#checkSessionsAt = member.now.fast;
    this.leading.beat();
  }

  /** The leader handed over to this member: it campaigns without asking first, and without waiting for promises. */
  takeOver(from: string, { term, round }: TimeoutNow): void {
    const { promised, id, now } = this.#member;
    const released = { leader: from, term, round };
    if (!this.#election.isEligible || !promised.allows(id, released, now.slow)) return;
    this.#election.campaign(term + 1, released);
  }

  // How it goes on.

  /** CheckQuorum: before anything else is done, a leader whose lease ran out leads no more. */
  expire(): void {
    if (this.leading?.isLapsed(this.#member.now.fast) === true) this.stepDown();
  }

  /**
   * A member is ahead in its term, though this one leads: it is elected again above that, by those whose promises are to
   * itself. Its lease holds meanwhile, so that nobody else can be (Q7). It tries until it is, or until its lease runs out.
   */
  reelectAbove(term: number): void {
    this.#election.campaign(term + 1, null);
    this.#member.leader = this.#member.id;
  }

  onTime(): void {
    const { leading } = this;
    if (leading === null) return this.#handover.sayAgain();
    const { now, limits, term } = this.#member;
    if (!leading.isSettled && this.#election.isDue) this.reelectAbove(term);
    leading.onTime();
    if (leading.rounds.last !== this.#beatSeen || now.fast >= this.#handover.dueAt()) {
      this.#beatSeen = leading.rounds.last;
      this.#handover.yieldToPriority(leading);
    }
    if (now.fast >= this.#checkSessionsAt) {
      this.#checkSessionsAt = now.fast + limits.sessionMs / sessionChecks;
      leading.accepting.expireSessions();
    }
    if (this.#member.isTakenOut) this.#retire(leading);
    const heir = this.#handover.ready(leading);
    if (heir !== null) this.#release(heir, leading);
  }

  dueAt(): number {
    if (this.leading === null) return this.#handover.dueAt();
    return Math.min(this.leading.dueAt(), this.#handover.dueAt(), this.#checkSessionsAt);
  }

  // How it ends.

  /** Leads no more, and is the last in line. */
  stepDown(): void {
    const { leading } = this;
    if (leading === null) return;
    const member = this.#member;
    this.leading = null;
    this.#before = leading;
    this.#handover.end();
    member.order = leading.order;
    member.successionRttMs = leading.successionRttMs;
    member.unheard = leading.unheard;
    if (member.leader === member.id) member.leader = null;
    if (this.#election.kind === null) this.#election.standInLine();
  }

  /** A configuration without this member is committed: one that is in it takes over (Ongaro §4.2.2). */
  #retire(leading: Leading): void {
    const heir = this.#handover.heirOf(leading, undefined);
    if (heir !== undefined && !leading.isHandingOver) this.#handover.begin(leading, heir);
  }

  /** Somebody else leads. */
  giveWay(leader: string): void {
    this.stepDown();
    this.#handover.noteLeader(leader);
  }

  /** Another leader handed over to that one. */
  noteHeir(heir: string): void {
    this.#handover.noteHeir(heir);
  }

  /** What followers said comes when this member leads no more: they were not silent. */
  noteStraggler(from: string): void {
    const follower = this.#before?.followers.get(from);
    if (follower !== undefined) follower.heardAt = this.#member.now.fast;
  }

  transfer(to: string | undefined): void {
    const { leading } = this;
    if (leading === null || !leading.isLeased(this.#member.now.fast) || leading.isHandingOver) return;
    const heir = this.#handover.heirOf(leading, to);
    if (heir !== undefined) this.#handover.begin(leading, heir);
  }

  /** Leaving: what is missing there is sent ahead, and nothing is waited for. */
  abdicate(): void {
    const { leading } = this;
    if (leading === null) return;
    this.#replication.feed(leading);
    const heir = this.#handover.heirOf(leading, undefined);
    if (heir !== undefined) this.#release(heir, leading);
    this.stepDown();
  }

  /**
   * Gives up the lease first, and for good: the heir is told of the last round, so that promises of rounds up to that one
   * do not stand in its way, and this member never again counts on any of them.
   */
  #release(heir: Follower, leading: Leading): void {
    leading.announceHeir(heir);
    this.stepDown();
    this.#election.waitFor(this.#handover.release(leading, heir));
  }
}
