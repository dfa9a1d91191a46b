import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { WebLife } from '../life.ts';

/** How many vote, as everybody sees it: while some take the place of others, all of them but whoever leads. */
export class BoundedVoters implements Checker<WebLife> {
  readonly promise = 'Q8: no more members vote than may';
  readonly #maxVoters: number;

  constructor(maxVoters: number) {
    this.#maxVoters = maxVoters;
  }

  observe({ life, effects }: Step<WebLife>): void {
    for (const effect of effects) {
      if (effect.type !== 'roles') continue;
      const count = (wanted: string): number => [...effect.roles.values()].filter((role) => role === wanted).length;
      if (count('voter') > Math.max(2 * this.#maxVoters - 1, 2))
        throw new Violation(this.promise, `${life.label} sees ${count('voter')} voters, of up to ${this.#maxVoters}`);
      if (count('witness') > 2) throw new Violation(this.promise, `${life.label} sees ${count('witness')} witnesses`);
    }
  }
}
