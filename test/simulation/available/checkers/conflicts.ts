import type { Leadership } from '../../../../src/core/leadership.ts';
import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { Life } from '../../life.ts';
import { key } from '../claims.ts';
import type { Claims } from '../claims.ts';

interface Loss {
  readonly to: Leadership;
  /** The last term that the loser had led in. */
  readonly term: number;
}

/** A member is told once of each leadership that was displaced, by two that have been; no two displace each other. */
export class Conflicts implements Checker {
  readonly promise = 'A2: one conflict for each displaced leadership';
  readonly #claims: Claims;
  readonly #losers = new Map<Life, Set<string>>();
  /** By id: all leaders that it was told of, one after the other. */
  readonly #told = new Map<string, Leadership[]>();
  /** By id: to whom it lost last. */
  readonly #losses = new Map<string, Loss>();

  constructor(claims: Claims) {
    this.#claims = claims;
  }

  observe({ life, effects }: Step): void {
    for (const effect of effects) {
      if (effect.type === 'leader' && effect.leader !== null) this.#toldTo(life.id).push(effect.leader);
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
      if (loser.id === life.id) this.#loses(life, winner, loser);
    }
  }

  #loses(life: Life, winner: Leadership, loser: Leadership): void {
    const loss = this.#losses.get(winner.id);
    const term = this.#lastTermOf(loser);
    // The winner may have lost to a later leadership of this member, and told of it before.
    if (loss?.to.id === life.id && winner.term <= loss.term && loss.to.term <= term)
      throw new Violation(this.promise, `${life.label} stepped down for ${key(winner)}, who had stepped down for it`);
    this.#losses.set(life.id, { to: winner, term });
  }

  /** It goes on under higher terms, until it follows somebody else. By the time it is told, it may lead anew. */
  #lastTermOf({ id, term }: Leadership): number {
    let last = term;
    for (const leader of this.#toldTo(id)) {
      if (leader.term <= term) continue;
      if (leader.id !== id) break;
      last = leader.term;
    }
    return last;
  }

  #toldTo(id: string): Leadership[] {
    let told = this.#told.get(id);
    if (told === undefined) this.#told.set(id, (told = []));
    return told;
  }

  /** The leaderships that this member was told were displaced, by `key`. */
  losersOf(life: Life): Set<string> {
    let losers = this.#losers.get(life);
    if (losers === undefined) this.#losers.set(life, (losers = new Set()));
    return losers;
  }
}
