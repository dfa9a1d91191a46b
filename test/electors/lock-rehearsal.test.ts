import { expect, test } from 'vitest';
import { rehearse } from '../../src/electors/lock-rehearsal.ts';

test('an heir that rehearses goes all the way: it takes over from a leader that has gone', () => {
  expect(rehearse()).toBe(true);
});
