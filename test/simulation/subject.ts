import type { Elector } from '../../src/electors/elector.ts';
import { availableSubject } from './available/subject.ts';
import type { Checker } from './checker.ts';
import type { World } from './world.ts';

/** What is simulated, made anew for each run. */
export interface Subject {
  readonly elector: Elector;
  /** Asked in this order after every event. */
  readonly checkers: readonly Checker[];
  /**
   * Liveness: called when faults have stopped, but for those without an end. Lets time pass until what is promised then
   * holds, and throws `Violation` if it does not. Returns how long each part of it took.
   */
  recover(world: World): readonly number[];
}

export const subjects: Readonly<Record<string, () => Subject>> = {
  available: availableSubject,
};
