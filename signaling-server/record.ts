import type { Group } from '../src/core/founding/group.ts';
import { object, optional, orNull, peerId, text, whole, type Parse } from '../src/core/parsing.ts';
import { charter, type Charter } from '../src/protocol/charter.ts';

/** What a server must not forget of a room. One that is closed has neither founder nor witness nor charter. */
export interface RoomRecord extends Group {
  /** Null: whoever comes first says what it is to be. */
  readonly charter: Charter | null;
  /** Of the seals by which its members are known again. */
  readonly key?: string | undefined;
}

const count = whole(0);

/** Throws `Malformed`. */
export const roomRecord: Parse<RoomRecord> = object<RoomRecord>({
  epoch: count,
  founder: orNull(peerId),
  witness: orNull(peerId),
  continues: orNull(object({ epoch: whole(1), lastIndex: count, lastTerm: count })),
  begunWith: optional(object({ lastIndex: count, lastTerm: count })),
  charter: orNull(charter),
  key: optional(text(1, 64)),
});
