import { describe, expect, test } from 'vitest';
import { maxTermJump, termBeliefMs } from '../../../src/core/quorum/limits.ts';
import type { StoredState } from '../../../src/core/quorum/state.ts';
import { Stage, configurationOf } from './stage.ts';

const three = configurationOf({ a: 1, b: 1, c: 1 });
const far = 10 * maxTermJump;

function storedIn(term: number): StoredState {
  return { hardState: { term, vote: null, promisedMs: 0 }, snapshot: null, log: { from: 1, entries: [] } };
}

/** Three members that stopped in these terms. */
function staged(terms: Readonly<Record<string, number>>): Stage {
  const stage = new Stage();
  for (const [id, term] of Object.entries(terms)) stage.add(id, { founding: three, stored: storedIn(term) });
  return stage;
}

const termOf = (stage: Stage, id: string): number => stage.actor(id).core.hardState.term;

describe('a member that was cut off while terms ran far ahead', () => {
  test('Q6: follows the leader as soon as a quorum says which term it is', () => {
    const stage = staged({ a: far, b: far, c: 1 });
    stage.start();
    expect(stage.runUntil(() => stage.agreed(['a', 'b', 'c']) !== null, 3_000)).toBe(true);
    expect(termOf(stage, 'c')).toBeGreaterThan(far);
  });

  test('Q6: gets there in time where no quorum is left but with it', () => {
    const stage = staged({ a: far, c: 1, b: far });
    stage.isolate('b');
    stage.start();
    stage.run(termBeliefMs);
    expect(stage.leading()).toEqual([]);
    const minutes = Math.ceil(far / maxTermJump);
    expect(stage.runUntil(() => stage.agreed(['a', 'c']) !== null, (minutes + 1) * termBeliefMs)).toBe(true);
  });
});

describe('a member that lies about its term', () => {
  /** What c hears b say is far ahead of where terms are, all the time; a and c hear it. */
  function lying(stage: Stage, term: () => number, forMs: number): void {
    stage.crash('b');
    for (const endMs = stage.nowMs + forMs; stage.nowMs < endMs; stage.run(1_000)) {
      for (const to of ['a', 'c'])
        stage.feed(to, { type: 'message', from: 'b', message: { type: 'stale', term: term() } });
      expect(stage.leading()).toHaveLength(1);
    }
  }

  test('Q10: makes nobody believe in a term far ahead, and deposes nobody', () => {
    const stage = staged({ a: 1, b: 1, c: 1 });
    stage.start();
    expect(stage.runUntil(() => stage.agreed(['a', 'b', 'c']) !== null, 3_000)).toBe(true);
    lying(stage, () => far, termBeliefMs);
    expect(Math.max(termOf(stage, 'a'), termOf(stage, 'c'))).toBeLessThan(maxTermJump);
  });

  test('Q10: pushes terms up by no more than one jump a minute, in however small steps', () => {
    const stage = staged({ a: 1, b: 1, c: 1 });
    stage.start();
    expect(stage.runUntil(() => stage.agreed(['a', 'b', 'c']) !== null, 3_000)).toBe(true);
    const highest = (): number => Math.max(termOf(stage, 'a'), termOf(stage, 'c'));
    const steps = [maxTermJump, 1000, 1];
    lying(stage, () => highest() + (steps[(stage.nowMs % 3) | 0] ?? 1), 3 * termBeliefMs);
    expect(highest()).toBeGreaterThan(maxTermJump);
    expect(highest()).toBeLessThan(5 * maxTermJump);
  });

  test('Q11: is reported', () => {
    const codes: string[] = [];
    const stage = new Stage({
      onEffect: (_, effect) => void (effect.type === 'bad-message' && codes.push(effect.code)),
    });
    stage.found(three);
    stage.feed('a', { type: 'message', from: 'b', message: { type: 'stale', term: far } });
    expect(codes).toEqual(['term-jump']);
  });
});
