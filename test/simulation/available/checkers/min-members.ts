import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { Life } from '../../life.ts';
import type { World } from '../../world.ts';

/**
 * Nobody leads before `minMembers` have met: a member that has known no leader yet leads only if so many lives were in
 * touch of late, in both directions, directly or over others.
 */
export class MinMembers implements Checker {
  readonly promise = 'minMembers holds the first election back';
  readonly #touchMs: number;
  /** Members that have known a leader, or that have led. */
  readonly #founded = new Set<Life>();

  /** `touchMs`: how old news of a member may be for it to count as met. */
  constructor(touchMs: number) {
    this.#touchMs = touchMs;
  }

  observe({ life, effects }: Step, world: World): void {
    if (world.schedule.minMembers === 1 || this.#founded.has(life)) return;
    for (const effect of effects) {
      if (effect.type !== 'leader' || effect.leader === null) continue;
      this.#founded.add(life);
      if (effect.leader.id === life.id) this.#check(life, world);
    }
  }

  #check(life: Life, world: World): void {
    const met = this.#met(life, world);
    if ([...met].some((other) => other !== life && this.#founded.has(other))) return;
    if (met.size < world.schedule.minMembers)
      throw new Violation(this.promise, `${life.label} leads and has met ${met.size - 1} others`);
  }

  #met(life: Life, world: World): Set<Life> {
    const met = new Set([life]);
    for (const one of met) for (const other of world.lives) if (this.#inTouch(one, other, world)) met.add(other);
    return met;
  }

  #inTouch(one: Life, other: Life, world: World): boolean {
    const since = world.nowMs - this.#touchMs;
    return world.network.heardMs(one, other) >= since && world.network.heardMs(other, one) >= since;
  }
}
