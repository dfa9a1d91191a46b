import { expect, test } from 'vitest';
import { readTerm, termInWords } from '../../demo/term.ts';

const epoch = 217_456_123;

test('a term of a founded room is read as its epoch and a number, one of any other as it is', () => {
  expect([epoch * 2 ** 20 + 7, 7].map(termInWords)).toEqual(['217456123.7', '7']);
});

test('terms of the tabs of one browser, which begin at the seconds since 2020, are those of the cluster', () => {
  expect(readTerm(epoch)).toEqual({ epoch: null, n: epoch });
});

test('a later term never reads as a smaller one', () => {
  const terms = [epoch * 2 ** 20 + 9, epoch * 2 ** 20 + 10, (epoch + 1) * 2 ** 20 + 1];
  const parts = terms.map((term) => termInWords(term).split('.').map(Number));
  expect(parts.toSorted((a, b) => a[0]! - b[0]! || a[1]! - b[1]!)).toEqual(parts);
});
