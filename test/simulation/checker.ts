import type { Life } from './life.ts';
import type { LifeEvent, Tenant } from './tenant.ts';
import type { World } from './world.ts';

/** One thing that happened to one member, and what the member did. */
export interface Step<L extends Tenant = Life> {
  readonly life: L;
  readonly event: LifeEvent;
  readonly effects: readonly EffectOf<L>[];
}

type EffectOf<L extends Tenant> = L extends Tenant<infer Effect> ? Effect : never;

/** Steps of which at least one of these holds, by types. */
export interface Concern {
  readonly events?: readonly LifeEvent['type'][];
  /** Of messages that reach a member. */
  readonly heard?: readonly string[];
  readonly effects?: readonly string[];
  /** Of messages that a member sends. */
  readonly said?: readonly string[];
}

/** Watches one promise, all members at once. Throws `Violation`. Made anew for each run. */
export interface Checker<L extends Tenant = Life> {
  /** The promise, by its rule where it has one. */
  readonly promise: string;
  /** The steps by which it can be broken, or that must be known to see it. Default: all. */
  readonly concern?: Concern;
  /** After each of them: what the member did, and through `life.election` what it says of itself now. */
  observe(step: Step<L>, world: World<L>): void;
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
