import { Violation } from '../checker.ts';
import type { Checker, Step } from '../checker.ts';
import type { Life } from '../life.ts';

/** The terms that a member is told of never go down, over its life. */
export class Terms implements Checker {
  readonly promise = 'Q10: terms never go down';
  readonly #highest = new Map<Life, number>();

  observe({ life, effects }: Step): void {
    for (const effect of effects) {
      if (effect.type !== 'leader' || effect.leader === null) continue;
      const { term } = effect.leader;
      const before = this.#highest.get(life) ?? 0;
      if (!Number.isSafeInteger(term) || term < before)
        throw new Violation(this.promise, `${life.label} was told of term ${term} after ${before}`);
      this.#highest.set(life, term);
    }
  }
}
