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

/** What one server allows. */
export interface Limits extends ClientLimits {
  readonly maxMembersPerRoom: number;
  readonly maxRoomsPerConnection: number;
}

export const defaultLimits: Limits = {
  maxFrameBytes: 64 * 1024,
  maxInfoBytes: 1024,
  maxMembersPerRoom: 64,
  maxRoomsPerConnection: 8,
  messagesPerSecond: 50,
  bytesPerSecond: 256 * 1024,
};
