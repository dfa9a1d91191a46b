import type { Look, Looks } from './looks.ts';
import type { Member } from './member.ts';
import { takeMs } from './pace.ts';
import type { Watch } from './watch.ts';

/**
 * A leader has given way to this member, which is to take the lock from it. Its word may have been long under way: the
 * claims tell whether it still holds.
 */
export class Invitation {
  readonly #member: Member;
  readonly #looks: Looks;
  readonly #watch: Watch;
  #given: { readonly by: string; readonly term: number; readonly at: number } | null = null;

  constructor(member: Member, looks: Looks, watch: Watch) {
    this.#member = member;
    this.#looks = looks;
    this.#watch = watch;
  }

  accept(by: string, term: number): void {
    this.#given = { by, term, at: this.#member.now.fast };
    this.#looks.ask(null);
  }

  decline(): void {
    if (this.#given === null) return;
    this.#given = null;
    this.#looks.await([]);
  }

  /** After a look. True: nobody has a claim any more, and the lock is there for this member to take. */
  isDue(look: Look): boolean {
    if (this.#given === null || look.startedAt < this.#given.at) return false;
    const { by, term, at } = this.#given;
    const open = this.#watch.open();
    // The word was faster than the taking back of the claim.
    const isYielding = open.length > 0 && open.every((claim) => claim.id === by && claim.term === term);
    if (isYielding && this.#member.now.fast < at + takeMs) {
      this.#looks.await(open);
      return false;
    }
    this.decline();
    return open.length === 0;
  }
}
