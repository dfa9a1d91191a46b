import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';

/** What members see as published was published by one that led. */
export class Published implements Checker {
  readonly promise = 'published values come from leaders';
  readonly #values = new Set<string>();

  observe({ life, event, effects }: Step): void {
    if (event.type === 'publish') this.#publish(event.value, effects);
    for (const effect of effects) {
      if (effect.type === 'published' && !this.#values.has(JSON.stringify(effect.value)))
        throw new Violation(
          this.promise,
          `${life.label} sees ${JSON.stringify(effect.value)}, which no leader published`,
        );
      if (effect.type !== 'conflict') continue;
      for (const { published } of [effect.winner, effect.loser])
        if (published !== undefined && published !== null && !this.#values.has(JSON.stringify(published)))
          throw new Violation(
            this.promise,
            `${life.label}: a conflict names ${JSON.stringify(published)}, published by no leader`,
          );
    }
  }

  /** It took effect if the member sees it itself. */
  #publish(value: unknown, effects: Step['effects']): void {
    if (effects.some((effect) => effect.type === 'published')) this.#values.add(JSON.stringify(value));
  }
}
