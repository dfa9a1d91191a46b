import { maxUrgentChars } from './limits.ts';

/**
 * All durations, in milliseconds, in one place. None is for users to tune: what depends on the network follows the
 * measured round trip, and what depends on a member's own timers follows how late they are.
 */

/** How far a clock may run from true time. */
const driftBound = 0.01;
/** Readings are rounded, and are not taken in the same moment. */
const granularityMs = 5;

/** A round trip that was never measured, and the shortest that is reckoned with. */
export const unknownRttMs = 40;
const shortestRttMs = 5;

/** A lease is so many round trips long: a lost heartbeat or two do not end it. */
const roundTripsPerLease = 6;
/** A lease outlasts so many timers that are as late as they were. */
const latenessesPerLease = 3;
const beatsPerLease = 2;
const unhurriedPromiseMs = 2000;
/** With a heartbeat missing, a follower asks for one when so much of its promise is left. */
const askedPart = 1 / 3;

/** A disk that takes longer for a vote is not waited for; or its machine slept. */
export const longestWriteMs = 250;

/** An application that has not given a snapshot for so long, and is at work, is asked for one of now. */
export const askAgainMs = 2000;

/** A line that carries less gets what is large more often than once. */
const slowestCharsPerMs = 32;

/** A voter of higher priority leads after it has been there for so long. */
const steadyMs = 1000;
const longestSteadyMs = 64_000;
/** Or, once it was handed the lead and did not take it: nobody leads for two leases or so then. */
const leasesUntilAgain = 10;
/** A witness that was lost has its vote back when it has been there for so long, twice as long the next time, and so on. */
const witnessSteadyMs = 10_000;
const longestBackoffMs = 2000;

/**
 * How long a leader may rely on a promise of `lengthMs`, counted from when it asked for it. It stops while the promise
 * still lasts, though its own clock be too slow by the bound, and that of the one who promised too fast (Q2).
 */
export function reliableMs(lengthMs: number): number {
  return (lengthMs * (1 - driftBound)) / (1 + driftBound) - granularityMs;
}

export function leaseMs(rttMs: number, lateMs: number, { minLeaseMs, maxLeaseMs }: LeaseBounds): number {
  const wantedMs = Math.max(minLeaseMs, roundTripsPerLease * rttMs, latenessesPerLease * lateMs);
  return Math.min(maxLeaseMs, Math.ceil(wantedMs));
}

export interface LeaseBounds {
  readonly minLeaseMs: number;
  readonly maxLeaseMs: number;
}

/** What is asked of a learner that is not to vote soon. That its leader is gone it hears from the next one anyway. */
export function learnersPromiseMs(lengthMs: number, { maxLeaseMs }: LeaseBounds): number {
  return Math.max(lengthMs, Math.min(unhurriedPromiseMs, maxLeaseMs));
}

/** Between two rounds of heartbeats. */
export function beatEveryMs(lengthMs: number): number {
  return lengthMs / beatsPerLease;
}

/** A question from there may come when promises that were kept until it was sent are over. */
export function isFarAway(rttMs: number, lengthMs: number): boolean {
  return 2 * rttMs >= beatEveryMs(lengthMs);
}

/** The rest of a promise at which its giver asks for a heartbeat: two thirds of it are over. */
export function askBeforeMs(lengthMs: number): number {
  return lengthMs * askedPart;
}

/** Promises are written down in strides, so that a lease that grows and shrinks is seldom written. */
export function strideMs(lengthMs: number, { minLeaseMs, maxLeaseMs }: LeaseBounds): number {
  let stride = minLeaseMs;
  while (stride < lengthMs) stride *= 2;
  return Math.max(lengthMs, Math.min(stride, maxLeaseMs));
}

/** Who is second in line waits so much longer than the first, the third twice that. */
export function turnMs(rttMs: number): number {
  return 2 * Math.max(shortestRttMs, rttMs);
}

/** A question is asked again when it was not answered for so long. */
export function repeatMs(rttMs: number): number {
  return Math.max(25, 2 * rttMs);
}

/** Who does not answer for long is asked less often, but still a few times in a lease. */
export function nextRepeatMs(beforeMs: number, { minLeaseMs }: LeaseBounds): number {
  return Math.max(beforeMs, Math.min(2 * beforeMs, minLeaseMs / 2));
}

/**
 * How long a candidate waits for votes, each of which takes about `answerMs`: long enough for voters whose promises end a
 * little later than its own, and who kept its question until then; longer with every failure, for it may be the round trip
 * that is longer than it knows: but no lease could be kept over round trips longer than the longest one.
 */
export function patienceMs(answerMs: number, lengthMs: number, failures: number, maxLeaseMs: number): number {
  return Math.min(2 * maxLeaseMs, (lengthMs + repeatMs(answerMs)) * (1 << Math.min(failures, 8)));
}

/**
 * A witness is missing sooner than others: until it is taken out, those who are left have to be all there, since it has
 * nearly half of the weight. Yet a server that is started again is back by then.
 */
export function witnessMissingMs(missingMs: number): number {
  return missingMs / 3;
}

/**
 * Of one that was handed the lead `times` times and did not take it: twice as long each time, otherwise one that cannot lead,
 * though all can talk with it, would be handed the lead for ever.
 */
export function steadyForMs(times: number, leaseNowMs: number): number {
  if (times === 0) return steadyMs;
  const againMs = Math.max(2 * steadyMs, leasesUntilAgain * leaseNowMs);
  return Math.min(longestSteadyMs, doubled(againMs, times));
}

/** Of a witness that was lost `times` times. */
export function returnsAfterMs(times: number): number {
  return doubled(witnessSteadyMs, times);
}

/** Twice as long each time after the first. */
function doubled(firstMs: number, times: number): number {
  return firstMs * (1 << Math.min(times - 1, 8));
}

/** After `failures` campaigns in a row: between this and twice this. */
export function backoffMs(rttMs: number, failures: number): number {
  return Math.min(longestBackoffMs, repeatMs(rttMs) * (1 << Math.min(failures, 8)));
}

/** Who gives way in an election leaves the field to the other for so long: both have disks, which are thought to be alike. */
export function yieldMs(rttMs: number, writeMs: number): number {
  return Math.max(100, 4 * (rttMs + writeMs));
}

/** What was sent to the leader and shows no effect is sent again after so long. */
export function resendMs(rttMs: number, tries: number): number {
  return Math.min(5000, Math.max(200, 4 * rttMs) * (1 << Math.min(tries, 5)));
}

/** What is large may be overtaken by heartbeats: for how long so much may be under way, on the slowest of lines. */
export function underWayMs(chars: number): number {
  return chars > maxUrgentChars ? chars / slowestCharsPerMs : 0;
}

/** Rises at once, falls slowly. */
export function smoothed(before: number, sample: number): number {
  return sample > before ? sample : before + (sample - before) / 8;
}
