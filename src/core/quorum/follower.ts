import { smoothed } from './pace.ts';
import type { SnapshotSending } from './snapshots.ts';

/** Messages with entries under way to one follower: as many as this, fewer while they get lost. */
const widest = 256;
const narrowest = 4;
/** So many rounds in which it denied what it had acknowledged are no accident of the network. */
const certainDenials = 3;

/** How long a member has to wait for the others. */
export interface Reckoning {
  /** For the slowest voter that a quorum needs, if it leads or the leader does, and for the leader. */
  readonly rttMs: number;
  /** For the slowest one that a quorum without the leader needs, if it leads or one of those before it in line does. */
  readonly successionRttMs: number;
}

/** What a leader knows of one other member. */
export class Follower {
  readonly id: string;
  /** When the leader began to talk to it, as far as its silence goes: earlier leaderships of the same member count. */
  readonly since: number;

  // Its log (etcd calls this progress).
  /** Durably equal to the leader's up to here. */
  match = 0;
  /** The next entry to send. */
  next: number;
  /** False: entries are sent ahead of the answers. True: one message at a time, to find where the logs agree. */
  isProbing = true;
  /** No entries have flowed to it since where it stands was found: a snapshot may serve it better. */
  isStartingOver = true;
  /** Messages with entries that were not answered yet, or so it seems. */
  unanswered = 0;
  /** How many of them there may be: halved by a loss, one more with every answer. */
  window: number = widest;
  /** What it was told of the commit index. */
  toldCommit = 0;
  /** While it is too far behind for entries. */
  sending: SnapshotSending | null = null;
  /** A witness wants a snapshot that goes beyond this index, in the place of the entries that it has. */
  wantsAfter: number | null = null;
  /** And gets it, while entries go on. */
  relief: SnapshotSending | null = null;
  /** It takes no entries until then. */
  isFull = false;
  /** It takes no snapshot that is longer, as it said last. */
  roomChars: number = Infinity;
  /** The last round sent to it. */
  beatRound = 0;
  /** A round that was not answered yet, 0 if there is none, and `next` at that moment: what came before was sent earlier. */
  checkRound = 0;
  checkNext = 0;
  /** What had arrived by then, and since when that has been so: at the earliest since that round was sent. */
  #arrived = 0;
  #arrivedAt: number = -Infinity;
  /** The last round before entries were sent to it, and when that was: only later rounds can show that they were lost. */
  sentAfter = 0;
  sentAt: number = -Infinity;
  /** The last entry that was sent to it. */
  sentUpTo = 0;
  /** The round in which it was last started over because of a rejection: once in a round is enough. */
  restartedIn = -1;
  /** The last round in which it rejected what it has acknowledged, and how many such rounds there were in a row. */
  #deniedIn = -1;
  #denials = 0;
  /** Its log seems to be up to date, and its word for it is missing, or ours: an empty message will see to it. */
  owesAnswer = false;

  // Its promise.
  /** As long as was last asked for. */
  promiseMs = 0;
  /** It needs no heartbeat before. */
  beatAt: number = -Infinity;
  ackedRound = 0;
  /** Its promise may be relied on until then, on the leader's fast clock. */
  coveredUntil: number = -Infinity;

  // The member.
  heardAt: number = -Infinity;
  /** `null`: not measured yet. */
  rttMs: number | null = null;
  /** The promises of others may end before it could ask them for votes. */
  isFar = false;
  /** So it is told. */
  reckoning: Reckoning = { rttMs: 0, successionRttMs: 0 };
  priority: number = -Infinity;
  visible = true;
  /** It may not lead, as it said last. */
  isLapsed = false;
  /** The last round when another member heard it say goodbye. What it answered to earlier ones may come late. */
  farewellRound = 0;

  constructor(id: string, next: number, since: number) {
    this.id = id;
    this.since = since;
    this.next = next;
  }

  /** What an earlier leadership of the same member learned about it. */
  recall({ rttMs, priority, visible }: Follower): void {
    this.rttMs = rttMs;
    this.priority = priority;
    this.visible = visible;
  }

  /** Somebody says so, and it has answered nothing that was asked since. */
  get isSaidToBeGone(): boolean {
    return this.farewellRound > 0 && this.ackedRound <= this.farewellRound;
  }

  /** Not a word from it since then. */
  get silentSince(): number {
    return Math.max(this.heardAt, this.since);
  }

  measure(sampleMs: number): void {
    this.rttMs = this.rttMs === null ? sampleMs : smoothed(this.rttMs, sampleMs);
  }

  noteBeat(round: number, now: number): void {
    this.beatRound = round;
    if (this.checkRound > 0) return;
    this.checkRound = round;
    this.checkNext = this.next;
    this.#arrivedAt = now;
  }

  /** For how long nothing more than that has arrived, though more was sent. */
  stalledMs(arrived: number, now: number): number {
    if (arrived > this.#arrived) this.#arrivedAt = now;
    this.#arrived = arrived;
    return now - this.#arrivedAt;
  }

  /** Its log is the leader's up to `match`. */
  advance(match: number): boolean {
    const isNews = match > this.match;
    this.#denials = 0;
    this.match = Math.max(this.match, match);
    this.next = Math.max(this.next, match + 1);
    if (this.isProbing) this.unanswered = 0;
    this.isProbing = false;
    if (this.match === this.next - 1) this.unanswered = 0;
    return isNews;
  }

  /** Entries follow on what it has. */
  goOn(): void {
    this.isProbing = false;
    this.isStartingOver = false;
    this.unanswered = 0;
    this.next = this.match + 1;
  }

  /** A message was answered. */
  answer(): void {
    this.unanswered = Math.max(0, this.unanswered - 1);
    this.window = Math.min(widest, this.window + 1);
  }

  /** Messages got lost: goes on behind what has arrived, and more slowly. */
  slowDown(): void {
    this.window = Math.max(narrowest, this.window >> 1);
    this.unanswered = 0;
  }

  /** What was sent to it may be lost. */
  lose(): void {
    this.probe(this.match + 1);
    if (this.sending?.acked === 0) this.sending = null;
    this.sending?.rewind();
    this.relief?.rewind();
  }

  /** No more of a snapshot that it has no room for. */
  hearRoom(chars: number): void {
    this.roomChars = chars;
    if (this.sending !== null && this.sending.source.text.length > chars) this.sending = null;
    if (this.relief !== null && this.relief.source.text.length > chars) this.relief = null;
  }

  /** Of the snapshots that are on their way to it. */
  sendingOf(index: number, digest: number): SnapshotSending | undefined {
    return [this.sending, this.relief]
      .filter((one) => one !== null)
      .find(({ source }) => source.snapshot.index === index && source.digest === digest);
  }

  /**
   * It rejects what it has acknowledged. One such answer is late; one round after the other it has lost what was durable.
   * True if that is certain now: then it has nothing, as far as is known here, and is brought up to date as anyone.
   */
  deny(): boolean {
    if (this.beatRound === this.#deniedIn) return false;
    this.#deniedIn = this.beatRound;
    if (++this.#denials < certainDenials) return false;
    this.#denials = 0;
    this.match = 0;
    return true;
  }

  /** Starts over behind what is certain: the logs differ, or messages were lost. */
  probe(next: number): void {
    this.isProbing = true;
    this.isStartingOver = true;
    this.unanswered = 0;
    this.next = Math.max(this.match + 1, next);
  }
}
