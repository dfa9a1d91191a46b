/** 2020-01-01, in milliseconds since 1970. */
const start = 1_577_836_800_000;
/** Terms are numbered through: so many in each epoch. */
const termsPerEpoch = 2 ** 20;
/**
 * By so much the clock of whoever founded an epoch may be ahead: ten years, for a machine may start with the time of when it
 * was built. What somebody claims beyond would keep a closed room in mind for as long.
 */
const maxAheadS = 315_576_000;
/**
 * A clock that says more is wrong, by 2088: rooms count on from there, for it may be set right. Members can tell the terms
 * of twice as many epochs (`maxCount`).
 */
const mostByClock = 2 ** 31;

/**
 * The epoch in which a room is founded next: above every one before it, and at least the seconds since 2020, so that
 * even a server without memory founds upward.
 */
export function epochAfter(highest: number, wallMs: number): number {
  return Math.max(highest + 1, secondsSince2020(wallMs));
}

/** How long until the clock alone names a higher epoch than `epoch`: from then on nothing need be remembered. */
export function msUntilPast(epoch: number, wallMs: number): number {
  if (epoch >= mostByClock) return Number.POSITIVE_INFINITY;
  return secondsSince2020(wallMs) > epoch ? 0 : start + (epoch + 1) * 1000 - wallMs;
}

/** Whether somebody can have founded it by now. */
export function isPlausible(epoch: number, wallMs: number): boolean {
  return epoch <= secondsSince2020(wallMs) + maxAheadS;
}

/** Whoever founded by a clock that was not ahead of this one has numbered none above. */
export function highestBy(wallMs: number): number {
  return Math.max(0, secondsSince2020(wallMs));
}

export function epochOfTerm(term: number): number {
  return Math.floor(term / termsPerEpoch);
}

function secondsSince2020(wallMs: number): number {
  return Math.min(mostByClock, Math.floor((wallMs - start) / 1000));
}
