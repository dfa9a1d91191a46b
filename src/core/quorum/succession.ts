import type { Follower } from './follower.ts';

/**
 * Who is to campaign first: most up to date, then higher priority, then visible before hidden, then near before far, then the
 * smaller id.
 */
export function comesBefore(a: Follower, b: Follower): number {
  if (a.match !== b.match) return b.match - a.match;
  if (a.priority !== b.priority) return b.priority > a.priority ? 1 : -1;
  if (a.visible !== b.visible) return a.visible ? -1 : 1;
  if (a.isFar !== b.isFar) return a.isFar ? 1 : -1;
  return a.id < b.id ? -1 : 1;
}

/** Those who could take over, the first in line first, after the `heir`. Returns `before` itself if nothing changed. */
export function lineOfSuccession(
  candidates: Follower[],
  heir: string | null,
  before: readonly string[],
): readonly string[] {
  candidates.sort((a, b) => Number(b.id === heir) - Number(a.id === heir) || comesBefore(a, b));
  const isSame = before.length === candidates.length && candidates.every(({ id }, at) => id === before[at]);
  return isSame ? before : candidates.map(({ id }) => id);
}
