import { type Claim, isRenewed } from './claim.ts';
import type { Look } from './looks.ts';
import type { Member } from './member.ts';
import { disprovedMs } from './pace.ts';
import type { Watch } from './watch.ts';

interface Heard {
  readonly id: string;
  readonly term: number;
  readonly atMs: number;
}

/**
 * The highest term in which somebody was said to lead. Who lies about it is found out by the one who leads: as terms grow
 * (L2), nobody leads on in a lower one.
 */
export class Hearsay {
  readonly #member: Member;
  readonly #watch: Watch;
  #heard: Heard | null = null;
  /** By an earlier look, when it could not be on its way from before any more. */
  #shown: ReadonlyMap<string, Claim> = new Map();

  constructor(member: Member, watch: Watch) {
    this.#member = member;
    this.#watch = watch;
  }

  /** That member is said to lead, in the highest term so far. */
  note(id: string, term: number): void {
    this.#heard = { id, term, atMs: this.#member.now.fast };
    this.#shown = new Map();
  }

  /** After a look. Whose claim shows that nobody led in the term that was heard of: that was a lie, and is forgotten. */
  disprove(look: Look): boolean {
    const { highestTerm } = this.#member;
    const heard = this.#heard;
    if (heard?.term !== highestTerm || look.startedAt < heard.atMs + disprovedMs) return false;
    const open = this.#watch.open();
    const leading = open.some((claim) => claim.term >= highestTerm)
      ? undefined
      : open.find((claim) => this.#leads(claim));
    this.#shown = new Map(open.map((claim) => [claim.id, claim]));
    if (leading === undefined) return false;
    this.#heard = null;
    this.#member.highestTerm = leading.term;
    this.#member.refuse(heard.id, 'nobody led in the term that it named', 'impossible');
    return true;
  }

  /** It did, and has renewed its claim since it was shown before. */
  #leads(claim: Claim): boolean {
    const before = this.#shown.get(claim.id);
    return claim.term > 0 && before?.term === claim.term && isRenewed(claim, before);
  }
}
