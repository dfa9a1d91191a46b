import { maxTermJump, termsPerEpoch } from '../../../../src/core/quorum/limits.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Concern, Step } from '../../checker.ts';
import type { QuorumLife } from '../life.ts';

/** Nobody enters a term that is far above all that anybody was in, whoever speaks of it. */
export class FarTerms implements Checker<QuorumLife> {
  readonly promise = 'Q10: a term that is far ahead is not adopted';
  readonly concern: Concern = { effects: ['persist'] };
  /** By epoch. */
  readonly #highest = new Map<number, number>();

  observe({ life, effects }: Step<QuorumLife>): void {
    for (const effect of effects) {
      if (effect.type !== 'persist' || effect.state.hardState === null) continue;
      const { term } = effect.state.hardState;
      const epoch = Math.floor(term / termsPerEpoch);
      const highest = this.#highest.get(epoch) ?? epoch * termsPerEpoch;
      if (term > highest + maxTermJump)
        throw new Violation(this.promise, `${life.label} enters term ${term}, and nobody was above ${highest}`);
      this.#highest.set(epoch, Math.max(term, highest));
    }
  }
}
