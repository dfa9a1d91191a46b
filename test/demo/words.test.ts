import { expect, test } from 'vitest';
import { counted, listed, milliseconds, shortly } from '../../demo/words.ts';

test.each([
  [0.04, '0 ms', '0 ms'],
  [3.14, '3.1 ms', '3.1 ms'],
  [17.6, '18 ms', '18 ms'],
  [999.4, '999 ms', '999 ms'],
  [1234, '1234 ms', '1.2 s'],
  [12_345, '12 s', '12 s'],
])('%d milliseconds in words, and in the room of a label', (ms, words, label) => {
  expect(milliseconds(ms)).toBe(words);
  expect(shortly(ms)).toBe(label);
});

test('no label of a link is longer than its room', () => {
  for (let ms = 0.1; ms < 99_000; ms *= 1.01) expect(shortly(ms).length).toBeLessThanOrEqual('000 ms'.length);
});

test('lists and counts read as sentences do', () => {
  expect([[], ['Ada'], ['Ada', 'Bob'], ['Ada', 'Bob', 'Cy']].map((names) => listed(names))).toEqual([
    '',
    'Ada',
    'Ada and Bob',
    'Ada, Bob and Cy',
  ]);
  expect([0, 1, 4, 12].map((n) => counted(n, 'member'))).toEqual([
    'no members',
    'one member',
    'four members',
    '12 members',
  ]);
});
