import { Hash } from './fingerprints.ts';
import type { Letter } from './machine.ts';
import type { Local } from './machines.ts';
import type { Chronicle } from './marks.ts';

/** A state of everything: never changed in place. */
export class State {
  readonly members: readonly Local[];
  /** Under way, in any order; a message that was sent twice is there twice. */
  readonly letters: readonly Letter[];
  readonly nowMs: number;
  /** What no later step may contradict. */
  readonly chronicle: Chronicle;
  /** How many of each of `extras` there were. */
  readonly spent: readonly number[];

  constructor(
    members: readonly Local[],
    letters: readonly Letter[],
    nowMs: number,
    chronicle: Chronicle,
    spent: readonly number[],
  ) {
    this.members = members;
    this.letters = letters;
    this.nowMs = nowMs;
    this.chronicle = chronicle;
    this.spent = spent;
  }

  at(nowMs: number): State {
    return new State(this.members, this.letters, nowMs, this.chronicle, this.spent);
  }

  /** One more of that extra. */
  spending(extra: number): State {
    const spent = this.spent.slice();
    spent[extra]!++;
    return new State(this.members, this.letters, this.nowMs, this.chronicle, spent);
  }

  /** Without the letter at that place. */
  without(place: number): State {
    const letters = this.letters.slice();
    letters[place] = letters[letters.length - 1]!;
    letters.pop();
    return new State(this.members, letters, this.nowMs, this.chronicle, this.spent);
  }

  fingerprint(): number {
    const hash = new Hash();
    hash.mix(this.nowMs);
    hash.mix(this.chronicle.number);
    for (const { number } of this.members) hash.mix(number);
    for (const count of this.spent) hash.mix(count);
    let [one, other] = [0, 0];
    for (const { salts } of this.letters) {
      one = (one + salts[0]) | 0;
      other = (other + salts[1]) | 0;
    }
    hash.mix(one);
    hash.mix(other);
    return hash.fingerprint;
  }
}
