import { expect, test } from 'vitest';
import { Strangers } from '../../src/links/strangers.ts';

const wordsOf = (strangers: Strangers<number>, peer: string): number[] =>
  strangers.release(peer).map(({ words }) => words);

/** Whose words are dropped for these. */
const droppedFor = (strangers: Strangers<number>, peer: string, words: number, bytes: number, atMs = 0): string[] =>
  strangers.hold({ peer, words, bytes, from: 0, atMs }).map((dropped) => dropped.peer);

test('of strangers so many words are held, the newest, and each that is dropped is told of', () => {
  const strangers = new Strangers<number>();
  const dropped = Array.from({ length: 300 }, (_, word) => droppedFor(strangers, word < 100 ? 'a' : 'b', word, 1));
  expect(dropped.flat()).toEqual(Array.from({ length: 44 }, () => 'a'));
  expect(wordsOf(strangers, 'a')).toEqual(Array.from({ length: 56 }, (_, word) => 44 + word));
  expect(wordsOf(strangers, 'a')).toEqual([]);
  expect(wordsOf(strangers, 'b')).toHaveLength(200);
});

test('of strangers so many bytes are held, and nothing of a word that is longer', () => {
  const strangers = new Strangers<number>();
  expect(droppedFor(strangers, 'a', 1, 200 * 1024)).toEqual([]);
  expect(droppedFor(strangers, 'b', 2, 56 * 1024)).toEqual([]);
  expect(droppedFor(strangers, 'c', 3, 1)).toEqual(['a']);
  expect(droppedFor(strangers, 'd', 4, 256 * 1024 + 1)).toEqual(['b', 'c', 'd']);
});

test('what strangers said is dropped after a moment where somebody else speaks, and not before', () => {
  const strangers = new Strangers<number>();
  droppedFor(strangers, 'a', 1, 1);
  expect(droppedFor(strangers, 'b', 2, 1, 5_000)).toEqual([]);
  expect(droppedFor(strangers, 'b', 3, 1, 5_001)).toEqual(['a']);
  expect(wordsOf(strangers, 'b')).toEqual([2, 3]);
});
