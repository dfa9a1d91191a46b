/** The one before, unless something in it has changed: what did not change stays the same object. */
export function sameOr<T extends object>(before: T | null | undefined, now: T): T {
  return before && (Object.keys(now) as (keyof T)[]).every((name) => now[name] === before[name]) ? before : now;
}
