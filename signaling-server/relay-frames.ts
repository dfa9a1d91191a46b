import { relayEntryBytes, relayHeaderBytes, type RelayEntry } from '../src/protocol/relay-frame.ts';
import { inFrames } from './in-frames.ts';

/** One binary frame: all that arrived together for this receiver. The ids are the sender's (T2). */
export interface RelayTo<Seat> {
  readonly type: 'relay';
  readonly to: Seat;
  readonly entries: readonly RelayEntry[];
}

/** Entries that are stamped already, each with where its receiver sits. */
export function relayFrames<Seat>(
  stamped: readonly (readonly [Seat, RelayEntry])[],
  maxFrameBytes: number,
): readonly RelayTo<Seat>[] {
  const perSeat = new Map<Seat, RelayEntry[]>();
  for (const [to, entry] of stamped) {
    const entries = perSeat.get(to);
    if (entries) entries.push(entry);
    else perSeat.set(to, [entry]);
  }
  // The sender's id may be longer than the receiver's that stood in its place: what came in one frame may need two.
  const room = maxFrameBytes - relayHeaderBytes;
  return [...perSeat].flatMap(([to, all]) =>
    inFrames(all, room, relayEntryBytes).map((entries) => ({ type: 'relay', to, entries }) as const),
  );
}
