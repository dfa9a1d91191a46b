import { expect } from 'vitest';
import type { Work } from '../app/diary.ts';

/** What clocks of different processes of one machine may differ by; some engines round them to whole milliseconds. */
const clockMs = 3;

/** L1, L2, F1: each work has stopped before that of the next term starts. Who closed its tab wrote down when. */
export function expectOneAtATime(works: readonly Work[]): void {
  const inOrder = works.toSorted((a, b) => a.term - b.term);
  expect(new Set(works.map(({ term }) => term)).size, 'each leadership has a term of its own (L2)').toBe(works.length);
  for (const [at, { abortedAt }] of inOrder.slice(0, -1).entries())
    expect(abortedAt ?? Infinity).toBeLessThan(inOrder[at + 1]!.startedAt + clockMs);
}
