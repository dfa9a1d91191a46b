/** What can be set, for tests and for members that have little room. Durations in milliseconds, sizes in characters. */
export interface RaftLimits {
  /** The lease adapts to the round trip between these two; all members must agree on them. */
  readonly minLeaseMs: number;
  readonly maxLeaseMs: number;
  /** One `append` or `propose` carries no more than this, but always one entry. */
  readonly maxBatchEntries: number;
  readonly maxBatchChars: number;
  /** Sent to one follower and not yet acknowledged. */
  readonly maxInFlightEntries: number;
  readonly maxInFlightChars: number;
  /** In the leader's log and not yet committed; what is proposed beyond waits where it was appended. */
  readonly maxUncommittedEntries: number;
  readonly maxUncommittedChars: number;
  /** Appended here and not yet known to have taken effect, before more is sent to the leader. */
  readonly maxProposedEntries: number;
  readonly maxProposedChars: number;
  /** A snapshot is asked for when so many entries were applied since the last one, */
  readonly snapshotEntries: number;
  /** or when they are so long, and no shorter than that one: then whoever has none of them is sent it in their stead. */
  readonly snapshotChars: number;
  /** Kept behind a snapshot, for followers that are a little late. */
  readonly keptEntries: number;
  /**
   * Of a witness: from half of it on it asks the leader for a snapshot in the place of its log, and beyond it takes no more
   * entries than were in the leader's log when it was elected: what is appended then waits, unless others are a quorum. Nor
   * does it take a snapshot that is longer.
   */
  readonly maxWitnessChars: number;
  readonly chunkChars: number;
  /** Of a snapshot under way. */
  readonly chunksInFlight: number;
  /** The one that was idle longest goes when one more registers. */
  readonly maxSessions: number;
  /** A voter that is not heard of for so long loses its vote; a witness after a third of it, where others can do without. */
  readonly missingMs: number;
  /** A session whose owner is not heard of for so long is ended. */
  readonly sessionMs: number;
}

export const defaultLimits: RaftLimits = {
  minLeaseMs: 250,
  maxLeaseMs: 5000,
  maxBatchEntries: 1024,
  maxBatchChars: 131_072,
  maxInFlightEntries: 8192,
  maxInFlightChars: 1_048_576,
  maxUncommittedEntries: 16_384,
  maxUncommittedChars: 4_194_304,
  maxProposedEntries: 4096,
  maxProposedChars: 1_048_576,
  snapshotEntries: 8192,
  snapshotChars: 4096,
  keptEntries: 1024,
  maxWitnessChars: 8_388_608,
  chunkChars: 32_768,
  chunksInFlight: 8,
  maxSessions: 1024,
  missingMs: 15_000,
  sessionMs: 300_000,
};

/** A limit on everything else that others can make grow. */

/** A single value that is appended. */
export const maxValueChars = 1_048_576;
/**
 * Who sends for the core may let what is larger than this, and what follows it, be overtaken by whatever is small: then a
 * heartbeat does not wait for it.
 */
export const maxUrgentChars = 16_384;
/** In one `append` or `propose`, whatever the sender's own limit is. */
export const maxEntriesPerMessage = 65_536;
/** A snapshot as it is sent. */
export const maxSnapshotChars = 268_435_456;
export const maxVoters = 64;
export const maxMembers = 1024;
/** Of those who have no place in the group, who said so last. */
export const maxGoodbyes = 256;
/** Indices, rounds, sequence numbers: room enough for adding one to the highest for ever; and terms, of 2^32 epochs. */
export const maxCount = 4_503_599_627_370_496;
/** How far a term may be ahead of one's own, or of one that a quorum speaks of. */
export const maxTermJump = 4096;
/** What is further ahead comes so much nearer in this time, while somebody insists on it. */
export const termBeliefMs = 60_000;
/** Terms of one epoch. */
export const termsPerEpoch = 1_048_576;
