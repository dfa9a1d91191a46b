import { Violation } from '../../checker.ts';
import type { Checker, Concern, Step } from '../../checker.ts';
import type { Ledger } from '../ledger.ts';
import type { QuorumLife } from '../life.ts';

/** State machine safety: all members apply the same values at the same places, or a snapshot that amounts to them. */
export class Committed implements Checker<QuorumLife> {
  readonly promise = 'Q4: every member sees the same entries in the same order';
  readonly concern: Concern = { effects: ['commit', 'snapshot-installed', 'snapshot-wanted'] };
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  observe({ life, effects }: Step<QuorumLife>): void {
    for (const effect of effects) {
      if (effect.type === 'commit') this.#ledger.applies(life, effect.upTo, effect.entries, this.promise);
      else if (effect.type === 'snapshot-installed')
        this.#ledger.installs(life, effect.index, effect.data, this.promise);
      else if (effect.type === 'snapshot-wanted' && effect.index !== this.#ledger.appliedBy(life))
        throw new Violation(
          this.promise,
          `${life.label} was asked for its state at ${effect.index}, and has applied ${this.#ledger.appliedBy(life)}`,
        );
    }
  }
}
