import type { Effect } from '../../life.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { World } from '../../world.ts';
import type { LockLife } from '../life.ts';

const oneAtOnce = 'L1: at most one isLeader at any instant of true time';
const termsGrow = 'L2: the term grows with every leadership';

/**
 * Who leads, by true time. Without an event a member can only stop leading; so whoever else might still lead is asked
 * when somebody is seen to lead, frozen or not.
 */
export class Leaders implements Checker<LockLife> {
  readonly promise = oneAtOnce;
  /** Led when they were last asked. */
  readonly #leading = new Set<LockLife>();
  #highest = 0;

  observe({ life, effects }: Step<LockLife>, world: World<LockLife>): void {
    for (const effect of effects) this.#tell(life, effect);
    if (life.state !== 'running' || !life.isLeader()) return void this.#leading.delete(life);
    this.#leading.add(life);
    if (this.#leading.size > 1) this.#others(life, world);
  }

  #tell(life: LockLife, effect: Effect): void {
    if (effect.type !== 'leader' || effect.leader?.id !== life.id) return;
    const { term } = effect.leader;
    if (term <= this.#highest)
      throw new Violation(termsGrow, `${life.label} leads in term ${term}, and somebody led in ${this.#highest}`);
    this.#highest = term;
  }

  #others(life: LockLife, world: World<LockLife>): void {
    for (const other of this.#leading) {
      if (other === life) continue;
      if (other.state === 'running' && other.isLeader())
        throw new Violation(oneAtOnce, `${other.label} and ${life.label} lead at ${world.nowMs.toFixed(3)} ms`);
      this.#leading.delete(other);
    }
  }
}
