import type { Leadership } from '../../../src/core/leadership.ts';

/** All leaderships there ever were, as their leaders declared them or as they were handed on. */
export class Claims {
  readonly #declared = new Set<string>();
  readonly #handed = new Set<string>();
  readonly #givenUp = new Set<string>();

  declare(leader: Leadership): void {
    this.#declared.add(key(leader));
  }

  /** Who is given a leadership leads from then on, also before it has heard of it. */
  handOn(from: Leadership, to: Leadership): void {
    this.#givenUp.add(key(from));
    this.#handed.add(key(to));
  }

  /** True if its leader handed it on. */
  wasGivenUp(leader: Leadership): boolean {
    return this.#givenUp.has(key(leader));
  }

  declared(leader: Leadership): boolean {
    return this.#declared.has(key(leader));
  }

  has(leader: Leadership): boolean {
    return this.#declared.has(key(leader)) || this.#handed.has(key(leader));
  }
}

export function key(leader: Leadership): string {
  return `${leader.term} ${leader.id}`;
}

/** Who leads in the leadership of that key. */
export function leaderOf(leadership: string): string {
  return leadership.slice(leadership.indexOf(' ') + 1);
}
