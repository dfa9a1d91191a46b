import type { Json } from '../core/parsing.ts';

export { checkJson, jsonFault, type Json, Malformed, parseJson } from '../core/parsing.ts';

/** Bytes that `value` takes on the wire: its JSON in UTF-8. */
export function jsonBytes(value: Json | object): number {
  return new TextEncoder().encode(JSON.stringify(value)).byteLength;
}
