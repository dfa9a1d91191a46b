const start = Date.UTC(2020, 0, 1);

/**
 * The epoch in which a room is founded next: above every one before it, and at least the seconds since 2020, so that
 * even a server without memory founds upward.
 */
export function epochAfter(highest: number, wallMs: number): number {
  return Math.max(highest + 1, secondsSince2020(wallMs));
}

/** How long until the clock alone names a higher epoch than `epoch`: from then on nothing need be remembered. */
export function msUntilPast(epoch: number, wallMs: number): number {
  return secondsSince2020(wallMs) > epoch ? 0 : start + (epoch + 1) * 1000 - wallMs;
}

function secondsSince2020(wallMs: number): number {
  return Math.floor((wallMs - start) / 1000);
}
