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
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return 'a toJSON()';
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
