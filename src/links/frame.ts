/** The numbers of a frame, in their order on the wire. Those before `stampMs` are safe integers and not negative. */
const numbers = [
  /** The number of the sender's session. */
  'from',
  /** The number of the receiver's session as the sender knows it; 0 before it heard of one. */
  'to',
  /**
   * So many bytes of each lane has the sender in order. Where `to` is 0 there are none, and the first of the two is the
   * sender's floor: sessions of the receiver with a lower number are over for it. So it is with a reset.
   */
  'urgentAck',
  'bulkAck',
  /** Where `bytes` begin in the stream of their lane. */
  'offset',
  /** The sender's clock at sending. */
  'stampMs',
  /** The newest stamp heard on this path, later by as long as it was held since; -1 for none. */
  'echoMs',
] as const;

/** The bits of the flags, lowest first. */
const flags = [
  /** The session `to` is over for the sender, who goes on in `from`. Such a frame says nothing else. */
  'reset',
  /** The sender leaves for good. */
  'bye',
  /** Asks for an answer on the same path even if there are no bytes. */
  'ping',
  /** `bytes` belong to this lane, not to the urgent one. */
  'bulk',
] as const;

/**
 * What two sessions say to each other in one frame of a path:
 *
 *     u8 version · u8 flags · numbers, each f64 · bytes
 *
 * Everything but `from` and `to` speaks about the pair of these two sessions only. `bytes`, which may be empty, are a
 * piece of the stream of a lane. There are two of them each way: what is large must not hold up what is urgent.
 */
export type Frame = Readonly<
  Record<(typeof numbers)[number], number> & Record<(typeof flags)[number], boolean> & { bytes: Uint8Array }
>;

const version = 2;
/** What a frame takes beside its bytes. */
export const headerBytes: number = 2 + 8 * numbers.length;

export function encodeFrame(frame: Frame): Uint8Array {
  const encoded = new Uint8Array(headerBytes + frame.bytes.byteLength);
  const view = new DataView(encoded.buffer);
  encoded[0] = version;
  for (const [bit, flag] of flags.entries()) if (frame[flag]) encoded[1]! |= 1 << bit;
  for (const [at, number] of numbers.entries()) view.setFloat64(2 + 8 * at, frame[number]);
  encoded.set(frame.bytes, headerBytes);
  return encoded;
}

/** Null for anything that is not exactly such a frame. Its bytes are a view. */
export function decodeFrame(encoded: Uint8Array): Frame | null {
  const [said, set = 0] = encoded;
  if (encoded.byteLength < headerBytes || said !== version || set >> flags.length > 0) return null;
  const view = new DataView(encoded.buffer, encoded.byteOffset);
  const read = numbers.map((_, at) => view.getFloat64(2 + 8 * at));
  const sound = read.every((number, at) => (at < 5 ? Number.isSafeInteger(number) && number >= 0 : isFinite(number)));
  if (!sound || read[0] === 0) return null;
  return {
    ...Object.fromEntries(numbers.map((name, at) => [name, read[at]])),
    ...Object.fromEntries(flags.map((name, bit) => [name, ((set >> bit) & 1) === 1])),
    bytes: encoded.subarray(headerBytes),
  } as Frame;
}
