import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { LifeEvent } from '../../tenant.ts';
import type { QuorumLife } from '../life.ts';

type Promise = QuorumLife['core']['promise'];
type Round = Promise['to'];

/** What a member promised, as of the event before. */
interface Given {
  /** Of the core that gave it: no lease of an epoch outlasts the founding of the next. */
  readonly epoch: number;
  to: Round;
  until: number;
}

/**
 * Each promise is kept to its end: the same leader only ever extends it, a leader of that term or a later one replaces
 * it, and a vote for somebody else breaks it, unless it was released. A pledge breaks it as well.
 */
export class Promises implements Checker<QuorumLife> {
  readonly promise = 'Q2: a promise is kept until it is over or released';
  /** By index of the life. */
  readonly #given: Given[] = [];

  observe({ life, event }: Step<QuorumLife>): void {
    const { to, until } = life.core.promise;
    const before = this.#given[life.index];
    const { epoch } = life;
    if (life.core.isPledged && until > life.peek().slow)
      throw new Violation(this.promise, `${life.label} pledged while it was promised to ${written({ to, until })}`);
    if (before?.epoch !== epoch) return void (this.#given[life.index] = { epoch, to, until });
    if (before.until === until && before.to === to) return;
    if (before.until > life.peek().slow) this.#compare(life, before, { to, until }, event);
    before.to = to;
    before.until = until;
  }

  #compare(life: QuorumLife, before: Promise, now: Promise, event: LifeEvent): void {
    if (!mayReplace(before, now, event))
      throw new Violation(this.promise, `${life.label} was promised to ${written(before)}, is now to ${written(now)}`);
  }
}

function mayReplace(before: Promise, now: Promise, event: LifeEvent): boolean {
  const message = event.type === 'message' ? (event.message as unknown as Heard) : null;
  // As a leader of its term it could not have been elected while that promise counted for somebody else.
  if (message?.type === 'heartbeat' && now.to.leader !== before.to.leader) return now.to.term >= before.to.term;
  const isKept = now.to.leader === before.to.leader && now.until >= before.until;
  return isKept || (message?.type === 'vote' && isReleased(before.to, message.released));
}

interface Heard {
  readonly type: string;
  readonly released: Round | null;
}

function isReleased({ leader, term, round }: Round, released: Round | null): boolean {
  if (released === null || released.leader !== leader) return false;
  return term < released.term || (term === released.term && round <= released.round);
}

function written({ to, until }: Promise): string {
  return `${to.leader === '' ? 'whoever it was' : to.leader} (term ${to.term}, round ${to.round}) until ${until.toFixed(3)}`;
}
