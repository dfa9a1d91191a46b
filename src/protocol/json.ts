import { jsonFault, Malformed, maxJsonDepth } from '../core/parsing.ts';

export { jsonFault, Malformed } from '../core/parsing.ts';

/** What survives a trip through JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A message may be so deep: what goes around a value as deep as is allowed is less than the rest. */
const maxMessageDepth = maxJsonDepth + 8;

/** `JSON.parse` for text from strangers, and `checkJson` for what comes of it. Throws nothing but `Malformed`. */
export function parseJson(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
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

/** Bytes that `value` takes on the wire: its JSON in UTF-8. */
export function jsonBytes(value: Json | object): number {
  return new TextEncoder().encode(JSON.stringify(value)).byteLength;
}
