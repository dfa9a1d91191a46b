import type { Applying } from './applying.ts';
import { votersOf } from './configuration.ts';
import type { Election } from './election.ts';
import type { Following } from './following.ts';
import type { Member } from './member.ts';
import type { Fetch, Suffix, SuffixSnapshot } from './messages.ts';
import { SnapshotReceiving, pieceOf, snapshotText } from './snapshots.ts';
import type { SnapshotText } from './snapshots.ts';

/**
 * A witness may be the only one left with entries that are committed, and does not lead: it gives them to a candidate
 * (Q8). That one asks, a message at a time, until its log is as up to date, and campaigns again when that is durable. So
 * does who was silent while it got a vote: it may be the only one left that could lead, and does not know it.
 *
 * Each answer stands for itself: what a witness has that is more up to date was in the log of a later leader, so that
 * nothing committed is lost for it, however late it comes.
 */
export class Fetching {
  readonly #member: Member;
  readonly #election: Election;
  readonly #following: Following;
  readonly #applying: Applying;
  #receiving: SnapshotReceiving | null = null;
  /** What was asked for last. */
  #asked: Fetch | null = null;
  /** When something of it last went on, here or, at a witness, for somebody else; on the fast clock. */
  #wentOnAt: number = -Infinity;
  /** Everything is here, and on its way to the disk. */
  #isComplete = false;
  /** When to ask whether this member has a vote by now. Infinity: it knows that it has, or who leads. */
  #inquireAt = Infinity;
  /** At the witness. */
  #text: SnapshotText | null = null;

  constructor(member: Member, election: Election, following: Following, applying: Applying) {
    this.#member = member;
    this.#election = election;
    this.#following = following;
    this.#applying = applying;
  }

  /** Whoever gives up the epoch now has it begin anew, with another candidate. */
  isUnderWay(fast: number): boolean {
    return fast < this.#wentOnAt + this.#member.limits.maxLeaseMs;
  }

  // The candidate.

  /** Somebody does not vote for this member. A witness may have more; it is asked with every refusal. */
  hearRefusal(from: string): void {
    this.#askAnew(from);
  }

  #askAnew(from: string): void {
    this.#asked = null;
    if (this.#isSource(from)) this.#ask(from);
  }

