import type { Entry } from './entry.ts';
import type { Follower } from './follower.ts';
import type { Leading } from './leading.ts';
import type { Member } from './member.ts';
import type { AppendRejected, HeartbeatReply, SnapshotReply } from './messages.ts';
import { underWayMs } from './pace.ts';
import { SnapshotSending, snapshotText } from './snapshots.ts';
import type { SnapshotText } from './snapshots.ts';
import type { Snapshot } from './state.ts';

/** So many messages leave at once; with more under way, entries gather until a message is full or an answer comes. */
const eagerMessages = 4;

/** Brings the followers' logs up to the leader's: entries ahead of the answers, or a snapshot in pieces. */
export class Replication {
  readonly #member: Member;
  #text: SnapshotText | null = null;

  constructor(member: Member) {
    this.#member = member;
  }

  /** At the end of a step: sends to each follower what it is due. */
  feed({ followers, isSettled }: Leading): void {
    if (!isSettled) return;
    for (const follower of followers.values()) {
      if (follower.sending === null && this.#isOutOfReach(follower)) this.#startSnapshot(follower);
      if (follower.sending !== null) this.#feedSnapshot(follower, follower.sending);
      else if (!this.#isGone(follower.next)) this.#feedEntries(follower);
    }
  }

  /**
   * The entries that come next there are gone; or the snapshot is shorter than they are, as for a newcomer, to whom of the
   * configurations before it all but the last are nothing. It is never forced on a witness, which may have no room for it.
   */
  #isOutOfReach({ id, next, isStartingOver }: Follower): boolean {
    if (this.#isGone(next)) return true;
    const { log, disk } = this.#member;
    const upTo = disk.snapshot?.index ?? 0;
    // To whom entries flow, they go on flowing: the next snapshot may be there before this one has arrived.
    if (!isStartingOver || next > upTo) return false;
    const missingChars = log.charsUpTo(upTo) - log.charsUpTo(next - 1);
    return this.#member.outweighsSnapshot(missingChars) && this.#member.roleOf(id) !== 'witness';
  }

  #isGone(index: number): boolean {
    return index <= this.#member.log.baseIndex;
  }

  #feedEntries(follower: Follower): void {
    this.#relieve(follower);
    if (follower.isProbing) return this.#probe(follower);
    if (!follower.isFull) this.#stream(follower);
    this.#tellCommit(follower);
  }

