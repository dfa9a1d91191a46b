import type { Configuration } from './configuration.ts';
import type { Entry } from './entry.ts';

/** "Would you vote for me in this term?" Changes nothing at the receiver (PreVote, Ongaro §9.6). */
export interface PreVote {
  readonly type: 'pre-vote';
  /** The term it would campaign in. */
  readonly term: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** Counts the sender's attempts: answers to earlier ones count no more. */
  readonly attempt: number;
}

export interface PreVoteReply {
  readonly type: 'pre-vote-reply';
  /** As in the question. */
  readonly term: number;
  readonly attempt: number;
  /** `null`: it has promised not to, or leads, and says more when that is over. */
  readonly granted: boolean | null;
}

/** A heartbeat round of a leader. */
export interface Round {
  readonly leader: string;
  readonly term: number;
  readonly round: number;
}

/** "Vote for me in this term." */
export interface Vote {
  readonly type: 'vote';
  readonly term: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** The lease that a granted vote promises already. */
  readonly leaseMs: number;
  /** Set when a leader handed over: promises to it of this round or an earlier one do not stand in the way. */
  readonly released: Round | null;
}

export interface VoteReply {
  readonly type: 'vote-reply';
  readonly term: number;
  readonly granted: boolean;
}

/**
 * To every member, twice in a lease: "I lead; promise me to vote for nobody else." Those that are asked for longer promises
 * than that get it less often.
 */
export interface Heartbeat {
  readonly type: 'heartbeat';
  readonly term: number;
  /** Counts this leader's rounds in this term. */
  readonly round: number;
  /** How long the promise is to last, from the moment that this arrives, unless `promiseMs` says it. */
  readonly leaseMs: number;
  /** Longer than the lease: to a learner that is not to vote soon. */
  readonly promiseMs?: number;
  /** The round trip to the slowest voter that a quorum needs, if this one leads or whoever is told so does. */
  readonly rttMs: number;
  /** The same if this leader is lost, and one of those who are not behind whoever is told so leads. Left out: it is the same. */
  readonly successionRttMs?: number;
  readonly commit: number;
  /** Who is to campaign first, second … when the leader is gone. Only those that have answered lately. */
  readonly order: readonly string[];
  /** Who of the configuration has not answered lately, though it had time to. Left out: nobody. */
  readonly unheard?: readonly string[];
  /** It is elected, and is not ready to lead: it has no lease yet, or does not know yet what is committed. */
  readonly isPending?: boolean;
}

/** "I promise." Durable before it is sent. */
export interface HeartbeatReply {
  readonly type: 'heartbeat-reply';
  readonly term: number;
  readonly round: number;
  /** The log is the leader's up to here, durable or not: shows the leader what got lost. */
  readonly matched: number;
  readonly priority: number;
  readonly visible: boolean;
  /** It may not lead: whoever founds epochs was out of reach for the length of its charter. */
  readonly isLapsed?: boolean;
  /** A witness whose log gets long asks for a snapshot that goes beyond this index. */
  readonly wantsAfter?: number;
  /** And before it has one, it takes no more entries. */
  readonly isFull?: boolean;
  /** A witness takes no snapshot that is longer: whoever leads does not know what its host has set. */
  readonly roomChars?: number;
}

/** "Most of my promise is over: send me a heartbeat." */
export interface AskBeat {
  readonly type: 'ask-beat';
  readonly term: number;
}

/** The entries after `prevIndex` (AppendEntries). */
export interface Append {
  readonly type: 'append';
  readonly term: number;
  readonly prevIndex: number;
  readonly prevTerm: number;
  readonly entries: readonly Entry[];
  readonly commit: number;
}

/** "My log is yours up to `match`, durably." */
export interface AppendReply {
  readonly type: 'append-reply';
  readonly term: number;
  readonly match: number;
}

/** "I do not have that entry before yours; look no further than `hintIndex`, where I have one of `hintTerm`." */
export interface AppendRejected {
  readonly type: 'append-rejected';
  readonly term: number;
  /** The `prevIndex` that did not fit. */
  readonly prevIndex: number;
  readonly hintIndex: number;
  readonly hintTerm: number;
}

/** A piece of the snapshot, for one whose next entries were compacted away (InstallSnapshot). */
export interface SnapshotChunk {
  readonly type: 'snapshot';
  readonly term: number;
  readonly index: number;
  /** The term of the entry at `index`. */
  readonly lastTerm: number;
  readonly configuration: Configuration;
  /** Fingerprint of the whole text; a piece of another text never gets mixed in. */
  readonly digest: number;
  readonly totalChars: number;
  readonly offset: number;
  readonly chunk: string;
}

/** "I have so many characters of that snapshot": the next piece is to start there. */
export interface SnapshotReply {
  readonly type: 'snapshot-reply';
  readonly term: number;
  readonly index: number;
  readonly digest: number;
  readonly offset: number;
}

/** To a witness that did not vote for the sender: "what follows in your log on an entry of this index and term?" (Q8) */
export interface Fetch {
  readonly type: 'fetch';
  readonly term: number;
  readonly index: number;
  readonly indexTerm: number;
  /** How much of a snapshot of the witness is there. */
  readonly offset: number;
}

/** "These follow on the last entry that we may both have; my log goes up to `lastIndex`." */
export interface Suffix {
  readonly type: 'suffix';
  readonly term: number;
  readonly prevIndex: number;
  readonly prevTerm: number;
  readonly entries: readonly Entry[];
  readonly lastIndex: number;
  readonly lastTerm: number;
}

/** "Those entries are in a snapshot, of which this is a piece." */
export interface SuffixSnapshot {
  readonly type: 'suffix-snapshot';
  readonly term: number;
  readonly snapshot: SnapshotChunk;
}

/** "Campaign now, without waiting": the leader gave up its lease up to that round (TimeoutNow, Ongaro §3.10). */
export interface TimeoutNow {
  readonly type: 'timeout-now';
  readonly term: number;
  readonly round: number;
}

/** "That term is over, this one is mine." */
export interface Stale {
  readonly type: 'stale';
  readonly term: number;
}

/** To the leader: "open a session for me." Answered through the log. */
export interface Register {
  readonly type: 'register';
  readonly nonce: number;
}

/** To the leader: "append these, the first of which is number `first` of my session." Answered through the log. */
export interface Propose {
  readonly type: 'propose';
  readonly session: number;
  readonly first: number;
  readonly values: readonly string[];
}

/** To the leader: "that voter said goodbye to me", for it may not have heard so itself. */
export interface Farewell {
  readonly type: 'farewell';
  readonly peer: string;
}

/** To the leader: "up to where must I have applied the log to read what is current?" */
export interface ReadIndex {
  readonly type: 'read-index';
  /** Counts the sender's questions: an answer answers all earlier ones, too. */
  readonly number: number;
}

export interface ReadIndexReply {
  readonly type: 'read-index-reply';
  readonly number: number;
  readonly index: number;
}

/** While it is put together: fields that may be left out are added where they are needed. */
export type Draft<Part> = { -readonly [Name in keyof Part]: Part[Name] };

export type Message =
  | PreVote
  | PreVoteReply
  | Vote
  | VoteReply
  | Heartbeat
  | HeartbeatReply
  | AskBeat
  | Append
  | AppendReply
  | AppendRejected
  | SnapshotChunk
  | SnapshotReply
  | Fetch
  | Suffix
  | SuffixSnapshot
  | TimeoutNow
  | Stale
  | Register
  | Propose
  | Farewell
  | ReadIndex
  | ReadIndexReply;
