import { Violation } from '../../checker.ts';
import type { Checker, Concern, Step } from '../../checker.ts';
import type { World } from '../../world.ts';
import type { QuorumLife } from '../life.ts';

/** Who says "now" has seen that the heir has the whole log, unless it leaves. */
export class Heirs implements Checker<QuorumLife> {
  readonly promise = 'Q9: a leader hands over to one that has its whole log';
  readonly concern: Concern = { said: ['timeout-now'] };
  /** By index of the life: the last term in which it said so. What it says again is of that moment. */
  readonly #said: number[] = [];

  observe({ life, event, effects }: Step<QuorumLife>, world: World<QuorumLife>): void {
    if (event.type === 'leave') return;
    for (const effect of effects) {
      if (effect.type !== 'send' || effect.message.type !== 'timeout-now') continue;
      const { term } = effect.message;
      if (this.#said[life.index] === term) continue;
      this.#said[life.index] = term;
      const heir = world.lifeOf(effect.to)!;
      heir.disk.settle(world.nowMs);
      if (heir.disk.lastIndex < life.core.lastIndex)
        throw new Violation(
          this.promise,
          `${life.label} has ${life.core.lastIndex} entries, and hands over to ${heir.label}, which has ${heir.disk.lastIndex}`,
        );
    }
  }
}
