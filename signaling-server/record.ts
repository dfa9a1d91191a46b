import { object, orNull, peerId, whole, type Parse } from '../src/core/parsing.ts';
import { charter, type Charter } from '../src/protocol/charter.ts';
import type { PeerId } from '../src/protocol/ids.ts';

/** What a server must not forget of a room. */
export interface RoomRecord {
  readonly epoch: number;
  /** Null: it was founded by a server that forgot it, or is closed. */
  readonly founder: PeerId | null;
  /** Null: it has none. */
  readonly witness: PeerId | null;
  /** Null: it is closed, and whoever comes first says what it is to be. */
  readonly charter: Charter | null;
}

/** Throws `Malformed`. */
export const roomRecord: Parse<RoomRecord> = object<RoomRecord>({
  epoch: whole(0),
  founder: orNull(peerId),
  witness: orNull(peerId),
  charter: orNull(charter),
});
