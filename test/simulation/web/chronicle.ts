import { Violation } from '../checker.ts';
import { stateAfter } from './journal.ts';
import type { State } from './journal.ts';

const order = 'Q4: every member sees the same entries in the same order';
const once = 'Q5: what is appended is delivered exactly once';

interface Entry {
  readonly index: number;
  readonly value: string;
  /** Of all values up to here, this one included. */
  readonly state: State;
}

/** The one true log of epochs that go on from one another, as it became known by what was first delivered anywhere. */
export class Chronicle {
  readonly #entries: Entry[] = [];
  readonly #places = new Map<string, number>();
  /** Values whose appends resolved, and where, if that was said. */
  readonly #resolved = new Map<string, number | null>();
  /** The highest index that any append or read was told. */
  floor = 0;

  /** What somebody has who begins another one: the first so many entries. */
  copy(count: number): Chronicle {
    const copy = new Chronicle();
    for (const entry of this.#entries.slice(0, count)) {
      copy.#entries.push(entry);
      copy.#places.set(entry.value, copy.#entries.length);
    }
    return copy;
  }

  /** How many entries are known. */
  get count(): number {
    return this.#entries.length;
  }

  /** Somebody who has so many entries is delivered one more. Returns how many it has then. */
  deliver(who: string, has: number, index: number, value: string): number {
    const known = this.#entries[has];
    if (known === undefined) this.#first(who, index, value);
    else if (known.index !== index || known.value !== value)
      throw new Violation(
        order,
        `${who} was delivered ${value} at ${index}, where others have ${known.value} at ${known.index}`,
      );
    return has + 1;
  }

  /** Somebody is given the state of after that index in place of the entries. Returns how many it has then. */
  restore(who: string, has: number, index: number, state: State): number {
    const known = this.#entries[state.count - 1];
    if (state.count < has)
      throw new Violation(order, `${who} has ${has} entries, and is given the state of ${state.count}`);
    if (known === undefined || known.index !== index || known.state.hash !== state.hash)
      throw new Violation(order, `${who} is given a state of ${state.count} entries up to ${index} that never was`);
    return state.count;
  }

  /** An append resolved. */
  resolve(value: string, index: number | null): void {
    this.#resolved.set(value, index);
    const place = this.#places.get(value);
    if (place !== undefined) this.#compare(value, place);
    this.floor = Math.max(this.floor, index ?? 0);
  }

  has(value: string): boolean {
    return this.#places.has(value);
  }

  /** Appends that resolved, and nobody was delivered yet. */
  get missing(): readonly string[] {
    return [...this.#resolved.keys()].filter((value) => !this.#places.has(value));
  }

  #first(who: string, index: number, value: string): void {
    const last = this.#entries.at(-1);
    if (last !== undefined && index <= last.index)
      throw new Violation(order, `${who} was delivered ${value} at ${index}, behind ${last.value} at ${last.index}`);
    const place = this.#places.get(value);
    if (place !== undefined)
      throw new Violation(once, `${who} was delivered ${value} at ${index}, which is the ${place}. entry already`);
    for (const [resolved, at] of this.#resolved)
      if (at !== null && at <= index && resolved !== value && !this.#places.has(resolved))
        throw new Violation(once, `${who} was delivered ${value} at ${index}, and not ${resolved}, resolved at ${at}`);
    this.#entries.push({ index, value, state: stateAfter(last?.state ?? { count: 0, hash: 0 }, value) });
    this.#places.set(value, this.#entries.length);
    if (this.#resolved.has(value)) this.#compare(value, this.#entries.length);
  }

  #compare(value: string, place: number): void {
    const at = this.#resolved.get(value);
    const { index } = this.#entries[place - 1]!;
    if (at !== null && at !== index)
      throw new Violation(once, `the append of ${value} resolved with ${at}, and it was delivered at ${index}`);
  }
}
