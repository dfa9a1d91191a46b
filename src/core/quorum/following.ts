import type { Applying } from './applying.ts';
import type { Entry } from './entry.ts';
import { maxSnapshotChars } from './limits.ts';
import type { Member } from './member.ts';
import type { Append, Heartbeat, HeartbeatReply, SnapshotChunk } from './messages.ts';
import { askBeforeMs } from './pace.ts';
import { SnapshotReceiving } from './snapshots.ts';

const nobody: readonly string[] = [];

/** What this member does for the leader that it follows: promises, and takes in its log. */
export class Following {
  readonly #member: Member;
  readonly #applying: Applying;
  #receiving: SnapshotReceiving | null = null;
  #hasAsked = false;

  constructor(member: Member, applying: Applying) {
    this.#member = member;
    this.#applying = applying;
  }

  // The promise.

  hearHeartbeat(from: string, heartbeat: Heartbeat): void {
    const { term, round, leaseMs, promiseMs, commit } = heartbeat;
    const member = this.#member;
    if (!member.promised.isLate({ leader: from, term, round })) this.#note(heartbeat);
    member.promise({ leader: from, term, round }, Math.max(leaseMs, promiseMs ?? 0));
    this.#hasAsked = false;
    this.#applying.commitTo(Math.min(commit, member.matched));
    const { matched, priority, visible, isWitness, isChartered } = member;
    const reply: HeartbeatReply = { type: 'heartbeat-reply', term, round, matched, priority, visible };
    const more = isWitness ? this.#wish() : isChartered ? null : { isLapsed: true };
    member.disk.sayOnHardState(from, more === null ? reply : { ...reply, ...more });
  }

