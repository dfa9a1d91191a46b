import { expect, test } from 'vitest';
import { isQuorum, settledOf, stepTowards } from '../../../src/core/quorum/configuration.ts';
import type { Configuration, Voter } from '../../../src/core/quorum/configuration.ts';

const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const sets = 2 ** ids.length;

const holds = (set: number, id: string): boolean => ((set >> ids.indexOf(id)) & 1) === 1;

const of = (half: readonly Voter[]): Configuration => ({ halves: [half], learners: [] });

/** The members of a set vote; `g` as an anchor if asked for, the other voters with that weight each. */
function halfOf(set: number, anchored: boolean, weight = 1): readonly Voter[] {
  const peers = ids.filter((id) => holds(set, id) && !(anchored && id === 'g'));
  const voters = peers.map((id) => ({ id, weight, witness: false }));
  if (!anchored) return voters;
  return [...voters, { id: 'g', weight: Math.max(1, (voters.length - 1) * weight), witness: true }];
}

/** Of all sets, which are a quorum. */
const quorumsOf = (configuration: Configuration): readonly boolean[] =>
  Array.from({ length: sets }, (_, set) => isQuorum(configuration, (id) => holds(set, id)));

/** A quorum of one and a quorum of the other that share nobody: then everyone else is no quorum, either. */
function parted(one: readonly boolean[], other: readonly boolean[]): boolean {
  return one.some((isOne, set) => isOne && other[sets - 1 - set] === true);
}

/** From one configuration to another, as the log has them. */
function* way(from: Configuration, to: Configuration): Generator<Configuration> {
  yield from;
  const next = stepTowards(from, to);
  if (next === null) return;
  yield next;
  yield settledOf(next);
}

function expectToMeet(from: Configuration, to: Configuration): number {
  const steps = [...way(from, to)];
  expect(steps.at(-1)).toEqual(to);
  const quorums = steps.map(quorumsOf);
  for (const [at, one] of quorums.entries()) {
    expect(one.some(Boolean)).toBe(true);
    for (const other of quorums.slice(at, at + 2)) {
      if (parted(one, other)) throw new Error(`${JSON.stringify(from)} and ${JSON.stringify(to)}`);
    }
  }
  return quorums.length;
}

test('Q1: quorums of configurations that follow one another meet, for any two of up to seven voters, anchored or not', () => {
  let ways = 0;
  for (let count = 1; count <= ids.length; count++) {
    for (const fromAnchored of [false, true]) {
      if (fromAnchored && count === ids.length) continue;
      const from = of(halfOf(2 ** count - 1, fromAnchored)); // whoever else it is, it is the same by another name
      for (let set = 1; set < sets; set++) {
        for (const toAnchored of [false, true]) {
          const to = halfOf(set, toAnchored);
          if (to.every(({ witness }) => witness)) continue;
          if (expectToMeet(from, of(to)) === 3) ways++;
        }
      }
    }
  }
  expect(ways).toBeGreaterThan(2000);
});

test('Q1: and for any two of up to four voters of any weights up to three', () => {
  const halves: (readonly Voter[])[] = [];
  for (let code = 1; code < 4 ** 4; code++) {
    const weights = [0, 1, 2, 3].map((at) => Math.floor(code / 4 ** at) % 4);
    halves.push(weights.flatMap((weight, at) => (weight === 0 ? [] : [{ id: ids[at]!, weight, witness: false }])));
  }
  let ways = 0;
  for (const from of halves.filter((_, at) => at % 14 === 0)) {
    for (const to of halves) ways += expectToMeet(of(from), of(to));
  }
  expect(ways).toBeGreaterThan(5000);
});

test('in a single step, of a voter or of a weight, they would not', () => {
  const two = of([...halfOf(0b11, false), { id: 'g', weight: 1, witness: true }]);
  const three = of([...halfOf(0b111, false), { id: 'g', weight: 2, witness: true }]);
  expect(parted(quorumsOf(two), quorumsOf(three))).toBe(true);
  expect(stepTowards(two, three)).toEqual({ halves: [...two.halves, ...three.halves], learners: [] });
});

test('learners come and go without a joint configuration, for they are in no quorum', () => {
  const from = { ...of(halfOf(0b111, false)), learners: ['d', 'e'] };
  expect(stepTowards(from, { ...from, learners: ['e', 'f'] })).toEqual({ ...from, learners: ['e', 'f'] });
  expect(stepTowards(from, { halves: [from.halves[0]!.toReversed()], learners: ['e', 'd'] })).toBeNull();
});
