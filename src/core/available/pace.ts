/**
 * All durations, in milliseconds, in one place. None is for users to tune: what depends on the network follows the
 * measured round trip, and what depends on a member's own timers follows what that member announces.
 */

/** Beats a second to all neighbours together, sustained: leaves room for the rest below a relay's rate limit. */
const beatsPerSecond = 30;
const fastestBeatMs = 100;
/** A member without neighbours keeps turning over at this pace, so that it notices its own pauses. */
const aloneBeatMs = 500;
const longestBeatMs = 1600;

const shortestSilenceMs = 400;
const longestSilenceMs = 5000;

/** An unanswered question is taken for lost after two round trips of at least so much each. */
const shortestRoundTripMs = 25;
const unknownRoundTripMs = 100;

/** Browsers run timers of hidden pages once a second. */
export const hiddenTimerMs = 1000;

/** How long a newcomer waits for those it knows of, and one who slept for those it knew. */
export const lookAroundMs = 1500;
/** A member of higher priority leads after it has been in the group for so long. */
export const steadyMs = 1000;
/** A link that is needed no more is let go after so long: longer than news takes to reach everyone. */
export const lingerMs = 3000;
/** How long a displacement is told on, and the value of one waited for. */
export const displacementMs = 10_000;
export const valueWaitMs = 1000;
/** Records of members that are gone are kept so long, as what is still under way may speak of them. */
export const forgetMs = 60_000;
export const departedMs = 300_000;

/** Records are handed on at once, so many times; then gathered, so that many changes at a time make few messages. */
export const floodBurst = 4;
export const floodEveryMs = 25;

const firstRetryMs = 250;
const longestRetryMs = 2000;

/** Between two beats to every neighbour, for so many neighbours. */
export function beatMs(neighbours: number): number {
  if (neighbours === 0) return aloneBeatMs;
  return Math.min(longestBeatMs, Math.max(fastestBeatMs, Math.ceil((neighbours * 1000) / beatsPerSecond)));
}

/** What a member announces: its pace, and by how much its timers come late. */
export function announcedMs(paceMs: number, lateMs: number): number {
  return Math.min(longestBeatMs, Math.ceil(paceMs + lateMs));
}

/**
 * Detection: a neighbour that announced its next beat in `nextMs` is gone after so much silence. Two more beats may be
 * lost, or late by a few round trips.
 */
export function silenceMs(nextMs: number, rttMs: number): number {
  const marginMs = Math.max(2 * nextMs, 4 * rttMs);
  return Math.min(longestSilenceMs, Math.max(shortestSilenceMs, nextMs + marginMs));
}

/** How long a single answer may take before the question is asked again. */
export function answerMs(rttMs: number | null): number {
  return Math.min(longestSilenceMs / 2, Math.max(shortestRoundTripMs, rttMs ?? unknownRoundTripMs));
}

/** Until the next try to reach a member that has not answered `misses` times. */
export function retryMs(misses: number): number {
  return Math.min(longestRetryMs, firstRetryMs * (1 << Math.min(misses, 8)));
}

/** Between two vectors, or two questions outside the schedule, to the same neighbour. */
export function repeatMs(rttMs: number | null): number {
  return Math.max(20, rttMs ?? 0);
}

/** Timers later than this were no throttled timers but a pause. */
export const longestLatenessMs: number = longestSilenceMs;
