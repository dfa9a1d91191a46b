/**
 * How what came from a stranger is read: a parser takes anything, and returns it checked and copied, or throws
 * `Malformed`. What a message is made of is named once, as a table of such parsers.
 */

/** Says what is wrong with what was sent, in words fit for a log, or for whoever sent it. */
export class Malformed extends Error {}

export type Parse<T> = (value: unknown) => T;

/** Each field by its own parser; whatever else is there is left behind. */
export function object<T extends object>(fields: { readonly [Key in keyof T]: Parse<T[Key]> }): Parse<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return (value) => {
    const given = fieldsOf(value);
    const copy: Partial<T> = {};
    for (const name of names) copy[name] = field(given, name, fields[name]);
    return copy as T;
  };
}

export type Fields = { readonly [name: string]: unknown };

export function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Malformed('is no object');
  return value as Fields;
}

/** What is wrong with the field of that name is told under it. */
export function field<T>(fields: Fields, name: string, parse: Parse<T>): T {
  try {
    return parse(fields[name]);
  } catch (error) {
    throw error instanceof Malformed ? new Malformed(`${name} ${error.message}`) : error;
  }
}

/** One of several messages, told apart by their `type`. `others`: the types of those that are read elsewhere. */
export function message<Message extends { readonly type: string }>(
  types: Types<Message>,
  others: readonly string[] = [],
): Parse<Message> {
  return (value) => {
    const { type } = fieldsOf(value);
    if (typeof type !== 'string' || !Object.hasOwn(types, type)) {
      throw new Malformed(`type is none of ${[...others, ...Object.keys(types)].join(', ')}`);
    }
    const fields = field({ [type]: value }, type, types[type as Message['type']]);
    return { type, ...fields } as unknown as Message;
  };
}

/** The parser of each message's fields: the compiler sees a forgotten one. */
export type Types<Message extends { readonly type: string }> = {
  readonly [Type in Message['type']]: Parse<Omit<Extract<Message, { readonly type: Type }>, 'type'>>;
};

/** A hole in a list is an entry, and refused as one. */
export function list<T>(parse: Parse<T>, maxLength: number = Infinity): Parse<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw new Malformed('is no list');
    if (value.length > maxLength) throw new Malformed('is too long');
    return [...(value as readonly unknown[])].map((one) => parse(one));
  };
}

export function orNull<T>(parse: Parse<T>): Parse<T | null> {
  return (value) => (value === null ? null : parse(value));
}

export function optional<T>(parse: Parse<T>): Parse<T | undefined> {
  return (value) => (value === undefined ? value : parse(value));
}

export function flag(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Malformed('is neither true nor false');
  return value;
}

export function number(from: number, to: number): Parse<number> {
  return (value) => {
    if (typeof value !== 'number' || !(value >= from && value <= to)) {
      throw new Malformed(`is no number from ${from} to ${to}`);
    }
    return value;
  };
}

export function whole(from: number, to: number = Number.MAX_SAFE_INTEGER): Parse<number> {
  const inRange = number(from, to);
  return (value) => {
    const checked = inRange(value);
    if (!Number.isInteger(checked)) throw new Malformed('is not a whole number');
    return checked;
  };
}

/** Of `from` to `to` characters. */
export function text(from: number, to: number): Parse<string> {
  return (value) => {
    if (typeof value !== 'string' || value.length < from || value.length > to) {
      throw new Malformed(`is no text of ${from} to ${to} characters`);
    }
    return value;
  };
}

/** Longest id of a member: each of its characters is one byte. */
export const maxIdBytes = 64;

/** 1 to `maxIdBytes` of `[A-Za-z0-9_.:-]`. */
export function isPeerId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxIdBytes && /^[\w.:-]+$/.test(value);
}

export function peerId(value: unknown): string {
  if (!isPeerId(value)) throw new Malformed('is no id');
  return value;
}

/** What survives a trip through JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** How deep a value may be: what is deeper parses, and then overflows the stack of whoever writes it out again. */
export const maxJsonDepth = 64;

/**
 * What is in `value`, in words, that keeps it from surviving a trip through JSON unchanged, or from being merged into
 * something without harm. Properties that are `undefined` are none of it: they get lost.
 */
export function jsonFault(value: unknown, maxDepth: number = maxJsonDepth, depth: number = 0): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) {
    return undefined;
  }
  if (typeof value !== 'object') return typeof value === 'number' ? String(value) : `a value of type ${typeof value}`;
  if (depth === maxDepth) return `more than ${maxDepth} levels, or a circle`;
  if (!isPlain(value)) return `an instance of ${value.constructor?.name || 'a class'}`;
  if (Object.hasOwn(value, '__proto__')) return 'a key "__proto__"';
  const items = Array.isArray(value) ? value : Object.values(value).filter((property) => property !== undefined);
  for (const item of items) {
    const fault = jsonFault(item, maxDepth, depth + 1);
    if (fault) return fault;
  }
  return undefined;
}

/** Also objects of another realm, whose prototype is not ours. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A message may be so deep: what goes around a value as deep as is allowed is less than the rest. */
const maxMessageDepth = maxJsonDepth + 8;

/** `JSON.parse` for text from strangers, and `checkJson` for what comes of it. Throws nothing but `Malformed`. */
export function parseJson(written: string): Json {
  let value: Json;
  try {
    value = JSON.parse(written) as Json;
  } catch {
    throw new Malformed('this is not JSON');
  }
  checkJson(value);
  return value;
}

/** Throws a `Malformed` for what is no JSON, nested too deep, or has a key named `__proto__`, at any depth. */
export function checkJson(value: unknown): void {
  const fault = jsonFault(value, maxMessageDepth);
  if (fault) throw new Malformed(`this JSON has ${fault}`);
}
