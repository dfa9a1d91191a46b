import { isPeerId } from './peer-id.ts';

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

export function peerId(value: unknown): string {
  if (!isPeerId(value)) throw new Malformed('is no id');
  return value;
}
