import type { Leadership } from '../leadership.ts';
import type { Edition, MemberRecord } from './record.ts';
import type { Vector } from './table.ts';

/** What a member knows of the published value, in short. */
export interface RegisterStamp {
  /** The leadership under which the holder took this edition for the current one. */
  readonly under: Leadership;
  /** `null`: nothing was published. */
  readonly edition: Edition | null;
}

/** "I am here": to every neighbour at the announced pace, and slowly to those out of reach. */
export interface Beat {
  readonly type: 'beat';
  /** When it was sent, by the sender's clock; a beat that is not newer than the last one is dropped. */
  readonly n: number;
  /** The last beat received from the receiver, and how long ago: the rest of the round trip is the network's. */
  readonly echo: { readonly n: number; readonly heldMs: number } | null;
  /** The next beat follows in so many milliseconds. */
  readonly nextMs: number;
  /** Fingerprint of the records of the sender's group. */
  readonly digest: number;
  /** True: answer at once. */
  readonly ask: boolean;
  /** True: the sender keeps a link to the receiver of its own accord. */
  readonly keeps: boolean;
  readonly register: RegisterStamp | null;
  /** The sender's own record: in questions and in answers. */
  readonly record: MemberRecord | null;
}

/** "Do we know the same?" Answered with the records that are newer at the receiver, and a vector if some are older. */
export interface VectorMessage {
  readonly type: 'vector';
  readonly vector: Vector;
}

/** News: records that replace older ones. A goodbye and a handover are the sender's own record, too. */
export interface RecordsMessage {
  readonly type: 'records';
  readonly records: readonly MemberRecord[];
}

/** "Send me this edition of the published value." */
export interface FetchMessage {
  readonly type: 'fetch';
  readonly edition: Edition;
}

/** The published value: to all neighbours when it is published, to one that asked for it otherwise. */
export interface ValueMessage {
  readonly type: 'value';
  readonly edition: Edition;
  readonly under: Leadership;
  readonly value: unknown;
}

export type Message = Beat | VectorMessage | RecordsMessage | FetchMessage | ValueMessage;
