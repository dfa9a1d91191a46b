import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { WebLife } from '../life.ts';

/** Whoever is said to lead in a term is the same for all. */
export class OneATerm implements Checker<WebLife> {
  readonly promise = 'Q1: at most one leader per term';
  readonly #byTerm = new Map<number, string>();

  observe({ life, effects }: Step<WebLife>): void {
    for (const effect of effects) {
      if (effect.type !== 'leader' || effect.leader === null) continue;
      const { id, term } = effect.leader;
      const known = this.#byTerm.get(term);
      if (known !== undefined && known !== id)
        throw new Violation(this.promise, `${known} and ${id} lead in term ${term}, says ${life.label}`);
      this.#byTerm.set(term, id);
    }
  }
}
