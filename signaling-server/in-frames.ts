import { relayEntryBytes, relayHeaderBytes, type RelayEntry } from '../src/protocol/relay-frame.ts';

/**
 * Shares entries out to as few frames of at most `maxBytes` as their order allows. The sender's id may be longer than
 * the receiver's that stood in its place, so what came in one frame may need two.
 */
export function inFrames(entries: readonly RelayEntry[], maxBytes: number): readonly (readonly RelayEntry[])[] {
  const frames: RelayEntry[][] = [];
  let room = 0;
  for (const entry of entries) {
    const bytes = relayEntryBytes(entry);
    if (bytes > room) {
      frames.push([]);
      room = maxBytes - relayHeaderBytes;
    }
    frames.at(-1)?.push(entry);
    room -= bytes;
  }
  return frames;
}