  /** Nobody else's word counts, and none while somebody leads: a leader sends what is missing itself. */
  #isSource(from: string): boolean {
    return this.#member.leader === null && this.#member.roleOf(from) === 'witness';
  }

  /** A second copy of an answer asks for nothing more: with each of them asking, there would be ever more on their way (Q11). */
  #ask(from: string, index: number = this.#member.log.lastIndex): void {
    const { log, term } = this.#member;
    const indexTerm = log.term(index) as number;
    const offset = this.#receiving?.chars ?? 0;
    if (this.#asked?.index === index && this.#asked.indexTerm === indexTerm && this.#asked.offset === offset) return;
    this.#asked = { type: 'fetch', term, index, indexTerm, offset };
    this.#member.send(from, this.#asked);
  }

  hearSuffix(from: string, { term, prevIndex, prevTerm, entries, lastIndex, lastTerm }: Suffix): void {
    const { log, commit } = this.#member;
    if (!this.#isSource(from) || !log.isBehind(lastTerm, lastIndex) || entries.length === 0) return;
    if (this.#following.contradicts({ term, prevIndex, prevTerm, entries })) {
      return this.#member.refuse(from, 'impossible', 'entries contradict what is certain');
    }
    if (prevIndex > commit && log.term(prevIndex) !== prevTerm) {
      return this.#ask(from, log.lastUpTo(prevIndex, prevTerm));
    }
    this.#receiving = null;
    this.#yieldTo(term);
    this.#following.adopt(prevIndex, entries);
    this.#wentOnAt = this.#member.now.fast;
    this.#isComplete = !log.isBehind(lastTerm, lastIndex);
    if (!this.#isComplete) this.#ask(from);
  }

  hearSnapshot(from: string, { term, snapshot }: SuffixSnapshot): void {
    const { log } = this.#member;
    if (!this.#isSource(from) || !log.isBehind(snapshot.lastTerm, snapshot.index)) return;
    if (this.#receiving?.isOf(snapshot) !== true) this.#receiving = new SnapshotReceiving(snapshot);
    this.#receiving.take(snapshot);
    this.#wentOnAt = this.#member.now.fast;
    if (this.#receiving.isComplete) this.#install(from, term, this.#receiving);
    else this.#ask(from);
  }

  #install(from: string, term: number, receiving: SnapshotReceiving): void {
    this.#receiving = null;
    const snapshot = receiving.finish();
    if (snapshot === null) return this.#member.refuse(from, 'impossible', 'the pieces do not make that snapshot');
    this.#yieldTo(term);
    this.#applying.install(snapshot);
    this.#ask(from);
  }

  /** With another log it is another candidate, or none; and no log ends in a later term than its member's. */
  #yieldTo(term: number): void {
    if (term > this.#member.term) this.#member.enterTerm(term, null);
    this.#election.retry();
  }

  onTime(): void {
    this.#claim();
    this.#inquire();
  }

  dueAt(): number {
    return this.#inquireAt;
  }

  /** Persisted before it is claimed. */
  #claim(): void {
    const { log } = this.#member;
    if (!this.#isComplete || log.durable < log.lastIndex) return;
    this.#isComplete = false;
    this.#election.tryNow();
  }

  /** Not often, nor all at once: there may be hundreds without a vote, who lose their leader at the same moment. */
  #inquire(): void {
    const { now, limits, random } = this.#member;
    const witnesses = this.#mayHaveVote ? votersOf(this.#member.configuration).filter(({ witness }) => witness) : [];
    if (witnesses.length === 0) {
      this.#inquireAt = Infinity;
      return;
    }
    if (now.fast >= this.#inquireAt) for (const { id } of witnesses) this.#askAnew(id);
    else if (this.#inquireAt < Infinity) return;
    this.#inquireAt = now.fast + random.between(limits.maxLeaseMs, 2 * limits.maxLeaseMs);
  }

  /** It has none that it knows of, and nobody leads who would say so. */
  get #mayHaveVote(): boolean {
    const { leader, id, isWitness } = this.#member;
    return leader === null && !isWitness && this.#member.roleOf(id) !== 'voter';
  }

  // The witness.

  /**
   * From where both logs may agree: the last entry up to the candidate's that is not of a later term. Who has no vote by this
   * log could not lead with it: there may be hundreds, so they are sent no more than shows them that, and no pledge waits for it.
   */
  hearFetch(from: string, { index, indexTerm, offset }: Fetch): void {
    const { log, limits, id, term, disk } = this.#member;
    if (this.#member.roleOf(id) !== 'witness') return;
    const role = this.#member.roleOf(from);
    if (role === 'voter') this.#wentOnAt = this.#member.now.fast;
    else if (role === undefined || index >= log.configurationIndex) return;
    const prevIndex = log.lastUpTo(index, indexTerm);
    const prevTerm = log.term(prevIndex);
    if (prevTerm === undefined || prevTerm > indexTerm) return this.#sendPiece(from, offset);
    const entries = log.batch(prevIndex + 1, limits.maxBatchEntries, limits.maxBatchChars);
    const { lastIndex, lastTerm } = log;
    disk.sayOnLog(from, { type: 'suffix', term, prevIndex, prevTerm, entries, lastIndex, lastTerm });
  }

  /** In its stead, what is in the way: those entries are in a snapshot. */
  #sendPiece(from: string, offset: number): void {
    const { disk, limits, term } = this.#member;
    if (disk.snapshot === null) return;
    if (this.#text?.snapshot !== disk.snapshot) this.#text = snapshotText(disk.snapshot);
    const snapshot = pieceOf(this.#text, term, offset < this.#text.text.length ? offset : 0, limits.chunkChars);
    disk.sayOnLog(from, { type: 'suffix-snapshot', term, snapshot });
  }
}
