/** What one client may send. The welcome says it, and clients stay below it by themselves. */
export interface ClientLimits {
  /** Largest frame either way, in bytes. */
  readonly maxFrameBytes: number;
  /** Largest `info` of a member, in bytes of its JSON. */
  readonly maxInfoBytes: number;
  /** Frames a second, sustained; bursts of twice that pass. */
  readonly messagesPerSecond: number;
  /** Bytes a second, sustained; bursts of twice that pass. */
  readonly bytesPerSecond: number;
}

/** What becomes of a client that does not read what it is sent. */
export interface BufferLimits {
  /** Above so many bytes that wait for it, what is relayed to it is dropped. */
  readonly slowBytes: number;
  /** Above so many its connection is closed. */
  readonly stuckBytes: number;
}

/** What one server allows. */
export interface Limits extends ClientLimits {
  readonly maxMembersPerRoom: number;
  readonly maxRoomsPerConnection: number;
}

export const defaultBufferLimits: BufferLimits = { slowBytes: 256 * 1024, stuckBytes: 1024 * 1024 };

export const defaultLimits: Limits = {
  maxFrameBytes: 64 * 1024,
  maxInfoBytes: 1024,
  maxMembersPerRoom: 64,
  maxRoomsPerConnection: 8,
  messagesPerSecond: 50,
  bytesPerSecond: 256 * 1024,
};
