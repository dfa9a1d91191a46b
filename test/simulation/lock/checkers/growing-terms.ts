import type { Leadership } from '../../../../src/core/leadership.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { Tenant } from '../../tenant.ts';

interface Told {
  readonly type: string;
  readonly leader: Leadership | null;
}

/** Of all who ever led. */
export class GrowingTerms implements Checker<Tenant> {
  readonly promise = 'L2: the term grows with every leadership';
  #highest = 0;

  observe({ life, effects }: Step<Tenant>): void {
    for (const effect of effects) if (effect.type === 'leader') this.#tell(life, (effect as Told).leader);
  }

  #tell(life: Tenant, leader: Told['leader']): void {
    if (leader?.id !== life.id) return;
    const { term } = leader;
    if (term <= this.#highest)
      throw new Violation(this.promise, `${life.label} leads in term ${term}, and somebody led in ${this.#highest}`);
    this.#highest = term;
  }
}
