import { epochOfTerm } from '../../../../src/core/founding/epoch.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { World } from '../../world.ts';
import type { WebLife } from '../life.ts';

/** When a member first hears of a later epoch, nobody leads in one before: nor does anybody who has not heard of it yet. */
export class NobodyLeadsOn implements Checker<WebLife> {
  readonly promise = 'E2: a later epoch is founded only when nobody can lead in the one before';
  #highest = 0;

  observe({ effects }: Step<WebLife>, world: World<WebLife>): void {
    for (const effect of effects) {
      if (effect.type !== 'fed' || effect.event.type !== 'group') continue;
      const { epoch, founder } = effect.event.group;
      if (epoch <= this.#highest) continue;
      this.#highest = epoch;
      // Whoever takes over an epoch, having forgotten it, has not founded it.
      if (founder !== null) this.#check(epoch, world);
    }
  }

  #check(epoch: number, world: World<WebLife>): void {
    for (const { life } of world.seats) {
      const term = life?.isLeader() === true ? life.election.leader()?.term : undefined;
      if (term !== undefined && epochOfTerm(term) < epoch)
        throw new Violation(this.promise, `epoch ${epoch} is told of, and ${life!.label} leads in term ${term}`);
    }
  }
}
