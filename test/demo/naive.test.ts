import { expect, test } from 'vitest';
import { naiveHost, naiveHosts, naiveStrays } from '../../demo/naive.ts';

/** What everybody takes for the host, when each hears those it is told to hear. */
const claims = (heard: Record<string, string[]>) =>
  Object.entries(heard).map(([id, others]) => ({ id, naiveHost: naiveHost(id, others) }));

test('where everybody hears everybody, the first in the list is the one host', () => {
  expect(naiveHosts(claims({ a: ['b', 'c'], b: ['a', 'c'], c: ['a', 'b'] }))).toEqual(['a']);
});

test('a cut makes two hosts', () => {
  expect(naiveHosts(claims({ a: ['b'], b: ['a'], c: ['d'], d: ['c'] }))).toEqual(['a', 'c']);
});

test('one broken link is enough for two hosts, in a group that is still connected', () => {
  expect(naiveHosts(claims({ a: ['c'], b: ['c'], c: ['a', 'b'] }))).toEqual(['a', 'b']);
});

test('who hears nobody takes itself for the host', () => {
  expect(naiveHost('z', [])).toBe('z');
});

test('who cannot hear the host follows somebody who does not know of it', () => {
  const broken = claims({ a: ['b'], b: ['a', 'c'], c: ['b'] });
  expect(naiveHosts(broken)).toEqual(['a']);
  expect(naiveStrays(broken)).toEqual([{ id: 'c', naiveHost: 'b' }]);
  expect(naiveStrays(claims({ a: ['b'], b: ['a'] }))).toEqual([]);
});
