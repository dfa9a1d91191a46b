import type { Snapshot } from 'bellwether';
import { flockOf } from './flock.ts';

/** A newcomer gets a moment to be reached before it counts as out of reach. */
const graceMs = 1500;

/** Tells members that cannot be reached from those that only just came. */
export class Reach {
  /** Until when a member that was never in reach is waited for. */
  readonly #waitUntilMs = new Map<string, number>();

  apart(snapshot: Snapshot, nowMs: number): ReadonlySet<string> {
    const apart = new Set<string>();
    for (const { id, reachable } of flockOf(snapshot)) {
      if (reachable) this.#waitUntilMs.set(id, -Infinity);
      else if (!this.#waitUntilMs.has(id)) this.#waitUntilMs.set(id, nowMs + graceMs);
      else if (nowMs > (this.#waitUntilMs.get(id) ?? 0)) apart.add(id);
    }
    return apart;
  }
}
