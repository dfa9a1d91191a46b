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

function faultOf(value: unknown, depth: number): string | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return null;
  if (typeof value === 'number') return Number.isFinite(value) ? null : String(value);
  if (typeof value !== 'object') return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`;
  if (depth === maxJsonDepth) return `more than ${maxJsonDepth} levels, or a circle`;
  if (Array.isArray(value)) return firstFault(value, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return `an instance of ${nameOfClass(value)}`;
  if (Object.hasOwn(value, '__proto__')) return 'a key "__proto__"';
  return firstFault(
    Object.values(value).filter((property) => property !== undefined),
    depth,
  );
}

function firstFault(values: readonly unknown[], depth: number): string | null {
  for (const value of values) {
    const fault = faultOf(value, depth + 1);
    if (fault) return fault;
  }
  return null;
}

function nameOfClass(value: object): string {
  return value.constructor?.name || 'a class';
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
