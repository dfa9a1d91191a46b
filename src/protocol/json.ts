import { Malformed } from '../core/parsing.ts';

/** What survives a trip through JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Thrown by `parseJson`. */
export class JsonError extends Malformed {}

/** Deeper values than this are refused: they parse, and then overflow the stack of whoever writes them out again. */
export const maxJsonDepth = 64;

/** `JSON.parse` for text from strangers, and `checkJson` for what comes of it. Throws nothing but `JsonError`. */
export function parseJson(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new JsonError('this is not JSON');
  }
  checkJson(value);
  return value;
}

/**
 * Throws a `JsonError` for what is nested deeper than `maxJsonDepth` and for any key named `__proto__`, at any depth,
 * before it can be merged into something.
 */
export function checkJson(value: unknown, levels: number = maxJsonDepth): void {
  if (typeof value !== 'object' || value === null) return;
  if (levels === 0) throw new JsonError(`nested deeper than ${maxJsonDepth} levels`);
  if (Object.hasOwn(value, '__proto__')) throw new JsonError('"__proto__" may not be a key');
  for (const item of Object.values(value)) checkJson(item, levels - 1);
}

/** Bytes that `value` takes on the wire: its JSON in UTF-8. */
export function jsonBytes(value: Json | object): number {
  return new TextEncoder().encode(JSON.stringify(value)).byteLength;
}
