import { epochOfTerm } from '../../../../src/core/founding/epoch.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { Epochs } from '../epochs.ts';
import type { WebLife } from '../life.ts';

/** Whoever is said to lead in a term is the same for all. */
export class OneATerm implements Checker<WebLife> {
  readonly promise = 'Q1: at most one leader per term';
  /** By the term, and how often its epoch's number has come again. */
  readonly #byTerm = new Map<string, string>();
  readonly #epochs: Epochs;

  constructor(epochs: Epochs) {
    this.#epochs = epochs;
  }

  observe({ life, effects }: Step<WebLife>): void {
    for (const effect of effects) {
      if (effect.type !== 'leader' || effect.leader === null) continue;
      const { id, term } = effect.leader;
      const key = `${term} ${this.#epochs.timesAgain(epochOfTerm(term))}`;
      const known = this.#byTerm.get(key);
      if (known !== undefined && known !== id)
        throw new Violation(this.promise, `${known} and ${id} lead in term ${term}, says ${life.label}`);
      this.#byTerm.set(key, id);
    }
  }
}
