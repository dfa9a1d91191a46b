import { Violation } from '../checker.ts';
import type { Checker, Concern, Step } from '../checker.ts';
import type { Tenant } from '../tenant.ts';
import type { World } from '../world.ts';

interface Told {
  readonly type: string;
  readonly leader: { readonly id: string } | null;
}

/**
 * A leader whose timers run in time is told that it is none before anyone else is told that it is one: so its work can
 * be stopped.
 */
export class Signal implements Checker<Tenant> {
  readonly promise = 'F1: a leader is told that it leads no more before anyone else leads';
  readonly concern: Concern = { events: ['resumed'], effects: ['leader', 'named'] };
  /** Were last told that they lead, and have been awake since. */
  readonly #leading = new Set<Tenant>();

  observe({ life, event, effects }: Step<Tenant>, world: World<Tenant>): void {
    if (event.type === 'resumed') this.#leading.delete(life);
    for (const effect of effects) {
      // Whoever has to join anew stops its work with the membership that is over.
      if (effect.type === 'named') this.#leading.delete(life);
      if (effect.type !== 'leader') continue;
      const { leader } = effect as Told;
      if (leader?.id !== life.id) this.#leading.delete(life);
      else this.#leads(life, world);
    }
  }

  #leads(life: Tenant, world: World<Tenant>): void {
    for (const other of this.#leading) {
      if (other === life) continue;
      this.#leading.delete(other);
      if (!other.responsive || isThrottled(other, world)) continue;
      throw new Violation(this.promise, `${life.label} leads, and ${other.label} was not told that it does no more`);
    }
    if (world.schedule.conditions.timersLateMs === 0 && !isThrottled(life, world)) this.#leading.add(life);
  }
}

/** Timers that were set while it was throttled run late also when that is over. */
function isThrottled(life: Tenant, world: World<Tenant>): boolean {
  return world.isMeantFor(life, 'throttle', 'busy');
}
