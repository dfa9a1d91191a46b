import { describe, expect, test } from 'vitest';
import { isQuorum, quorumValue, votersOf } from '../../../src/core/quorum/configuration.ts';
import type { Configuration, Voter } from '../../../src/core/quorum/configuration.ts';
import { Random } from '../../../src/core/random.ts';

const ids = ['a', 'b', 'c', 'd', 'e'];

const half = (weights: readonly number[]): readonly Voter[] =>
  weights.flatMap((weight, at) => (weight === 0 ? [] : [{ id: ids[at] as string, weight, witness: false }]));

/** All ways to give so many voters weights up to `max`, none of them for all. */
function* weightings(count: number, max: number): Generator<number[]> {
  if (count === 0) return yield [];
  for (const rest of weightings(count - 1, max)) for (let weight = 0; weight <= max; weight++) yield [...rest, weight];
}

/** By the definition: more than half of the weight, in every half. */
function isQuorumByDefinition({ halves }: Configuration, holds: (id: string) => boolean): boolean {
  return halves.every((voters) => {
    const total = voters.reduce((sum, { weight }) => sum + weight, 0);
    const weight = voters.filter(({ id }) => holds(id)).reduce((sum, voter) => sum + voter.weight, 0);
    return 2 * weight > total;
  });
}

describe('Q8: quorums', () => {
  test('of any weights up to 3 are what the definition says, for every set of up to five voters', () => {
    let count = 0;
    for (const weights of weightings(4, 3)) {
      const configuration = { halves: [half(weights)], learners: [] };
      if (half(weights).length === 0) continue;
      for (let set = 0; set < 16; set++) {
        const holds = (id: string): boolean => ((set >> ids.indexOf(id)) & 1) === 1;
        expect(isQuorum(configuration, holds)).toBe(isQuorumByDefinition(configuration, holds));
        count++;
      }
    }
    expect(count).toBe(255 * 16);
  });

  test('of one configuration always meet, also joint ones with other weights', () => {
    const random = new Random(1);
    const draw = (): readonly Voter[] => half(ids.map(() => Math.floor(random.between(0, 4))));
    for (let round = 0; round < 60; round++) {
      const [first, second] = [draw(), draw()];
      if (first.length === 0 || second.length === 0) continue;
      const joint = { halves: [first, second], learners: [] };
      for (const old of [{ halves: [first], learners: [] }, joint]) {
        for (let one = 0; one < 32; one++) {
          for (let other = 0; other < 32; other++) {
            if ((one & other) !== 0) continue;
            const isOne = isQuorum(joint, (id) => ((one >> ids.indexOf(id)) & 1) === 1);
            const isOther = isQuorum(old, (id) => ((other >> ids.indexOf(id)) & 1) === 1);
            expect(isOne && isOther).toBe(false);
          }
        }
      }
    }
  });

  test('reach the value that the definition says', () => {
    const random = new Random(2);
    for (let round = 0; round < 500; round++) {
      const halves = Array.from({ length: random.next() < 0.5 ? 1 : 2 }, () =>
        half(ids.map(() => Math.floor(random.between(0, 4)))),
      );
      if (halves.some((voters) => voters.length === 0)) continue;
      const values = new Map(ids.map((id) => [id, Math.floor(random.between(0, 6))]));
      const valueOf = (id: string): number => values.get(id) ?? 0;
      const reached = [0, 1, 2, 3, 4, 5].filter((value) =>
        isQuorumByDefinition({ halves, learners: [] }, (id) => valueOf(id) >= value),
      );
      expect(quorumValue({ halves, learners: [] }, valueOf)).toBe(Math.max(...reached));
    }
  });

  test('of nobody are never reached', () => {
    expect(quorumValue({ halves: [], learners: ['a'] }, () => 1)).toBe(-Infinity);
    expect(isQuorum({ halves: [[]], learners: [] }, () => true)).toBe(false);
  });

  test('of n voters and an anchor of weight n - 1 need any one voter and the anchor, or all voters', () => {
    for (let count = 2; count <= 5; count++) {
      const voters = half(ids.slice(0, count).map(() => 1));
      const anchor = { id: 'w', weight: Math.max(1, count - 1), witness: true };
      const configuration = { halves: [[...voters, anchor]], learners: [] };
      for (const { id } of voters) expect(isQuorum(configuration, (one) => one === id || one === 'w')).toBe(true);
      expect(isQuorum(configuration, (id) => id !== 'w')).toBe(true);
      expect(isQuorum(configuration, (id) => id === 'w')).toBe(false);
      if (count > 2) expect(isQuorum(configuration, (id) => id !== 'w' && id !== 'a')).toBe(false);
    }
  });
});

