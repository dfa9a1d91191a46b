import type { Snapshot } from './cluster.ts';

/** The one before, unless something in it has changed. */
export function sameOr(before: Snapshot | undefined, now: Snapshot): Snapshot {
  const same = before && (Object.keys(now) as (keyof Snapshot)[]).every((name) => now[name] === before[name]);
  return same ? before : now;
}
