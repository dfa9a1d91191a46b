import type { Leadership } from '../../../../src/electors/elector.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { Life } from '../../life.ts';
import { key } from '../claims.ts';
import type { Claims } from '../claims.ts';

interface Loss {
  readonly to: string;
  /** The last term that the loser had led in. */
  readonly term: number;
}

/** A member is told once of each leadership that was displaced, by two that have been; no two displace each other. */
export class Conflicts implements Checker {
  readonly promise = 'A2: one conflict for each displaced leadership';
  readonly #claims: Claims;
  readonly #losers = new Map<Life, Set<string>>();
  /** By id: the last term in which it led, and to whom it lost last. */
  readonly #led = new Map<string, number>();
  readonly #losses = new Map<string, Loss>();

  constructor(claims: Claims) {
    this.#claims = claims;
  }

  observe({ life, effects }: Step): void {
    for (const effect of effects) {
      if (effect.type === 'leader' && effect.leader?.id === life.id) this.#led.set(life.id, effect.leader.term);
      if (effect.type !== 'conflict') continue;
      const { winner, loser } = effect;
      for (const side of [winner, loser])
        if (!this.#claims.has(side))
          throw new Violation(this.promise, `${life.label}: a conflict names ${key(side)}, who never led so`);
      if (key(winner) === key(loser)) throw new Violation(this.promise, `${life.label}: ${key(loser)} lost to itself`);
      if (this.#claims.wasGivenUp(loser))
        throw new Violation(
          this.promise,
          `${life.label}: ${key(loser)} had handed over, and was displaced for all that`,
        );
      const losers = this.losersOf(life);
      if (losers.has(key(loser)))
        throw new Violation(this.promise, `${life.label} was told twice that ${key(loser)} was displaced`);
      losers.add(key(loser));
      if (loser.id === life.id) this.#loses(life, winner);
    }
  }

  #loses(life: Life, winner: Leadership): void {
    const loss = this.#losses.get(winner.id);
    if (loss?.to === life.id && winner.term <= loss.term)
      throw new Violation(this.promise, `${life.label} stepped down for ${key(winner)}, who had stepped down for it`);
    this.#losses.set(life.id, { to: winner.id, term: this.#led.get(life.id)! });
  }

  /** The leaderships that this member was told were displaced, by `key`. */
  losersOf(life: Life): Set<string> {
    let losers = this.#losers.get(life);
    if (losers === undefined) this.#losers.set(life, (losers = new Set()));
    return losers;
  }
}
