import { Violation } from '../checker.ts';
import type { Checker, Concern, Step } from '../checker.ts';
import type { Tenant } from '../tenant.ts';

interface Told {
  readonly type: string;
  readonly leader: { readonly term: number } | null;
}

/** The terms that a member is told of never go down, over all lives of its id. */
export class Terms implements Checker<Tenant> {
  readonly promise = 'Q10: terms never go down';
  readonly concern: Concern = { effects: ['leader'] };
  readonly #highest = new Map<string, number>();

  observe({ life, effects }: Step<Tenant>): void {
    for (const effect of effects) {
      if (effect.type !== 'leader') continue;
      const { leader } = effect as Told;
      if (leader === null) continue;
      const { term } = leader;
      const before = this.#highest.get(life.id) ?? 0;
      if (!Number.isSafeInteger(term) || term < before)
        throw new Violation(this.promise, `${life.label} was told of term ${term} after ${before}`);
      this.#highest.set(life.id, term);
    }
  }
}
