import type { Effect, LifeEvent, Life } from './life.ts';
import type { World } from './world.ts';

/** One thing that happened to one member, and what the member did. */
export interface Step {
  readonly life: Life;
  readonly event: LifeEvent;
  readonly effects: readonly Effect[];
}

/** Watches one promise, all members at once. Throws `Violation`. Made anew for each run. */
export interface Checker {
  /** The promise, by its rule where it has one. */
  readonly promise: string;
  /** After every event: what the member did, and through `life.election` what it says of itself now. */
  observe(step: Step, world: World): void;
}

/** A promise was broken. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly promise: string;

  constructor(promise: string, message: string) {
    super(message);
    this.promise = promise;
  }
}