  /** What a later round said stands. */
  #note({ term, leaseMs, rttMs, successionRttMs = rttMs, order, unheard = nobody, isPending }: Heartbeat): void {
    const member = this.#member;
    member.leaseMs = leaseMs;
    member.order = order;
    member.unheard = unheard;
    member.readyTerm = isPending === true ? -1 : term;
    member.rttMs = rttMs;
    member.successionRttMs = successionRttMs;
  }

  /** The leader's timers may be throttled, its messages are not: it is woken when most of a promise is over. */
  onTime(): void {
    const { now, leader, term } = this.#member;
    if (leader === null || now.fast < this.dueAt()) return;
    this.#hasAsked = true;
    this.#member.send(leader, { type: 'ask-beat', term });
  }

  dueAt(): number {
    const { now, leader, id, promised } = this.#member;
    if (this.#hasAsked || leader === null || leader === id) return Infinity;
    return now.fast + Math.max(0, promised.remainingMs(now.slow) - askBeforeMs(promised.lengthMs));
  }

  /** That one said goodbye here: its way to the leader may have been cut before. */
  passOnGoodbye(peer: string): void {
    const { leader, id } = this.#member;
    if (leader === null || leader === id || leader === peer || this.#member.roleOf(peer) !== 'voter') return;
    this.#member.send(leader, { type: 'farewell', peer });
  }

  // The log.

  hearAppend(from: string, message: Append): void {
    const { prevIndex, prevTerm, entries, commit } = message;
    const member = this.#member;
    if (prevIndex > member.commit && member.log.term(prevIndex) !== prevTerm) return this.#reject(from, message);
    let index = prevIndex;
    for (const entry of entries) {
      if (member.isWitness && !this.#hasRoomFor(entry, index + 1)) break;
      this.#take(++index, entry);
    }
    this.#match(from, index);
    this.#applying.commitTo(Math.min(commit, member.matched));
  }

  /** True if it would replace what is committed, or what this leader has sent before: no leader does that. */
  contradicts({ term, prevIndex, prevTerm, entries }: Omit<Append, 'type' | 'commit'>): boolean {
    const { commit, matched } = this.#member;
    const certain = term === this.#member.term ? Math.max(commit, matched) : commit;
    if (prevIndex <= certain && this.#differs(prevIndex, prevTerm)) return true;
    const overlap = Math.min(entries.length, certain - prevIndex);
    for (let at = 0; at < overlap; at++) {
      if (this.#differs(prevIndex + 1 + at, (entries[at] as { term: number }).term)) return true;
    }
    return false;
  }

  #differs(index: number, term: number): boolean {
    const known = this.#member.log.term(index);
    return known !== undefined && known !== term;
  }

  /** From a witness, which has it from a leader (Q8). */
  adopt(prevIndex: number, entries: Append['entries']): void {
    for (const [at, entry] of entries.entries()) this.#take(prevIndex + 1 + at, entry);
  }

  /** An entry that differs, and all that follow it, are of a leader that could not commit them (Raft §5.3). */
  #take(index: number, entry: Append['entries'][number]): void {
    const { log } = this.#member;
    if (index <= log.baseIndex) return;
    const term = log.term(index);
    if (term === entry.term) return;
    if (term !== undefined) log.truncate(index);
    log.append(entry);
  }

  /** The logs agree up to `index`: said as soon as it is durable. */
  #match(from: string, index: number): void {
    const member = this.#member;
    member.matched = Math.max(member.matched, index, member.commit);
    member.disk.sayOnLog(from, { type: 'append-reply', term: member.term, match: member.matched });
  }

  #reject(from: string, { term, prevIndex, prevTerm }: Append): void {
    const { log, disk } = this.#member;
    const hintIndex = log.lastUpTo(prevIndex, prevTerm);
    const hintTerm = log.term(hintIndex) as number;
    disk.sayOnHardState(from, { type: 'append-rejected', term, prevIndex, hintIndex, hintTerm });
  }

  // The log of a witness, which is bounded.

  /**
   * No entry after that one, before a snapshot takes the place of some. But until it has one of this leader's term it takes
   * all: without such a one nothing is committed, and what is not committed is in no snapshot (Raft §5.4.2).
   */
  #isFullAt(index: number): boolean {
    const { log, term } = this.#member;
    return index > log.baseIndex && log.term(index) === term && this.#charsUpTo(index) >= this.#maxChars;
  }

  get #maxChars(): number {
    const { limits, isStorageFull } = this.#member;
    return isStorageFull ? 0 : limits.maxWitnessChars;
  }

  #charsUpTo(index: number): number {
    const { log } = this.#member;
    return log.charsUpTo(index) - log.charsUpTo(log.baseIndex);
  }

  #hasRoomFor(entry: Entry, index: number): boolean {
    const { log } = this.#member;
    return log.term(index) === entry.term || !this.#isFullAt(Math.min(index - 1, log.lastIndex));
  }

  #wish(): Pick<HeartbeatReply, 'wantsAfter' | 'isFull' | 'roomChars'> {
    const { log, commit } = this.#member;
    const isLong = this.#charsUpTo(commit) > this.#maxChars / 2;
    const isFull = this.#isFullAt(log.lastIndex);
    const roomChars = this.#roomChars;
    return { ...(isLong && { wantsAfter: log.baseIndex }), ...(isFull && { isFull }), roomChars };
  }

  /** Of a snapshot. */
  get #roomChars(): number {
    const { limits, storageChars } = this.#member;
    return Math.min(limits.maxWitnessChars, storageChars, maxSnapshotChars);
  }

  // A snapshot in its stead.

  hearSnapshot(from: string, message: SnapshotChunk): void {
    const { index, lastTerm, term, digest } = message;
    const { log, commit, isWitness } = this.#member;
    const isRelief = isWitness && index > log.baseIndex && log.term(index) === lastTerm;
    if (!isRelief && (index <= commit || log.term(index) === lastTerm)) {
      this.#match(from, index);
      return this.#applying.commitTo(index); // a snapshot holds only what is committed
    }
    if (isWitness && message.totalChars > this.#roomChars) {
      return this.#member.refuse(from, 'malformed', 'the snapshot is longer than a witness keeps');
    }
    if (this.#receiving?.isOf(message) !== true) this.#receiving = new SnapshotReceiving(message);
    this.#receiving.take(message);
    if (this.#receiving.isComplete) return this.#accept(from, this.#receiving, isRelief);
    this.#member.send(from, { type: 'snapshot-reply', term, index, digest, offset: this.#receiving.chars });
  }

  #accept(from: string, receiving: SnapshotReceiving, isRelief: boolean): void {
    this.#receiving = null;
    const snapshot = receiving.finish();
    if (snapshot === null) return this.#member.refuse(from, 'impossible', 'the pieces do not make that snapshot');
    if (isRelief) this.#applying.keep(snapshot);
    else this.#applying.install(snapshot);
    this.#match(from, snapshot.index);
  }
}
