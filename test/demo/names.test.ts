import { expect, test } from 'vitest';
import { breeds, freshName, maxNameLength, nameOf, tidyName } from '../../demo/names.ts';
import { counted, listed, milliseconds } from '../../demo/words.ts';

test('a fresh name is not among the taken ones, whatever the lot', () => {
  const taken = new Set(breeds.slice(3));
  for (const random of [0, 0.3, 0.5, 0.999]) expect(breeds.slice(0, 3)).toContain(freshName(taken, random));
});

test('when all breeds are taken there are still names', () => {
  const taken = new Set(breeds);
  expect(taken.has(freshName(taken, 0.5))).toBe(false);
});

test('names are short enough for a label', () => {
  for (const breed of breeds) expect(breed.length).toBeLessThanOrEqual(maxNameLength);
  expect(tidyName('   a \n very, very long name  ')).toBe('a very, very lon');
});

test.each([[null], [7], [{}], [{ name: 7 }], [{ name: '  ' }]])(
  'a member whose info is %j goes by the beginning of its id',
  (info) => expect(nameOf(info, '0123456789')).toBe('012345'),
);

test('a name comes from the info', () => {
  expect(nameOf({ name: ' Ada ' }, '0123456789')).toBe('Ada');
});

test('sentences count and list as people do', () => {
  expect(counted(1, 'host')).toBe('one host');
  expect(counted(0, 'host')).toBe('no hosts');
  expect(counted(12, 'host')).toBe('12 hosts');
  expect(listed(['Ada', 'Bob', 'Cy'])).toBe('Ada, Bob and Cy');
  expect(listed([])).toBe('');
});

test.each([
  [0.04, '0 ms'],
  [3.14159, '3.1 ms'],
  [18.4, '18 ms'],
  [12_345, '12 s'],
])('%f milliseconds read %s', (ms, text) => {
  expect(milliseconds(ms)).toBe(text);
});
