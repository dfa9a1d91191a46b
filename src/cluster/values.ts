import { assertJsonBytes, jsonFault, type Json } from '../protocol/json.ts';

/**
 * Throws a `TypeError` unless `value` survives a trip through JSON unchanged, save for properties that are `undefined`,
 * which get lost. `what` names it in the message.
 */
export function assertJson(value: unknown, what: string): asserts value is Json {
  const fault = jsonFault(value);
  if (fault)
    throw new TypeError(
      `${what} must be JSON: null, boolean, finite number, string, array or plain object; it has ${fault}`,
    );
}

/** Throws a `TypeError` unless `value` can be called. `what` names it in the message. */
export function assertFunction(value: unknown, what: string): void {
  if (typeof value !== 'function') throw new TypeError(`${what} must be a function; it is of type ${typeof value}`);
}

/** A copy that nobody else holds, after checking that it is JSON of at most `maxBytes`, which throws `too-large`. */
export function copyJson(value: Json, what: string, maxBytes: number = Infinity): Json {
  assertJson(value, what);
  assertJsonBytes(value, what, maxBytes);
  return JSON.parse(JSON.stringify(value)) as Json;
}
