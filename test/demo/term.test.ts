import { expect, test } from 'vitest';
import { epochOf, shortTerm } from '../../demo/term.ts';

test('a term of a founded room is read without its epoch, one of any other as it is', () => {
  const epoch = 217_456_123;
  expect([epoch * 2 ** 20 + 7, 7].map(shortTerm)).toEqual([7, 7]);
  expect([epoch * 2 ** 20 + 7, 7].map(epochOf)).toEqual([epoch, 0]);
});
