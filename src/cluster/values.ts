import { ClusterError } from '../protocol/errors.ts';
import { maxJsonDepth, type Json } from '../protocol/json.ts';

/**
 * Throws a `TypeError` unless `value` survives a trip through JSON unchanged, save for properties that are `undefined`,
 * which get lost. `what` names it in the message.
 */
export function assertJson(value: unknown, what: string): asserts value is Json {
  const fault = faultOf(value, 0);
  if (fault)
    throw new TypeError(
      `${what} must be JSON: null, boolean, finite number, string, array or plain object; it has ${fault}`,
    );
}

function faultOf(value: unknown, depth: number): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value))
    return undefined;
  if (typeof value !== 'object') return typeof value === 'number' ? String(value) : `a value of type ${typeof value}`;
  if (depth === maxJsonDepth) return `more than ${maxJsonDepth} levels, or a circle`;
  if (!isPlain(value)) return `an instance of ${value.constructor?.name || 'a class'}`;
  if (Object.hasOwn(value, '__proto__')) return 'a key "__proto__"';
  const items = Array.isArray(value) ? value : Object.values(value).filter((property) => property !== undefined);
  for (const item of items) {
    const fault = faultOf(item, depth + 1);
    if (fault) return fault;
  }
  return undefined;
}

/** Also objects of another realm, whose prototype is not ours. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Throws a `TypeError` unless `value` can be called. `what` names it in the message. */
export function assertFunction(value: unknown, what: string): void {
  if (typeof value !== 'function') throw new TypeError(`${what} must be a function; it is of type ${typeof value}`);
}

/** A copy that nobody else holds, after checking that it is JSON of at most `maxBytes`, which throws `too-large`. */
export function copyJson(value: Json, what: string, maxBytes: number = Infinity): Json {
  assertJson(value, what);
  const text = JSON.stringify(value);
  const bytes = new TextEncoder().encode(text).byteLength;
  if (bytes > maxBytes)
    throw new ClusterError('too-large', `${what} takes ${bytes} bytes of JSON; at most ${maxBytes} are allowed`);
  return JSON.parse(text) as Json;
}
