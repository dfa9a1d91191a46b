import { expect, test } from 'vitest';
import { countedByBoth, counterState } from '../../demo/counter-state.ts';

test('two leaders of one fork counted the shorter run both', () => {
  // Ada led since 1 and went on; Bob took over in his group at 51 and got to 80.
  expect(countedByBoth({ from: 1, tick: 95 }, { from: 51, tick: 80 })).toBe(30);
  expect(countedByBoth({ from: 51, tick: 80 }, { from: 1, tick: 95 })).toBe(30);
});

test('leaders one after the other counted nothing both', () => {
  expect(countedByBoth({ from: 1, tick: 50 }, { from: 51, tick: 80 })).toBe(0);
  expect(countedByBoth(null, { from: 51, tick: 80 })).toBe(0);
});

test.each([undefined, null, 7, 'tick', {}, { tick: 1 }, { tick: 'a', from: 1 }, { tick: 1.5, from: 1 }])(
  'what was published as %j is no state of the counter',
  (published) => expect(counterState(published)).toBeNull(),
);
