import { type Lane, leastFrameBytes } from '../transports/transport.ts';
import { maxChunkHeaderBytes, maxHeaderBytes } from './frame.ts';

/** Bytes that a receiver grants beyond what it has put in order. Both sides start from it. */
export const laneWindowBytes: Readonly<Record<Lane, number>> = { urgent: 256 * 1024, bulk: 1024 * 1024 };

/**
 * Messages are cut into chunks of at most so many bytes. A chunk is never cut anew, so it fits into a frame of every
 * path that may ever open; frames of larger paths carry many.
 */
export const maxChunkBytes: number = leastFrameBytes - maxHeaderBytes - maxChunkHeaderBytes;

/** No sender has more chunks than this between the first unacknowledged one and the newest. */
export const maxChunksUnderWay = 1024;

/** Thrown for what no honest sender sends: more than the window, or messages over the limit. Ends the session. */
export class Overrun extends Error {
  override readonly name = 'Overrun';
}
