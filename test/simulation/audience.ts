import type { Checker, Step } from './checker.ts';
import type { Tenant } from './tenant.ts';
import type { World } from './world.ts';

/** Checkers as bits of a number, lowest first. */
type Bits = number;

/** There are as many bits as that. */
const maxCheckers = 31;

/**
 * Shows each step to the checkers that it concerns, in their order. Most steps concern few of them: so it is looked
 * through once, for all, and not by each.
 */
export class Audience<L extends Tenant> {
  readonly #checkers: readonly Checker<L>[];
  #always: Bits = 0;
  readonly #byEvent = new Map<string, Bits>();
  readonly #byHeard = new Map<unknown, Bits>();
  readonly #byEffect = new Map<string, Bits>();
  readonly #bySaid = new Map<unknown, Bits>();
  /** Of any message: most events and effects are one. */
  readonly #byMessage: Bits;
  readonly #bySend: Bits;

  constructor(checkers: readonly Checker<L>[]) {
    if (checkers.length > maxCheckers) throw new RangeError(`no more than ${maxCheckers} checkers`);
    this.#checkers = checkers;
    for (const [at, { concern }] of checkers.entries()) {
      const bit = 1 << at;
      if (concern === undefined) this.#always |= bit;
      add(this.#byEvent, concern?.events, bit);
      add(this.#byHeard, concern?.heard, bit);
      add(this.#byEffect, concern?.effects, bit);
      add(this.#bySaid, concern?.said, bit);
    }
    this.#byMessage = this.#byEvent.get('message') ?? 0;
    this.#bySend = this.#byEffect.get('send') ?? 0;
  }

  observe(step: Step<L>, world: World<L>): void {
    const checkers = this.#checkers;
    let concerned = this.#always | this.#concernedByEvent(step.event) | this.#concernedByEffects(step.effects);
    for (let at = 0; concerned !== 0; at++, concerned >>>= 1)
      if ((concerned & 1) !== 0) checkers[at]!.observe(step, world);
  }

  #concernedByEvent(event: Step<L>['event']): Bits {
    if (event.type !== 'message') return this.#byEvent.get(event.type) ?? 0;
    return this.#byMessage | (this.#byHeard.get(typeOf(event.message)) ?? 0);
  }

  #concernedByEffects(effects: Step<L>['effects']): Bits {
    let bits = 0;
    for (let at = 0; at < effects.length; at++) {
      const effect = effects[at] as { readonly type: string; readonly message?: unknown };
      const { type } = effect;
      if (type === 'send') bits |= this.#bySend | (this.#bySaid.get(typeOf(effect.message)) ?? 0);
      else bits |= this.#byEffect.get(type) ?? 0;
    }
    return bits;
  }
}

function add(bits: Map<unknown, Bits>, types: readonly string[] = [], bit: Bits): void {
  for (const type of types) bits.set(type, (bits.get(type) ?? 0) | bit);
}

/** Of whatever was sent. */
function typeOf(message: unknown): unknown {
  return (message as { readonly type?: unknown } | null | undefined)?.type;
}
