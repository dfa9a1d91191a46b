/** What one server allows; it says so in its welcome, and clients stay below it by themselves. */
export interface Limits {
  /** Largest frame that a client may send, and largest relay frame it is sent, in bytes. A view is as large as it is. */
  readonly maxFrameBytes: number;
  /** Largest `info` of a member, in bytes of its JSON. */
  readonly maxInfoBytes: number;
  readonly maxMembersPerRoom: number;
  readonly maxRoomsPerConnection: number;
  /** Frames a second, sustained; bursts of twice that pass. */
  readonly messagesPerSecond: number;
  /** Bytes a second, sustained; bursts of twice that pass. */
  readonly bytesPerSecond: number;
}

export const defaultLimits: Limits = {
  maxFrameBytes: 64 * 1024,
  maxInfoBytes: 1024,
  maxMembersPerRoom: 64,
  maxRoomsPerConnection: 8,
  messagesPerSecond: 50,
  bytesPerSecond: 256 * 1024,
};
