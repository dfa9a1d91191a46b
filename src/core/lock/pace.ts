/** All durations, in milliseconds, in one place. None is for users to tune: they follow how late the timers run. */

/** How often whoever has the lock renews its claim. */
export const beatMs = 400;

const leastFreshMs = 1_600;
/** Above what browsers do to a hidden page: one wake a minute. */
export const mostFreshMs = 150_000;

/** Of each clock; and what their readings are rounded by. */
const drift = 0.01;
const granularityMs = 5;
/** So that a leader is told that it leads no more before anybody else leads. */
const marginMs = 100;

/** How long a claim is good for, where timers and looks come so late: two beats may be late, and another one lost. */
export function freshMs(lateMs: number): number {
  return Math.min(mostFreshMs, Math.max(leastFreshMs, Math.ceil(2 * (beatMs + lateMs) + 2 * beatMs)));
}

/** Until when a leader may rely on a claim that it renewed at that moment: both by its fast clock. */
export function goodUntil(renewedAt: number, forMs: number): number {
  return renewedAt + forMs - granularityMs;
}

/** A claim that was not renewed for so long, by a slow clock, is over. */
export function outlastMs(forMs: number): number {
  return (Math.min(forMs, mostFreshMs) * (1 + drift)) / (1 - drift) + granularityMs + marginMs;
}

/** Where they come later one stays in line without a claim: should it hang, others would wait for that too long. */
export const promptMs: number = beatMs;

const nearLookMs = 800;
const farLookMs = 12_800;

/** How often those in line look whether whoever has the lock still renews its claim: the first most often. */
export function lookMs(place: number): number {
  return Math.min(farLookMs, nearLookMs * (1 << Math.min(place, 8)));
}

/** And how often once they found a claim as it had been before: twice, and it is over. */
export function lookWhileSilentMs(forMs: number): number {
  return Math.max(nearLookMs, outlastMs(forMs) / 2);
}

/**
 * Who has the lock and claims nothing for so long, or renews no claim that is good for no time, will not. Where looks come
 * late, the news of the lock does as well, and what is said then.
 */
export function speechlessMs(lateMs: number): number {
  return 1_500 + 2 * lateMs;
}

/** So much longer each one waits than the one before it in line. */
export const giveWayMs = 1_000;

/** A newcomer is in no line, and others like it may be about to do the same. */
export const jitterMs = 500;

/** Who takes the lock by force again and again, and sees nobody renew a claim in between, waits longer each time. */
export function patience(robberies: number): number {
  return 1 << Math.min(robberies, 8);
}

/** Whoever outbid a leader's claim has the lock, and the news of it is on its way: for so long the leader waits for it. */
export const outbidMs: number = 2 * beatMs;

/** Who is said to lead in a later term than somebody who goes on leading for so long does not. */
export const disprovedMs = 10_000;

/** A newcomer may see the claim of a leader before anybody has told who that is. It takes no notice for so long. */
export const introductionMs = 1_000;

/** Between two words of a member in line. */
export const helloMs = 10_000;
const firstRetryMs = 250;
const longestRetryMs = 5_000;

/** Until the next word of one that nobody has answered `misses` times. */
export function retryMs(misses: number): number {
  return Math.min(longestRetryMs, firstRetryMs * (1 << Math.min(misses, 8)));
}

/** Who was silent for so long is asked, and is out of line after `maxAsks` questions without an answer. */
export const silentMs: number = 1.5 * helloMs;
export const askMs = 1_000;
export const maxAsks = 3;

/** The line is told after so long: many changes at a time make one message. */
export const gatherMs = 30;

/** The heir has so long to take the lock; then the leader leads on. */
export const takeMs = 1_000;

/** And after so long it does not any more. */
export const invitedMs: number = 2 * takeMs;

/** A better leader is one that has been so for a while, each time for longer; but not after a long quiet leadership. */
const steadyMs = 1_500;
export const quietMs = 60_000;

export function steadyForMs(restless: number): number {
  return steadyMs * (1 << Math.min(restless, 6));
}
