import { expect, test } from 'vitest';
import { sidesOf } from '../../demo/sides.ts';

test.each([
  ['the chosen are cut off from the rest', 'abcd', 'c', 'c', 'abd'],
  ['without a choice, the flock is cut in two halves', 'dcba', '', 'ab', 'cd'],
  ['so it is where all are chosen', 'abc', 'abc', 'a', 'bc'],
])('%s', (_, flock, chosen, one, other) => {
  expect(sidesOf([...flock], [...chosen], null)).toEqual({ one: [...one], other: [...other] });
});

test('one alone cannot be cut from anybody', () => {
  expect(sidesOf(['a'], [], 'w')).toBeNull();
  expect(sidesOf([], [], null)).toBeNull();
});

test('the witness counts on neither side, and stays with the larger one', () => {
  expect(sidesOf(['a', 'b', 'c'], ['a'], 'w')).toEqual({ one: ['a'], other: ['b', 'c', 'w'] });
  expect(sidesOf(['a', 'b', 'c'], ['a', 'b'], 'w')).toEqual({ one: ['a', 'b', 'w'], other: ['c'] });
  expect(sidesOf(['a', 'b'], [], 'w')).toEqual({ one: ['a'], other: ['b', 'w'] });
});
