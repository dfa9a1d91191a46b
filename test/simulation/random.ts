import { power } from './exact.ts';

/**
 * Everything random in a simulation is a hash of the seed and of what it is for (`hash(seed, pair, number)`), never the
 * next number of one shared stream: taking one fault away leaves all other draws as they were, so that a failing
 * schedule can be made smaller.
 */

/** Mixes `part` into `state`: both 32-bit integers, and so is the result (0 to 2^32 − 1). */
export function mix(state: number, part: number): number {
  let h = Math.imul(state ^ part, 0x9e3779b1);
  h ^= Math.imul(part ^ (part >>> 15), 0x85ebca77);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A seed (any safe integer) as 32 bits. */
export function seedState(seed: number): number {
  return mix(mix(0x2545f491, seed >>> 0), Math.floor(seed / 2 ** 32) >>> 0);
}

/** A hash as a number from 0 to just below 1. */
export function unit(hash: number): number {
  return hash / 2 ** 32;
}

/** A 32-bit hash of a text. */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) h = Math.imul(h ^ text.charCodeAt(at), 0x01000193);
  return mix(h, text.length);
}

/** A stream of draws for one purpose. */
export class Random {
  readonly #state: number;
  #drawn = 0;

  constructor(seed: number, purpose: string) {
    this.#state = mix(seedState(seed), hashText(purpose));
  }

  /** 0 to just below 1. */
  unit(): number {
    return unit(mix(this.#state, ++this.#drawn));
  }

  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  between(low: number, high: number): number {
    return low + this.unit() * (high - low);
  }

  /** Between `low` and `high`, each order of magnitude alike. */
  magnitude(low: number, high: number): number {
    return low * power(high / low, this.unit());
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.whole(0, choices.length - 1)]!;
  }

  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let at = shuffled.length - 1; at > 0; at--) {
      const other = this.whole(0, at);
      [shuffled[at], shuffled[other]] = [shuffled[other]!, shuffled[at]!];
    }
    return shuffled;
  }
}
