import { type Json, jsonFault, maxJsonDepth } from '../core/json.ts';
import { Malformed } from '../core/parsing.ts';

/** A message may be so deep: what goes around a value as deep as is allowed is less than the rest. */
const maxMessageDepth = maxJsonDepth + 8;

/**
 * `JSON.parse` for text from strangers. Throws a `Malformed`, and nothing else, for what is no JSON, nested too deep, or has a
 * key named `__proto__`, at any depth.
 */
export function parseJson(written: string): Json {
  let value: Json;
  try {
    value = JSON.parse(written) as Json;
  } catch {
    throw new Malformed('this is not JSON');
  }
  const fault = jsonFault(value, maxMessageDepth);
  if (fault) throw new Malformed(`this JSON has ${fault}`);
  return value;
}