test('a configuration names each voter once, in order, and no learners', () => {
  const configuration = { halves: [half([1, 1]), half([0, 1, 1])], learners: ['l', 'a'] };
  expect(votersOf(configuration).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});

/** `a b=2 | b c`: one half, or two. */
function halvesOf(text: string): Configuration {
  const halves = text.split('|').map((part) =>
    part
      .trim()
      .split(' ')
      .filter(Boolean)
      .map((word) => ({ id: word[0] as string, weight: Number(word.split('=')[1] ?? 1), witness: false })),
  );
  return { halves, learners: [] };
}

describe('an election', () => {
  test.each([
    ['a', '', '', 'open'],
    ['a', 'a', '', 'won'],
    ['a', '', 'a', 'lost'],
    ['a b', 'a', '', 'open'],
    ['a b', 'a', 'b', 'lost'],
    ['a b', 'a b', '', 'won'],
    ['a b c', 'a', '', 'open'],
    ['a b c', 'a', 'b', 'open'],
    ['a b c', 'a b', '', 'won'],
    ['a b c', 'a b', 'c', 'won'],
    ['a b c', 'a', 'b c', 'lost'],
    ['a b c d', 'a b', '', 'open'],
    ['a b c d', 'a b', 'c', 'open'],
    ['a b c d', 'a b', 'c d', 'lost'],
    ['a b c d', 'a b c', 'd', 'won'],
    ['a b c d e', 'a b', 'c d', 'open'],
    ['a b c d e', 'a b c', 'd e', 'won'],
    ['a b c=2', 'c', '', 'open'],
    ['a b c=3', 'c', 'a b', 'won'],
    ['a b c=3', 'a b', '', 'open'],
    ['a b c=3', '', 'c', 'lost'],
    ['a | a', 'a', '', 'won'],
    ['a | b', 'a', '', 'open'],
    ['a | b', 'a', 'b', 'lost'],
    ['a | b', 'a b', '', 'won'],
    ['a b c | b c d', 'a b', '', 'open'],
    ['a b c | b c d', 'b c', '', 'won'],
    ['a b c | b c d', 'a b', 'c', 'open'],
    ['a b c | b c d', 'a b', 'c d', 'lost'],
    ['a b c | d e', 'a b', 'd', 'lost'],
    ['a b c | a b=3 c', 'a c', '', 'open'],
    ['a b c | a b=3 c', 'a c', 'b', 'lost'],
  ])('Q8: among %s, with the votes of "%s" and refusals of "%s", is %s', (text, yes, no, outcome) => {
    const configuration = halvesOf(text);
    const isWon = isQuorum(configuration, (id) => yes.split(' ').includes(id));
    const isLost = !isQuorum(configuration, (id) => !no.split(' ').includes(id));
    expect(isWon ? 'won' : isLost ? 'lost' : 'open').toBe(outcome);
  });
});

describe('what is committed', () => {
  test.each([
    ['a', { a: 12 }, 12],
    ['a', {}, 0],
    ['a b', { a: 12, b: 5 }, 5],
    ['a b', { a: 12 }, 0],
    ['a b c', { a: 12, b: 5 }, 5],
    ['a b c', { a: 12, b: 5, c: 12 }, 12],
    ['a b c', { a: 12 }, 0],
    ['a b c d', { a: 100, b: 101, c: 103, d: 104 }, 101],
    ['a b c d e', { a: 101, b: 104, c: 103, d: 103 }, 103],
    ['a b c=2', { a: 9, b: 9, c: 3 }, 3],
    ['a b c=2', { a: 9, b: 5, c: 9 }, 9],
    ['a b c=3', { a: 9, b: 9, c: 3 }, 3],
    ['a b c | a b c', { a: 4, b: 5, c: 6 }, 5],
    ['a b c | d e f', { a: 4, b: 5, c: 6, d: 2, e: 3, f: 9 }, 3],
    ['a b | c', { a: 12, b: 10 }, 0],
    ['a | b', { a: 12, b: 7 }, 7],
    ['a b c | a b=3 c', { a: 9, b: 2, c: 9 }, 2],
  ])('Q4: among %s, who have %j, is %i', (text, indices, index) => {
    const has: Readonly<Record<string, number>> = indices as Record<string, number>;
    expect(quorumValue(halvesOf(text), (id) => has[id] ?? 0)).toBe(index);
  });
});
