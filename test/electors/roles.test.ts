import { expect, it } from 'vitest';
import { stepTowards, type Voter } from '../../src/core/quorum/configuration.ts';
import { pathsOf, rolesOf } from '../../src/electors/roles.ts';

const half = (...ids: string[]): readonly Voter[] => ids.map((id) => ({ id, weight: 1, witness: id.startsWith('w') }));

it('Q8: a change of voters is told when it is done: until then the old ones decide as well', () => {
  const alone = { halves: [half('a', 'w')], learners: ['b', 'c'] };
  const pair = { halves: [half('a', 'b', 'w')], learners: ['c'] };
  const before = { a: 'voter', w: 'witness', b: 'learner', c: 'learner' };
  expect(Object.fromEntries(rolesOf(alone))).toEqual(before);
  expect(Object.fromEntries(rolesOf(stepTowards(alone, pair)!))).toEqual(before);
  expect(Object.fromEntries(rolesOf(pair))).toEqual({ ...before, b: 'voter' });

  const replaced = stepTowards(pair, { halves: [half('a', 'c', 'w2')], learners: ['b'] });
  expect(Object.fromEntries(rolesOf(replaced!))).toEqual({
    ...{ a: 'voter', b: 'voter', w: 'witness' },
    ...{ c: 'learner', w2: 'learner' },
  });
});

it('nobody votes before there is a configuration', () => {
  expect(rolesOf({ halves: [], learners: [] }).size).toBe(0);
});

it('voters keep paths to each other, learners to the leader alone, and nobody to the witness', () => {
  const roles = new Map([
    ['a', 'voter'],
    ['b', 'voter'],
    ['c', 'learner'],
    ['w', 'witness'],
  ] as const);
  expect(pathsOf('a', 'a', roles)).toEqual(['b']);
  expect(pathsOf('b', 'a', roles)).toEqual(['a']);
  expect(pathsOf('c', 'a', roles)).toEqual(['a']);
  expect(pathsOf('d', 'a', roles)).toEqual(['a']);
  expect(pathsOf('c', null, roles)).toEqual([]);
});
