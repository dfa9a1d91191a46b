import type { Leadership } from '../leadership.ts';
import { type Claim, hinders, prevails } from './claim.ts';
import type { Look, Looks } from './looks.ts';
import type { Member } from './member.ts';
import { beatMs, freshMs, goodUntil, outbidMs } from './pace.ts';
import { isBeatable, type Watch } from './watch.ts';

/**
 * A member that has the lock, from its claim to its leadership. The lock alone is not enough to lead: it can be stolen,
 * and then the one it was stolen from learns of it late, or, while it hangs, not at all. So it leads only
 *
 * 1. while its claim is good: it was renewed by this member's own main thread not long ago, and a look that was begun
 *    then found that no other one prevails over it;
 * 2. after all other claims, seen by a look that found its own standing, were gone or over;
 * 3. in a term that was raised after that.
 *
 * The first in line does as much of it as it can while it waits (`reserve`), and leads as soon as the leader has gone.
 */
export class Holder {
  readonly #member: Member;
  readonly #looks: Looks;
  readonly #watch: Watch;
  #claim: Claim | null = null;
  /** Whom this one is heir to; or was, and no claim of its own that prevails has been confirmed since. */
  #before = '';
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
  /** Raised to lead in it. The claim has been good ever since, so that nobody else can have begun to lead; 0: none. */
  #reserved = 0;
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

  /** It has a claim, and is to lead after somebody who still does. */
  get isHeir(): boolean {
    return this.#claim !== null && this.#claim.after > 0;
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
    this.#claimAt = Infinity;
    this.#givesWay = false;
    this.#claimAnew(0);
  }

  /** It is the first in line behind that leader. */
  reserve({ id, term }: Leadership): void {
    this.#before = id;
    this.#givesWay = false;
    this.#claimAnew(term);
  }

  #claimAnew(after: number): void {
    const { id, highestTicket, lateMs } = this.#member;
    this.#claim = { id, ticket: highestTicket + 1, beat: 0, freshMs: freshMs(lateMs), term: 0, after };
    this.#show(this.#claim);
  }

  /** An heir to whom nothing is left to be done before it leads: whom it waited for leads no more. */
  get canInherit(): boolean {
    return this.isHeir && this.#isReady();
  }

  /** Leads from now on; the lock is on its way. */
  inherit(): void {
    if (this.#claim === null) return;
    // Above that of anybody who got the lock in between, and will hear that it is gone again.
    this.#claim = { ...this.#claim, ticket: this.#member.highestTicket + 2, after: 0 };
    this.#lead();
  }

  /** The one before this heir has no claim any more, so it leads no more. */
  isOrphan(claims: readonly Claim[]): boolean {
    return this.isHeir && !claims.some(({ id }) => id === this.#before);
  }

  /** The one before leads no more, by its word or as it is gone: what it claims needs not be waited for. */
  resume(): void {
    if (this.#claim?.after === 0 && this.#term === 0 && this.#isReady()) this.#lead();
  }

  /** The clock does not tell that the one before has ended: beside the claim of its heir it goes on renewing its own. */
  #isReady(): boolean {
    const isAlone = this.#watch.isEmpty && this.#watch.hasEnded(this.#before);
    return this.#reserved > this.#member.highestTerm && this.#member.now.fast < this.#goodUntil && isAlone;
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
    this.#reserved = 0;
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
    if (this.#member.now.fast >= this.#goodUntil) this.#lapse();
  }

  #lapse(): void {
    this.stop();
    this.#isRaising = false;
    this.#reserved = 0;
  }

  /** What is due. */
  tick(): void {
    const { fast } = this.#member.now;
    if (fast >= this.#claimAt) {
      if (this.#watch.isEmpty) return this.claim();
      this.#claimAt = fast + outbidMs;
    }
    if (fast >= this.#renewedAt + beatMs) this.renew();
  }

  renew(): void {
    if (this.#claim === null) return;
    const forMs = this.#givesWay ? 0 : freshMs(this.#member.lateMs);
    this.#claim = { ...this.#claim, beat: this.#claim.beat + 1, freshMs: forMs, term: this.#term };
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
    if (own === null || this.#givesWay) return;
    // Who it is that claims, and what, is not known: whoever has no right to has lost the lock, or is to hear so.
    if (this.#watch.hasStrange) return this.#standBack();
    const stands = renewed !== null && claims.some((claim) => isSince(claim, own, renewed.beat));
    if ((stands || this.isHeir) && this.#isOutbid(own, claims)) return this.#outbid();
    if (this.isHeir) this.#looks.await(this.#watch.open());
    if (!stands) return;
    if (own.after === 0) this.#before = '';
    const until = goodUntil(look.startedAt, renewed.freshMs);
    this.#goodUntil = Math.max(this.#goodUntil, Math.min(until, goodUntil(this.#renewedAt, own.freshMs)));
    if (this.#term > 0 || !canLead) return;
    // An heir sees by the claim that this leadership is over: it may have reserved the next term already.
    if (renewed.term === 0) this.#begin(own);
    else if (own.term > 0) this.renew();
  }

  #isOutbid(own: Claim, claims: readonly Claim[]): boolean {
    const { top } = this.#watch;
    if (own.after === 0) return top !== null && prevails(top, own);
    // The one before gives way, and to somebody else: of its own turn an heir has heard by then.
    if (claims.some((claim) => claim.id === this.#before && claim.freshMs === 0)) return true;
    return this.#watch.open().some((claim) => hinders(claim, own) && prevails(claim, own));
  }

  /**
   * By a claim that stood before; or by one whose member has got the lock since, and the news of it is on its way: one that
   * leads is of that kind.
   */
  #outbid(): void {
    const { top } = this.#watch;
    const mayOutbid = !this.isHeir && this.#goodUntil === -Infinity;
    if (mayOutbid && top?.term === 0 && isBeatable(top)) this.claim();
    else this.#standBack();
  }

  #standBack(): void {
    if (this.isHeir) this.drop();
    else this.giveWay(outbidMs);
  }

  /** Its claim is confirmed: does the next step towards leading. */
  #begin(own: Claim): void {
    if (this.#isRaising) return;
    const { effects, highestTerm } = this.#member;
    const open = this.#watch.open();
    this.#looks.await(open);
    if (open.some((claim) => hinders(claim, own))) return;
    if (this.#reserved <= highestTerm) {
      this.#isRaising = true;
      effects.push({ type: 'raise', raise: ++this.#raises, above: Math.max(highestTerm, this.#highestRaised) });
    } else if (own.after === 0) this.#lead();
  }

  /** Leads from now on, or when it inherits; unless it took too long, or something came between. */
  raised(raise: number, term: number, canLead: boolean): void {
    this.#highestRaised = Math.max(this.#highestRaised, term);
    if (raise !== this.#raises || !this.#isRaising) return;
    this.#isRaising = false;
    this.#reserved = term;
    // It looks at once whether its turn has come meanwhile.
    if (this.isHeir) this.renew();
    else if (canLead && this.#isReady()) this.#lead();
  }

  /** In the term that is reserved. */
  #lead(): void {
    const { id, effects } = this.#member;
    const term = this.#reserved;
    this.#reserved = 0;
    this.#term = term;
    this.#member.highestTerm = term;
    this.#member.leader = { id, term };
    for (const claim of this.#watch.over()) effects.push({ type: 'evict', claim });
    this.#looks.await([]);
    this.renew();
  }
}

/** It is that member's own, as it was at that beat or later. */
function isSince(claim: Claim, own: Claim, beat: number): boolean {
  return claim.id === own.id && claim.ticket === own.ticket && claim.beat >= beat;
}
