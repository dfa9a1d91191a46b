import type { Lane } from '../transports/transport.ts';
import { ByteReader, ByteWriter, CutShort, varintBytes } from './bytes.ts';

/**
 * What two sessions say to each other in one frame of a path:
 *
 *     u8 version · u8 flags · from · to · stamp · [echo · held] · [acks of both lanes] · chunks
 *
 * All numbers are varints. Everything but `from` and `to` speaks about the pair of these two sessions only.
 */
export interface Frame {
  /** The number of the sender's session. */
  readonly from: number;
  /** The number of the receiver's session as the sender knows it; 0 before it heard of one. */
  readonly to: number;
  /** The session `to` is over for the sender, who goes on in `from`. Such a frame carries nothing else. */
  readonly reset: boolean;
  /** The sender leaves for good. */
  readonly bye: boolean;
  /** Asks for an answer on the same path even if there are no chunks. */
  readonly ping: boolean;
  /** The sender's clock at sending, in microseconds modulo 2^32. */
  readonly stamp: number;
  /** The newest stamp heard on this path, and for how many microseconds it has been held since. */
  readonly echo: { readonly stamp: number; readonly heldUs: number } | null;
  readonly acks: Readonly<Record<Lane, Ack>> | null;
  readonly chunks: readonly Chunk[];
}

/** What one lane has received. */
export interface Ack {
  /** Every chunk below this number has arrived. */
  readonly next: number;
  /** Bytes of chunks, counted from the session's begin, that the receiver takes. */
  readonly limitBytes: number;
  /** Chunks at or above `next` that arrived too, as `[first, end)`, ascending. At most `maxAckRanges`. */
  readonly ranges: readonly (readonly [first: number, end: number])[];
}

/** A piece of one message, or a whole one. Numbered from 0 within its lane. */
export interface Chunk {
  readonly lane: Lane;
  readonly seq: number;
  readonly bytes: Uint8Array;
}

export const maxAckRanges = 16;

const version = 1;
/** The bits of the flags, lowest first. */
const flags = ['reset', 'bye', 'ping', 'echo', 'acks'] as const;
export const lanes = ['urgent', 'bulk'] as const;

/** Upper bound of what a frame takes beside its chunks. */
export const maxHeaderBytes: number = 2 + 3 * 8 + 2 * 5 + 2 * (8 + 8 + 1 + maxAckRanges * 10);

/** Bytes that a chunk takes in a frame. */
export function chunkBytes(chunk: Chunk): number {
  return varintBytes(chunk.seq * 2 + 1) + varintBytes(chunk.bytes.byteLength) + chunk.bytes.byteLength;
}

/** Upper bound of what a chunk takes in a frame beside its bytes. */
export const maxChunkHeaderBytes: number = 8 + 4;

/** What a frame is if nothing else is said. */
const plain = { reset: false, bye: false, ping: false, echo: null, acks: null, chunks: [] };

export function encodeFrame(content: Pick<Frame, 'from' | 'to' | 'stamp'> & Partial<Frame>): Uint8Array {
  const frame: Frame = { ...plain, ...content };
  const writer = new ByteWriter();
  writer.byte(version);
  writer.byte(flags.reduce((set, flag, bit) => set | (frame[flag] ? 1 << bit : 0), 0));
  writer.varint(frame.from);
  writer.varint(frame.to);
  writer.varint(frame.stamp);
  if (frame.echo) {
    writer.varint(frame.echo.stamp);
    writer.varint(frame.echo.heldUs);
  }
  if (frame.acks) for (const lane of lanes) writeAck(writer, frame.acks[lane]);
  for (const chunk of frame.chunks) {
    writer.varint(chunk.seq * 2 + lanes.indexOf(chunk.lane));
    writer.varint(chunk.bytes.byteLength);
    writer.bytes(chunk.bytes);
  }
  return writer.finish();
}

/** Null for anything that is not exactly such a frame. The bytes of chunks are views. */
export function decodeFrame(bytes: Uint8Array): Frame | null {
  try {
    return readFrame(new ByteReader(bytes));
  } catch (error) {
    if (error instanceof CutShort) return null;
    throw error;
  }
}

function readFrame(reader: ByteReader): Frame | null {
  if (reader.byte() !== version) return null;
  const set = reader.byte();
  if (set >= 1 << flags.length) return null;
  const has = (flag: (typeof flags)[number]): boolean => ((set >> flags.indexOf(flag)) & 1) === 1;
  const from = reader.varint();
  const to = reader.varint();
  const stamp = reader.varint();
  if (from === 0 || stamp >= 2 ** 32) return null;
  const echo = has('echo') ? { stamp: reader.varint(), heldUs: reader.varint() } : null;
  const acks = has('acks') ? { urgent: readAck(reader), bulk: readAck(reader) } : null;
  const chunks: Chunk[] = [];
  while (reader.left > 0) {
    const laneAndSeq = reader.varint();
    const lane = lanes[(laneAndSeq % 2) as 0 | 1];
    const bytes = reader.bytes(reader.varint());
    if (bytes.byteLength === 0) return null;
    chunks.push({ lane, seq: Math.floor(laneAndSeq / 2), bytes });
  }
  return { from, to, stamp, reset: has('reset'), bye: has('bye'), ping: has('ping'), echo, acks, chunks };
}

/** Ranges are written as distances from what came before, so that they stay small. */
function writeAck(writer: ByteWriter, ack: Ack): void {
  writer.varint(ack.next);
  writer.varint(ack.limitBytes);
  writer.byte(ack.ranges.length);
  let at = ack.next;
  for (const [first, end] of ack.ranges) {
    writer.varint(first - at);
    writer.varint(end - first);
    at = end;
  }
}

function readAck(reader: ByteReader): Ack {
  const next = reader.varint();
  const limitBytes = reader.varint();
  const count = reader.byte();
  if (count > maxAckRanges) throw new CutShort('too many ranges');
  const ranges: [number, number][] = [];
  let at = next;
  for (let i = 0; i < count; i++) {
    const first = at + reader.varint();
    const end = first + reader.varint();
    if (end === first || end > Number.MAX_SAFE_INTEGER) throw new CutShort('a range is empty or too far');
    ranges.push([first, end]);
    at = end;
  }
  return { next, limitBytes, ranges };
}
