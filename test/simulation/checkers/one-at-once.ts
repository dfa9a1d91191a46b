import { Violation } from '../checker.ts';
import type { Checker, Step } from '../checker.ts';
import type { Tenant } from '../tenant.ts';
import type { World } from '../world.ts';

/**
 * Who leads, by true time. Without an event a member can only stop leading; so whoever else might still lead is asked
 * when somebody is seen to lead, frozen or not.
 */
export class OneAtOnce implements Checker<Tenant> {
  readonly promise: string;
  /** Led when they were last asked. */
  readonly #leading = new Set<Tenant>();

  constructor(promise: string) {
    this.promise = promise;
  }

  observe({ life }: Step<Tenant>, world: World<Tenant>): void {
    if (life.state !== 'running' || !life.isLeader()) return void this.#leading.delete(life);
    this.#leading.add(life);
    if (this.#leading.size > 1) this.#others(life, world);
  }

  #others(life: Tenant, world: World<Tenant>): void {
    for (const other of this.#leading) {
      if (other === life) continue;
      if (other.state === 'running' && other.isLeader())
        throw new Violation(this.promise, `${other.label} and ${life.label} lead at ${world.nowMs.toFixed(3)} ms`);
      this.#leading.delete(other);
    }
  }
}
