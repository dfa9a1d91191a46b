import type { Leadership } from '../leadership.ts';
import { type Claim, isRenewed, prevails } from './claim.ts';
import { maxCountHeeded } from './limits.ts';
import type { Member } from './member.ts';
import { lookWhileSilentMs, mostFreshMs, outlastMs } from './pace.ts';

interface Seen {
  readonly claim: Claim;
  /** When it was first seen as it is, by the slow clock. */
  readonly since: number;
}

/** What this member has seen of the claims of others. */
export class Watch {
  readonly #member: Member;
  #seen = new Map<string, Seen>();
  #top: Claim | null = null;
  /** There were claims that say nothing to this member: nobody leads beside them, nor robs their members. */
  hasStrange = false;
  #lookedAt = 0;
  /** Has given way to this member. */
  #ended: Leadership | null = null;
  /** Members that are no more, while a look may still find a claim of theirs. */
  readonly #gone = new Set<string>();
  /**
   * For how long nothing has become of the claim that prevails. What was between two looks counts as one short while:
   * this member may have been asleep, or have seen two moments in which the lock changed hands.
   */
  silentMs = 0;

  constructor(member: Member) {
    this.#member = member;
  }

  /** The one that prevails over all the others, unless nobody could prevail over it and it is over; `null`: there is none. */
  get top(): Claim | null {
    return this.#top;
  }

  /** How often to look while nothing becomes of it. */
  get lookWhileSilentMs(): number {
    return lookWhileSilentMs(this.#top?.freshMs ?? 0);
  }

  /** Returns true if somebody has renewed it since the last look. */
  take(claims: readonly Claim[], hasStrange: boolean): boolean {
    this.hasStrange = hasStrange;
    const { id, now } = this.#member;
    const before = this.#seen;
    const topBefore = this.#top;
    this.#seen = new Map();
    this.#top = null;
    for (const claim of claims) {
      if (isBeatable(claim)) this.#member.highestTicket = Math.max(this.#member.highestTicket, claim.ticket);
      if (claim.id === id || !isNewer(claim, this.#seen.get(claim.id)?.claim)) continue;
      const old = before.get(claim.id);
      if (this.#isLie(claim) && !(old && this.#isLie(old.claim)))
        this.#member.refuse(claim.id, 'it claims what nobody can claim', 'impossible');
      this.#seen.set(claim.id, old && !isRenewed(claim, old.claim) ? old : { claim, since: now.slow });
    }
    for (const gone of this.#gone) if (!this.#seen.has(gone)) this.#gone.delete(gone);
    for (const seen of this.#seen.values()) {
      const { claim } = seen;
      if (!isBeatable(claim) && this.isOver(seen)) continue;
      if (this.#top === null || prevails(claim, this.#top)) this.#top = claim;
    }
    const isSame = topBefore?.id === this.#top?.id && !(this.#top && topBefore && isRenewed(this.#top, topBefore));
    this.silentMs =
      isSame && !hasStrange ? this.silentMs + Math.min(now.slow - this.#lookedAt, this.lookWhileSilentMs) : 0;
    this.#lookedAt = now.slow;
    return topBefore !== null && topBefore.id === this.#top?.id && !isSame;
  }

  /** It is waited for as any other, until it is over, and changes nothing else. */
  #isLie(claim: Claim): boolean {
    const { freshMs, term, after } = claim;
    return !isBeatable(claim) || freshMs > mostFreshMs || !this.#member.believes(Math.max(term, after));
  }

  /** By its own word that member leads no more in that term: a claim that still says so hinders nobody. */
  dismiss(id: string, term: number): void {
    this.#ended = { id, term };
  }

  /** That member is no more: no claim of its hinders anybody. */
  forget(id: string): void {
    this.#gone.add(id);
  }

  /** That member can rely on its claim, or on any it had before, no more. */
  isOver({ claim, since }: Seen): boolean {
    if (claim.freshMs === 0 || this.#isDismissed(claim)) return true;
    return this.#member.now.slow - since >= outlastMs(claim.freshMs);
  }

  #isDismissed({ id, term }: Claim): boolean {
    return this.#gone.has(id) || (term === this.#ended?.term && id === this.#ended.id);
  }

  /** That member claims nothing, or what needs not be waited for, whatever the clock says. */
  hasEnded(id: string): boolean {
    const claim = this.#seen.get(id)?.claim;
    return claim === undefined || this.#isDismissed(claim);
  }

  /** Nobody else may lead, or begin to. */
  get isEmpty(): boolean {
    return !this.hasStrange && this.open().length === 0;
  }

  /** Those of members that may lead, or begin to. */
  open(): readonly Claim[] {
    return [...this.#seen.values()].filter((seen) => !this.isOver(seen)).map(({ claim }) => claim);
  }

  /** Those of members that hang. */
  over(): readonly Claim[] {
    const over = [...this.#seen.values()].filter((seen) => this.isOver(seen)).map(({ claim }) => claim);
    return over.filter((claim) => claim.freshMs > 0 && !this.#isDismissed(claim));
  }

  /** That of this member, unless it is over. */
  openOf(id: string): Claim | undefined {
    const seen = this.#seen.get(id);
    return seen && !this.isOver(seen) ? seen.claim : undefined;
  }
}

/** There is room above its ticket. */
export function isBeatable({ ticket }: Claim): boolean {
  return ticket <= maxCountHeeded;
}

/** Of one member two stand while one replaces the other. */
function isNewer(claim: Claim, than: Claim | undefined): boolean {
  return than === undefined || claim.ticket > than.ticket || (claim.ticket === than.ticket && claim.beat > than.beat);
}
