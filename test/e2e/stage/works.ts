import { expect } from 'vitest';
import type { Leadership, Work } from '../app/diary.ts';
import { until } from './member.ts';

/** What clocks of different processes of one machine may differ by; some engines round them to whole milliseconds. */
const clockMs = 3;

/** Waits until that leadership, which lasts, has been told of, and the end of all before: unless their leader was killed. */
export function worksUpTo(
  { term }: Leadership,
  read: () => Promise<readonly Work[]>,
  killed?: string,
): Promise<readonly Work[]> {
  return until(`the work of term ${term}, and the end of those before, have been told`, read, (works) => {
    const before = works.filter((work) => work.term < term && work.id !== killed);
    return works.some((work) => work.term === term) && before.every(({ abortedAt }) => abortedAt !== null);
  });
}

/** More than it takes to hear that a leader is gone, and far less than to find out that it does not respond. */
const soonMs = 500;

/** Somebody works again soon after each; a busy machine may hold up some of them. */
export function expectSoonAgain(works: readonly Work[]): void {
  const inOrder = works.toSorted((a, b) => a.term - b.term);
  const gapsMs = inOrder.slice(1).map(({ startedAt }, at) => startedAt - (inOrder[at]!.abortedAt ?? Infinity));
  const median = gapsMs.toSorted((a, b) => a - b)[Math.floor(gapsMs.length / 2)];
  expect(median).toBeLessThan(soonMs);
}

/**
 * Whose works these are, in the order of their terms: each member once for as long as nobody else comes between. A leader
 * whose page was held up may have lost its term, and led on in a higher one.
 */
export function leadersInTurn(works: readonly Work[]): string[] {
  const ids = works.toSorted((a, b) => a.term - b.term).map(({ id }) => id);
  return ids.filter((id, at) => id !== ids[at - 1]);
}

/** Of two leaderships, one agreed upon after the other: since the first began, nobody else has worked. */
export async function expectToLeadOn(
  before: Leadership,
  now: Leadership,
  read: () => Promise<readonly Work[]>,
): Promise<void> {
  const since = (await worksUpTo(now, read)).filter(({ term }) => term >= before.term);
  expect(leadersInTurn(since)).toEqual([before.id]);
}

/** L1, L2, F1: each work has stopped before that of the next term starts. Who closed its tab told when. */
export function expectOneAtATime(works: readonly Work[]): void {
  const inOrder = works.toSorted((a, b) => a.term - b.term);
  expect(new Set(works.map(({ term }) => term)).size, 'each leadership has a term of its own (L2)').toBe(works.length);
  for (const [at, { abortedAt }] of inOrder.slice(0, -1).entries())
    expect(abortedAt ?? Infinity).toBeLessThan(inOrder[at + 1]!.startedAt + clockMs);
}
