import type { Leadership } from '../../../src/core/leadership.ts';
import { Violation } from '../checker.ts';
import type { Checker, Concern, Step } from '../checker.ts';
import type { Tenant } from '../tenant.ts';

interface Told {
  readonly leader: Leadership | null;
}

/** Nobody is told that a leadership has begun before its leader is. */
export class Heralded implements Checker<Tenant> {
  readonly promise = 'F1: whoever leads is the first to know';
  readonly concern: Concern;
  readonly #effect: string;
  /** By id: the last term that it was told to lead in. */
  readonly #led = new Map<string, number>();

  /** `effect`: by which a leadership that has begun is told. */
  constructor(effect: 'leader' | 'ready') {
    this.concern = { effects: [effect] };
    this.#effect = effect;
  }

  observe({ life, effects }: Step<Tenant>): void {
    for (const effect of effects) {
      if (effect.type !== this.#effect) continue;
      const { leader } = effect as unknown as Told;
      if (leader === null) continue;
      if (leader.id === life.id) this.#led.set(life.id, leader.term);
      else if ((this.#led.get(leader.id) ?? -1) < leader.term)
        throw new Violation(
          this.promise,
          `${life.label} was told of ${leader.id} in term ${leader.term} before that one`,
        );
    }
  }
}
