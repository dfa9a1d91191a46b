import { describe, expect, test } from 'vitest';
import { mutants } from '../../simulation/mutants/quorum.ts';
import { exploreScene } from './exploration/explore.ts';
import { openedCore } from './exploration/opened.ts';
import { scenes } from './exploration/scenes.ts';

const bounds = [0.99, 1.01];
/** Every clock too slow or too fast, as far as it may be. */
const extremes = bounds.flatMap((a) => bounds.flatMap((b) => bounds.map((c) => [a, b, c])));
/** The lease of a as long, and the promises of the others as short as can be. */
const worst = [0.99, 1.01, 1.01];

describe('Q1 to Q5, Q10 and Q11 hold in every state that three members can come to, when', () => {
  test.each(Object.entries(scenes))('%s', { timeout: 120_000 }, async (name, { least, clocks, ...scene }) => {
    const Core = await openedCore();
    let states = 0;
    for (const rates of clocks === 'extremes' ? extremes : [worst]) {
      const found = exploreScene(Core, scene, rates);
      expect(found.broken, JSON.stringify(found.broken, null, 2)).toBeNull();
      states += found.states;
    }
    console.log(`${name}: ${states} states, which are all there are`);
    expect(states).toBeGreaterThan(least);
  });
});

describe('the exploration finds, if it is planted,', () => {
  const campaigns = 'two campaign in one term, and the third restarts when it has voted';
  const bugs = [
    ['quorum-off-by-one', 'one of the voters weighs as much as the others together', 'Q1'],
    ['vote-forgotten-by-restart', campaigns, 'Q3'],
    ['two-votes-in-a-term', campaigns, 'Q3'],
    ['vote-given-before-it-is-durable', 'a voter crashes while it writes', 'Q3'],
    ['lease-counted-from-the-answer', 'a leader is cut off, its last answers under way, and another is elected', 'Q2'],
    ['lease-that-never-ends', 'a leader is cut off, its last answers under way, and another is elected', 'Q2'],
    ['lease-kept-as-a-flag', 'a leader is cut off and oversleeps, and another is elected meanwhile', 'Q2'],
    ['lease-kept-while-handing-over', 'a leader appends and hands over', 'Q2'],
  ] as const;

  test.each(bugs)('the bug %s, when %s', { timeout: 120_000 }, async (name, scene, promise) => {
    const Core = await openedCore(mutants.find((mutant) => mutant.name === name)!);
    const { broken } = exploreScene(Core, scenes[scene]!, worst);
    expect(broken?.what).toMatch(new RegExp(`^${promise}:`));
    expect(broken?.path.length).toBeGreaterThan(0);
  });
});
