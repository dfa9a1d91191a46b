import { expect, test } from 'vitest';
import { countedByBoth, counterState } from '../../demo/counter-state.ts';

const ada = { by: 'ada', from: 1, tick: 95 };
const bob = { by: 'bob', from: 51, tick: 80 };

test('two leaders of one fork counted the shorter run both', () => {
  expect(countedByBoth(ada, bob)).toBe(30);
  expect(countedByBoth(bob, ada)).toBe(30);
});

test('leaders one after the other counted nothing both', () => {
  expect(countedByBoth({ ...ada, tick: 50 }, bob)).toBe(0);
  expect(countedByBoth(null, bob)).toBe(0);
});

test('what one leader took over from the other was counted once', () => {
  expect(countedByBoth(ada, { ...ada, tick: 90 })).toBe(0);
});

test.each([
  undefined,
  null,
  7,
  'tick',
  {},
  { by: 'a', tick: 1 },
  { by: 'a', tick: 'a', from: 1 },
  { by: 7, tick: 1, from: 1 },
  { by: 'a', tick: 1.5, from: 1 },
])('what was published as %j is no state of the counter', (published) => expect(counterState(published)).toBeNull());
