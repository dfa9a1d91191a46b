import type { Claim } from './claim.ts';
import { maxLooks } from './limits.ts';
import type { Member } from './member.ts';

/** A look at the claims, when it was asked for. */
export interface Look {
  readonly startedAt: number;
  /** The claim of this member was renewed in the same step, to this beat and for so long. */
  readonly renewed: Pick<Claim, 'beat' | 'freshMs' | 'term'> | null;
}

/** The looks that are under way. They are answered in order, if at all. */
export class Looks {
  readonly #member: Member;
  readonly #open = new Map<number, Look>();
  #number = 0;
  #isAwaiting = false;

  constructor(member: Member) {
    this.#member = member;
  }

  ask(renewed: Look['renewed']): void {
    const look = ++this.#number;
    this.#open.set(look, { startedAt: this.#member.now.fast, renewed });
    this.#open.delete(look - maxLooks);
    this.#member.effects.push({ type: 'look', look });
  }

  /** Look again when something becomes of any of these; of nobody's if there are none. */
  await(claims: readonly Claim[]): void {
    if (claims.length === 0 && !this.#isAwaiting) return;
    this.#isAwaiting = claims.length > 0;
    this.#member.effects.push({ type: 'await', claims });
  }

  /** What is known of the look that was answered; `undefined`: of none, or of one before the last answer. */
  answered(number: number): Look | undefined {
    const look = this.#open.get(number);
    if (look === undefined) return undefined;
    this.#member.looks.note(this.#member.now.fast - look.startedAt);
    for (const earlier of this.#open.keys()) if (earlier <= number) this.#open.delete(earlier);
    return look;
  }
}
