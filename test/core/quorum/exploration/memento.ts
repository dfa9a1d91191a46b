import { Hash } from './fingerprints.ts';

/** What was in an object and in all that it holds: to be put back, or compared by its name. */
export interface Memento<Root extends object> {
  readonly root: Root;
  readonly objects: readonly object[];
  /** Of each object, in the same order. */
  readonly contents: readonly Contents[];
  /** The same for the same contents, in whatever objects they are. */
  readonly name: number;
}

type Contents = readonly unknown[] | Float64Array;

/** Fields that do not matter between two steps, and what they are put back to. */
export type Ignored = ReadonlyMap<string, unknown>;

/**
 * Takes mementos. Objects that did not change since the memento before share their contents with it. The name is a hash
 * of 53 bits: among a hundred thousand states two get the same one once in a million explorations.
 */
export class Photographer {
  readonly #ignored: Ignored;
  /** What was last seen in them. */
  readonly #seen = new WeakMap<object, Contents>();
  readonly #fields = new Map<unknown, readonly string[]>();
  readonly #texts = new Map<string, number>();
  readonly #double = new Float64Array(1);
  readonly #words = new Uint32Array(this.#double.buffer);
  #hash = new Hash();

  constructor(ignored: Ignored) {
    this.#ignored = ignored;
  }

  take<Root extends object>(root: Root): Memento<Root> {
    const numbers = new Map<object, number>([[root, 0]]);
    const objects: object[] = [root];
    const contents: Contents[] = [];
    this.#hash = new Hash();
    // Grows while it is walked: what an object holds comes later, in the order in which it was met.
    for (const object of objects) {
      const held = this.#contentsOf(object);
      contents.push(held);
      this.#hash.mix(held.length);
      for (const value of held) this.#see(value, numbers, objects);
    }
    return { root, objects, contents, name: this.#hash.fingerprint };
  }

  putBack({ objects, contents }: Memento<object>): void {
    for (let at = 0; at < objects.length; at++) {
      const object = objects[at] as object;
      const held = contents[at] as Contents;
      this.#seen.set(object, held);
      this.#fill(object, held);
    }
  }

  #contentsOf(object: object): Contents {
    const held = this.#read(object);
    const before = this.#seen.get(object);
    if (before !== undefined && isSame(before, held)) return before;
    this.#seen.set(object, held);
    return held;
  }

  #read(object: object): Contents {
    if (Array.isArray(object)) return object.slice();
    if (object instanceof Map) return [...object].flat(1);
    if (object instanceof Set) return [...object];
    if (object instanceof Float64Array) return object.slice();
    return this.#fieldsOf(object).map((field) => (object as Record<string, unknown>)[field]);
  }

  #fill(object: object, held: Contents): void {
    if (Array.isArray(object)) {
      object.length = held.length;
      for (let at = 0; at < held.length; at++) object[at] = held[at];
    } else if (object instanceof Map) {
      object.clear();
      for (let at = 0; at < held.length; at += 2) object.set(held[at], held[at + 1]);
    } else if (object instanceof Set) {
      object.clear();
      for (const value of held) object.add(value);
    } else if (object instanceof Float64Array) object.set(held as Float64Array);
    else this.#fillFields(object as Record<string, unknown>, held);
  }

  #fillFields(object: Record<string, unknown>, held: Contents): void {
    const fields = this.#fieldsOf(object);
    for (let at = 0; at < fields.length; at++) object[fields[at]!] = held[at];
    for (const [field, value] of this.#ignored) if (field in object) object[field] = value;
  }

  /** A class has the same fields in all its objects; other objects are told apart by what they have. */
  #fieldsOf(object: object): readonly string[] {
    const { constructor } = object;
    if (constructor === Object) return Object.keys(object);
    let fields = this.#fields.get(constructor);
    if (fields === undefined) {
      fields = Object.keys(object).filter((field) => !this.#ignored.has(field));
      this.#fields.set(constructor, fields);
    }
    return fields;
  }

  #see(value: unknown, numbers: Map<object, number>, objects: object[]): void {
    if (typeof value === 'number') this.#mixNumber(value);
    else if (typeof value === 'string') this.#hash.mix(1 + this.#textNumber(value));
    else if (typeof value === 'object' && value !== null) {
      let number = numbers.get(value);
      if (number === undefined) {
        number = objects.length;
        numbers.set(value, number);
        objects.push(value);
      }
      this.#hash.mix(-number);
    } else if (typeof value !== 'function')
      this.#hash.mix(value === null ? 3 : value === undefined ? 5 : value ? 7 : 9);
  }

  #textNumber(text: string): number {
    let number = this.#texts.get(text);
    if (number === undefined) this.#texts.set(text, (number = this.#texts.size));
    return number;
  }

  #mixNumber(value: number): void {
    this.#double[0] = value;
    this.#hash.mix(this.#words[0] as number);
    this.#hash.mix(this.#words[1] as number);
  }
}

function isSame(one: Contents, other: Contents): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (!Object.is(one[at], other[at])) return false;
  return true;
}
