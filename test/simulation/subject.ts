import type { Operation } from './history.ts';
import type { Life } from './life.ts';
import type { Tenant } from './tenant.ts';
import type { Cast, World } from './world.ts';

/** What is simulated, made anew for each run. */
export interface Subject<L extends Tenant = Life> extends Cast<L> {
  /**
   * Liveness: called when faults have stopped, but for those without an end. Lets time pass until what is promised then
   * holds, and throws `Violation` if it does not. Returns how long each part of it took.
   */
  recover(world: World<L>): readonly number[];
  /** What clients asked for and were told, in the order of their calls. */
  history?(): readonly Operation[];
}
