import type { Word } from '../../src/links/word.ts';

/** What a page that has heard of no session of the other's posts to it, and says nothing by. */
export const noWord: Word = {
  by: 'somebody',
  from: 1,
  to: 0,
  floor: 0,
  reset: false,
  acks: [0, 0],
  askedMs: null,
  answeredMs: null,
  piece: null,
};
