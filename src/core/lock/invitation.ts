import type { Look, Looks } from './looks.ts';
import type { Member } from './member.ts';
import { invitedMs } from './pace.ts';
import type { Watch } from './watch.ts';

/**
 * A leader has given way to this member, which is to take the lock from it. Its word may have been long under way: the
 * claims tell whether somebody leads again.
 */
export class Invitation {
  readonly #member: Member;
  readonly #looks: Looks;
  readonly #watch: Watch;
  /** When it was heard; Infinity: there is none. */
  #heardAt = Infinity;

  constructor(member: Member, looks: Looks, watch: Watch) {
    this.#member = member;
    this.#looks = looks;
    this.#watch = watch;
  }

  accept(): void {
    this.#heardAt = this.#member.now.fast;
    this.#looks.ask(null);
  }

  decline(): void {
    this.#heardAt = Infinity;
  }

  /** After a look. True: nobody who has the lock has a claim that is good, and it is there for this member to take. */
  isDue(look: Look): boolean {
    if (look.startedAt < this.#heardAt) return false;
    // This member was asleep meanwhile, or looks take too long here: what it saw may be long past.
    const isStale = this.#member.now.fast - this.#heardAt > invitedMs;
    this.decline();
    return !isStale && !this.#watch.hasStrange && this.#watch.open().every(({ after }) => after > 0);
  }
}
