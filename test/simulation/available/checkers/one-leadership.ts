import type { Leadership } from '../../../../src/core/leadership.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { Life } from '../../life.ts';
import type { World } from '../../world.ts';
import type { Claims } from '../claims.ts';

/** One stretch of leading for each term and id: who has stopped leading in a term never leads in it again. */
export class OneLeadership implements Checker {
  readonly promise = 'one leadership for each term and id';
  readonly #claims: Claims;
  readonly #leading = new Map<Life, Leadership>();
  /** Leaders whose lease was seen to have ended. */
  readonly #lapsed = new Map<Life, number>();

  constructor(claims: Claims) {
    this.#claims = claims;
  }

  observe({ life, event, effects }: Step, world: World): void {
    for (const effect of effects) if (effect.type === 'leader') this.#told(life, effect.leader);
    if (life.state !== 'running' || !(world.schedule.conditions.watched || event.type === 'resumed')) return;
    this.#lease(life);
  }

  #told(life: Life, leader: Leadership | null): void {
    this.#leading.delete(life);
    if (leader?.id !== life.id) return;
    if (this.#claims.declared(leader))
      throw new Violation(this.promise, `${life.label} leads in term ${leader.term} for a second time`);
    this.#claims.declare(leader);
    this.#leading.set(life, leader);
  }

  #lease(life: Life): void {
    const leading = this.#leading.get(life);
    if (leading === undefined) return;
    if (!life.election!.isLeader()) this.#lapsed.set(life, leading.term);
    else if (this.#lapsed.get(life) === leading.term)
      throw new Violation(this.promise, `${life.label} leads in term ${leading.term} again after its lease had ended`);
  }
}
