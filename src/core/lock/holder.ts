import { type Claim, prevails } from './claim.ts';
import type { Look, Looks } from './looks.ts';
import type { Member } from './member.ts';
import { beatMs, freshMs, goodUntil, outbidMs } from './pace.ts';
import type { Watch } from './watch.ts';

/**
 * A member that has the lock, from its claim to its leadership. The lock alone is not enough to lead: it can be stolen,
 * and then the one it was stolen from learns of it late, or, while it hangs, not at all. So it leads only
 *
 * 1. while its claim is good: it was renewed by this member's own main thread not long ago, and a look that was begun
 *    then found that no other one prevails over it;
 * 2. after all other claims, seen by a look that found its own standing, were gone or over;
 * 3. in a term that was raised after that.
 */
export class Holder {
  readonly #member: Member;
  readonly #looks: Looks;
  readonly #watch: Watch;
  #claim: Claim | null = null;
  /** Until when the claim is good, by the fast clock. */
  #goodUntil = -Infinity;
  #renewedAt = Infinity;
  /** Until then it gives way; and longer while somebody else has a claim. */
  #claimAt = Infinity;
  /** In which this member leads; 0: it does not. */
  #term = 0;
  #raises = 0;
  /** Maybe without leading in it. */
  #highestRaised = 0;
  #isRaising = false;
  #givesWay = false;

  constructor(member: Member, looks: Looks, watch: Watch) {
    this.#member = member;
    this.#looks = looks;
    this.#watch = watch;
  }

  /** This member leads in it; 0: it does not. Whether it still does at some moment, `isLeader` says. */
  get term(): number {
    return this.#term;
  }

  isLeader(fast: number): boolean {
    return this.#term > 0 && fast < this.#goodUntil;
  }

  /** When something is to be done. */
  get dueAt(): number {
    return Math.min(this.#renewedAt + beatMs, this.#claimAt, this.#term > 0 ? this.#goodUntil : Infinity);
  }

  /** This member has the lock, and is to lead. */
  claim(): void {
    const { id, highestTicket, lateMs } = this.#member;
    this.#claimAt = Infinity;
    this.#givesWay = false;
    this.#claim = { id, ticket: highestTicket + 1, beat: 0, freshMs: freshMs(lateMs), term: 0 };
    this.#show(this.#claim);
  }

  /** It leads no more, and for so long leaves the lock to others. Its claim goes on to show that it runs. */
  giveWay(forMs: number): void {
    this.#end();
    this.#givesWay = true;
    this.#claimAt = this.#member.now.fast + forMs;
    this.renew();
  }

  #end(): void {
    this.stop();
    this.#claimAt = Infinity;
    this.#goodUntil = -Infinity;
    this.#isRaising = false;
    this.#looks.await([]);
  }

  /** It leads no more, and has nothing to claim. */
  drop(): void {
    this.#end();
    this.#renewedAt = Infinity;
    if (this.#claim === null) return;
    this.#claim = null;
    this.#member.effects.push({ type: 'claim', claim: null });
  }

  stop(): void {
    if (this.#term === 0) return;
    this.#term = 0;
    if (this.#member.leader?.id === this.#member.id) this.#member.leader = null;
  }

  /** A leadership whose claim is not good any more has ended, also if the claim becomes good again. */
  expire(): void {
    if (this.#member.now.fast >= this.#goodUntil) this.stop();
  }

  /** What is due. */
  tick(): void {
    const { fast } = this.#member.now;
    if (fast >= this.#claimAt) {
      if (this.#watch.open().length === 0) return this.claim();
      this.#claimAt = fast + outbidMs;
    }
    if (fast >= this.#renewedAt + beatMs) this.renew();
  }

  renew(): void {
    if (this.#claim === null) return;
    const { ticket, beat } = this.#claim;
    const { id, lateMs } = this.#member;
    const forMs = this.#givesWay ? 0 : freshMs(lateMs);
    this.#claim = { id, ticket, beat: beat + 1, freshMs: forMs, term: this.#term };
    this.#show(this.#claim);
  }

  #show(claim: Claim): void {
    const { now, effects } = this.#member;
    this.#member.highestTicket = Math.max(this.#member.highestTicket, claim.ticket);
    this.#renewedAt = now.fast;
    // Who sees this one goes by what it says, though the one before may have said more.
    this.#goodUntil = Math.min(this.#goodUntil, goodUntil(now.fast, claim.freshMs));
    effects.push({ type: 'claim', claim });
    this.#looks.ask(claim);
  }

  /** A look was answered, and what it says of the others is known. `canLead`: nothing else is in the way. */
  looked(look: Look, claims: readonly Claim[], canLead: boolean): void {
    const own = this.#claim;
    const { renewed } = look;
    if (own === null || renewed === null || this.#givesWay) return;
    const stands = claims.some((claim) => isSince(claim, own, renewed.beat));
    if (!stands) return;
    const { top } = this.#watch;
    if (top !== null && prevails(top, own)) return this.#outbid();
    const until = goodUntil(look.startedAt, renewed.freshMs);
    this.#goodUntil = Math.max(this.#goodUntil, Math.min(until, goodUntil(this.#renewedAt, own.freshMs)));
    if (this.#term === 0 && canLead) this.#begin();
  }

  /** By a claim that stood before; or by one whose member has got the lock since, and the news of it is on its way. */
  #outbid(): void {
    if (this.#goodUntil === -Infinity) this.claim();
    else this.giveWay(outbidMs);
  }

  #begin(): void {
    if (this.#isRaising) return;
    const { effects, highestTerm } = this.#member;
    const open = this.#watch.open();
    this.#looks.await(open);
    if (open.length > 0) return;
    this.#isRaising = true;
    effects.push({ type: 'raise', raise: ++this.#raises, above: Math.max(highestTerm, this.#highestRaised) });
  }

  /** Leads from now on, unless it took too long, or something came between. */
  raised(raise: number, term: number, canLead: boolean): void {
    const { id, now } = this.#member;
    this.#highestRaised = Math.max(this.#highestRaised, term);
    if (raise !== this.#raises || !this.#isRaising) return;
    this.#isRaising = false;
    if (!canLead || term <= this.#member.highestTerm || now.fast >= this.#goodUntil || this.#watch.open().length > 0)
      return;
    this.#term = term;
    this.#member.highestTerm = term;
    this.#member.leader = { id, term };
    for (const claim of this.#watch.over()) this.#member.effects.push({ type: 'evict', claim });
    this.renew();
  }
}

/** It is that member's own, as it was at that beat or later. */
function isSince(claim: Claim, own: Claim, beat: number): boolean {
  return claim.id === own.id && claim.ticket === own.ticket && claim.beat >= beat;
}
