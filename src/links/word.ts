import { flag, list, Malformed, number, object, orNull, type Parse, peerId, text, whole } from '../core/parsing.ts';
import type { PeerId } from '../protocol/ids.ts';

/** A part of a message, in the stream of its lane. It counts as many units as it has characters or bytes, and one more. */
export interface Piece {
  readonly lane: number;
  /** Where it begins. */
  readonly offset: number;
  readonly topic: string;
  /** Of the message's JSON, or of its bytes. */
  readonly body: string | Uint8Array;
  /** The message is complete with it. */
  readonly isLast: boolean;
}

/** What two sessions of pages say to each other. */
export interface Word {
  readonly by: PeerId;
  /** The numbers of the sender's session and of the receiver's, as `Pairing` has them. */
  readonly from: number;
  readonly to: number;
  /** The receiver's sessions below it are over for the sender. */
  readonly floor: number;
  /** The session `to` is over for the sender, who goes on in `from`. Such a word says nothing else. */
  readonly reset: boolean;
  /** So much has the sender. */
  readonly acks: readonly number[];
  /** The sender's clock, where it wants to hear at once; and the receiver's, where this is what it wanted to hear. */
  readonly askedMs: number | null;
  readonly answeredMs: number | null;
  readonly piece: Piece | null;
}

export const maxPieceUnits: number = 128 * 1024;
const maxTopicUnits = 256;

const ms = orNull(number(0, Number.MAX_SAFE_INTEGER));

const body: Parse<string | Uint8Array> = (value) => {
  if ((typeof value === 'string' || value instanceof Uint8Array) && value.length <= maxPieceUnits) return value;
  throw new Malformed(`is neither text nor bytes, or longer than ${maxPieceUnits}`);
};

/** Throws `Malformed` for what is no word. */
export const parseWord: Parse<Word> = object<Word>({
  by: peerId,
  from: whole(1),
  to: whole(0),
  floor: whole(0),
  reset: flag,
  acks: list(whole(0), 2),
  askedMs: ms,
  answeredMs: ms,
  piece: orNull(
    object<Piece>({ lane: whole(0, 1), offset: whole(0), topic: text(0, maxTopicUnits), body, isLast: flag }),
  ),
});