  #probe(follower: Follower): void {
    if (follower.unanswered > 0) return;
    this.#sendEntries(follower);
  }

  #stream(follower: Follower): void {
    const { log } = this.#member;
    while (follower.next <= log.lastIndex && this.#maySend(follower)) this.#sendEntries(follower);
  }

  #tellCommit(follower: Follower): void {
    const { log, commit } = this.#member;
    const isIdle = follower.unanswered === 0 && (follower.next > log.lastIndex || follower.isFull);
    if ((isIdle && follower.toldCommit < commit) || follower.owesAnswer) this.#sendAppend(follower, []);
  }

  #maySend({ match, next, unanswered, window }: Follower): boolean {
    const { log, limits } = this.#member;
    if (unanswered >= window) return false;
    if (next - 1 - match >= limits.maxInFlightEntries) return false;
    const sentChars = log.charsUpTo(next - 1);
    if (sentChars - log.charsUpTo(match) >= limits.maxInFlightChars) return false;
    if (unanswered < eagerMessages) return true;
    return (
      log.lastIndex - next + 1 >= limits.maxBatchEntries ||
      log.charsUpTo(log.lastIndex) - sentChars >= limits.maxBatchChars
    );
  }

  #sendEntries(follower: Follower): void {
    const { log, limits } = this.#member;
    const { next } = follower;
    const entries = next > log.lastIndex ? [] : log.batch(next, limits.maxBatchEntries, limits.maxBatchChars);
    this.#sendAppend(follower, entries);
    follower.sentAfter = follower.beatRound;
    follower.sentAt = this.#member.now.fast;
    follower.sentUpTo = next - 1 + entries.length;
    if (follower.isProbing) follower.unanswered = 1;
    else {
      follower.next += entries.length;
      follower.unanswered++;
      follower.isStartingOver = false;
    }
  }

  /** Without entries it tells of the commit index, and is answered like any other. */
  #sendAppend(follower: Follower, entries: readonly Entry[]): void {
    const { log, commit, term } = this.#member;
    const prevIndex = follower.next - 1;
    const prevTerm = log.term(prevIndex) as number;
    this.#member.send(follower.id, { type: 'append', term, prevIndex, prevTerm, entries, commit });
    follower.toldCommit = commit;
    follower.owesAnswer = false;
  }

  #startSnapshot(follower: Follower): void {
    const { snapshot } = this.#member.disk;
    if (snapshot === null || !this.#fits(snapshot, follower)) return; // it waits for a shorter one
    follower.sending = this.#sendingOf(snapshot);
    follower.relief = null;
  }

  #sendingOf(snapshot: Snapshot): SnapshotSending {
    return new SnapshotSending(this.#textOf(snapshot));
  }

  #textOf(snapshot: Snapshot): SnapshotText {
    if (this.#text?.snapshot !== snapshot) this.#text = snapshotText(snapshot);
    return this.#text;
  }

  #fits(snapshot: Snapshot, { roomChars }: Follower): boolean {
    if (roomChars === Infinity) return true;
    if (snapshot.data.length > roomChars) return false; // no need to make the whole text, which takes long
    return this.#textOf(snapshot).text.length <= roomChars;
  }

  /** A witness gets a snapshot while entries go on. Once one is on its way, a newer one waits for the next time. */
  #relieve(follower: Follower): void {
    const { snapshot } = this.#member.disk;
    const { wantsAfter } = follower;
    if (wantsAfter === null || snapshot === null || snapshot.index <= wantsAfter) return;
    if (follower.relief === null && !this.#fits(snapshot, follower)) return;
    follower.relief ??= this.#sendingOf(snapshot);
    this.#feedSnapshot(follower, follower.relief);
  }

  /** What a witness says of its log, with each heartbeat. */
  hearWish(follower: Follower, { wantsAfter, isFull = false, roomChars = Infinity }: HeartbeatReply): void {
    follower.wantsAfter = wantsAfter ?? null;
    follower.hearRoom(roomChars);
    if ((follower.relief?.source.snapshot.index ?? 0) <= (wantsAfter ?? Infinity)) follower.relief = null;
    if (follower.isFull !== isFull) follower.lose(); // what it was sent beyond its bound it did not take
    follower.isFull = isFull;
  }

  /** It needs a snapshot that goes beyond that index, and there is none, or none that it takes. `null`: it does not. */
  lacksSnapshotAfter(follower: Follower): number | null {
    const { snapshot } = this.#member.disk;
    const after = follower.wantsAfter ?? (this.#isGone(follower.next) ? follower.match : null);
    if (after === null || snapshot === null || snapshot.index <= after) return after;
    return this.#fits(snapshot, follower) ? null : after;
  }

  #feedSnapshot(follower: Follower, sending: SnapshotSending): void {
    const { term, limits } = this.#member;
    for (;;) {
      const chunk = sending.next(term, limits.chunkChars, limits.chunksInFlight);
      if (chunk === null) return;
      this.#member.send(follower.id, chunk);
    }
  }

  hearMatch(follower: Follower, match: number): void {
    follower.answer();
    follower.advance(match);
    if (follower.sending === null || match < follower.sending.source.snapshot.index) return;
    follower.sending = null;
    follower.goOn();
  }

  /** Looks for the last entry that both logs have, a term at a time rather than an entry at a time (Raft §5.3). */
  hearRejection(follower: Follower, { prevIndex, hintIndex, hintTerm }: AppendRejected): void {
    if (follower.sending !== null) return;
    if (prevIndex < follower.match) return; // from before it matched
    if (prevIndex === follower.match && !this.#hasForgotten(follower)) return;
    if (!follower.isProbing) {
      if (follower.restartedIn === follower.beatRound) return; // of messages behind the one that was lost
      follower.restartedIn = follower.beatRound;
      follower.slowDown();
      return follower.probe(follower.match + 1);
    }
    if (prevIndex !== follower.next - 1) return;
    const next = this.#member.log.lastUpTo(Math.min(hintIndex, prevIndex - 1), hintTerm) + 1;
    follower.probe(next);
  }

  /** Its disk has lost what it had said was durable: that is told, and it gets all of it again. */
  #hasForgotten(follower: Follower): boolean {
    const { match } = follower;
    if (!follower.deny()) return false;
    follower.probe(match + 1);
    this.#member.refuse(follower.id, 'impossible', 'has lost entries that it had acknowledged: its storage is damaged');
    return true;
  }

  /** What was sent before that round and had not arrived with it is lost, or so it seems. */
  noticeLoss(follower: Follower, round: number, matched: number): void {
    if (follower.unanswered > 0 && round > follower.sentAfter && !this.#isProbeUnderWay(follower)) {
      follower.unanswered = 0;
      follower.isStartingOver = true;
    }
    if (follower.relief?.noticeLoss(this.#member.now.fast) === true) follower.relief = null;
    if (follower.sending !== null) {
      if (follower.sending.noticeLoss(this.#member.now.fast)) follower.sending = null; // there may be a newer one
    } else if (follower.checkRound > 0 && round >= follower.checkRound) {
      const sent = follower.checkNext - 1;
      if (matched >= follower.match && this.#isUnderWay(follower, matched, sent)) return;
      follower.checkRound = 0;
      if (follower.isProbing) return;
      if (matched < sent) {
        follower.slowDown();
        follower.next = Math.max(follower.match, matched) + 1;
        follower.isStartingOver = true;
        follower.owesAnswer = matched < follower.match; // it began anew, and has to be told what it has
      } else follower.owesAnswer = follower.match < sent;
    }
  }

  #isProbeUnderWay({ isProbing, next, sentUpTo, sentAt }: Follower): boolean {
    if (!isProbing) return false;
    const { log, now } = this.#member;
    return now.fast - sentAt < underWayMs(log.charsUpTo(sentUpTo) - log.charsUpTo(next - 1));
  }

  /** What is missing there up to `sent` is so large that it may still arrive. */
  #isUnderWay(follower: Follower, matched: number, sent: number): boolean {
    const { log, now } = this.#member;
    const missingChars = log.charsUpTo(sent) - log.charsUpTo(matched);
    return follower.stalledMs(matched, now.fast) < underWayMs(missingChars);
  }

  /** How far it has come with the snapshot. */
  hearPiece(follower: Follower, { index, digest, offset }: SnapshotReply): void {
    follower.sendingOf(index, digest)?.hear(offset);
  }
}
