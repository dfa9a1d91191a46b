import type { Frame } from '../../src/links/frame.ts';
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

/** A frame of a session that has heard of none of the other's, and says nothing by it. */
export const noFrame: Frame = {
  from: 7,
  to: 0,
  urgentAck: 0,
  bulkAck: 0,
  offset: 0,
  stampMs: 1,
  echoMs: -1,
  reset: false,
  bye: false,
  ping: false,
  bulk: false,
  bytes: new Uint8Array(0),
};
