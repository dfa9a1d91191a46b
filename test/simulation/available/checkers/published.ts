import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { Life } from '../../life.ts';

/** What members see as published was published by one that led. */
export class Published implements Checker {
  readonly promise = 'published values come from leaders';
  readonly #values = new Set<string>();
  /** Members that were told last that they lead. */
  readonly #leading = new Set<Life>();

  observe({ life, event, effects }: Step): void {
    if (event.type === 'publish' && this.#leading.has(life)) this.#values.add(JSON.stringify(event.value));
    this.#noteLeaders(life, effects);
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

  #noteLeaders(life: Life, effects: Step['effects']): void {
    for (const effect of effects) {
      if (effect.type !== 'leader') continue;
      if (effect.leader?.id === life.id) this.#leading.add(life);
      else this.#leading.delete(life);
    }
  }
}
