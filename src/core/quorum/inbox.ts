import type { Applying } from './applying.ts';
import type { Election } from './election.ts';
import type { Fetching } from './fetching.ts';
import type { Follower } from './follower.ts';
import type { Following } from './following.ts';
import type { Leading } from './leading.ts';
import { termsPerEpoch } from './limits.ts';
import type { Member } from './member.ts';
import type {
  Append,
  AppendRejected,
  AppendReply,
  AskBeat,
  Farewell,
  Heartbeat,
  HeartbeatReply,
  Message,
  PreVote,
  Propose,
  ReadIndex,
  Register,
  SnapshotChunk,
  SnapshotReply,
  TimeoutNow,
  Vote,
} from './messages.ts';
import { parseMessage } from './parse.ts';
import type { Reading } from './reading.ts';
import type { Replication } from './replication.ts';
import type { Tenure } from './tenure.ts';
import { Terms } from './terms.ts';

type FromLeader = Heartbeat | Append | SnapshotChunk | TimeoutNow;
type FromFollower = HeartbeatReply | AppendReply | AppendRejected | SnapshotReply | AskBeat;
type Request = Register | Propose | Farewell | ReadIndex;

interface Parts {
  readonly applying: Applying;
  readonly election: Election;
  readonly tenure: Tenure;
  readonly following: Following;
  readonly fetching: Fetching;
  readonly replication: Replication;
  readonly reading: Reading;
}

/** Where messages come in: checked in full, then handed to the part that they are for (Q11). */
export class Inbox {
  readonly #member: Member;
  readonly #parts: Parts;
  readonly #terms: Terms;

  constructor(member: Member, parts: Parts) {
    this.#member = member;
    this.#parts = parts;
    this.#terms = new Terms(member);
  }

  receive(from: string, raw: unknown): void {
    const member = this.#member;
    if (from === member.id) return member.refuse(from, 'impossible', 'comes under the id of this member');
    const message = this.read(from, raw);
    if (message === null) return;
    const term = 'term' in message ? message.term : member.term;
    // Roles are those of this epoch, and so is what terms are compared with.
    if (term - (term % termsPerEpoch) !== member.foundingTerm)
      return member.refuse(from, 'other-epoch', 'is of another epoch');
    if (!this.#isHeard(from, message)) return member.refuse(from, 'stranger', 'may not say this in its role');
    if (!this.#terms.believes(from, term)) return member.refuse(from, 'term-jump', 'term is too far ahead');
    member.hearing.noteWord(from);
    this.#handle(from, message);
  }

  /** `null`: it makes no sense, and is reported. */
  read(from: string, raw: unknown): Message | null {
    const message = parseMessage(raw, this.#member.limits.maxLeaseMs);
    if (typeof message !== 'string') return message;
    this.#member.refuse(from, 'malformed', message);
    return null;
  }

  /**
   * In an open group, a configuration that this member lacks may have made a voter of anyone but a witness: so whoever leads
   * is followed, and whoever has entries that are not here gets votes (Ongaro §4.2.2). Nobody who was taken out has any (Q7).
   * And anyone may ask a witness whether it votes by now (Q8).
   */
  #isHeard(from: string, message: Message): boolean {
    const member = this.#member;
    const role = member.roleOf(from);
    const mayVote = role === 'voter' || (member.isOpen && role !== 'witness');
    switch (message.type) {
      case 'vote':
        return role === 'voter' || (mayVote && member.log.isBehind(message.lastTerm, message.lastIndex));
      case 'pre-vote':
      case 'heartbeat':
      case 'append':
      case 'snapshot':
      case 'timeout-now':
        return mayVote;
      case 'fetch':
        return role !== undefined || member.isOpen;
      case 'read-index-reply':
        return role !== undefined || (member.isOpen && from === member.leader);
      default:
        return role !== undefined || this.#parts.tenure.leading?.followers.has(from) === true;
    }
  }

  #handle(from: string, message: Message): void {
    const { election, tenure, fetching, reading } = this.#parts;
    switch (message.type) {
      case 'pre-vote':
      case 'vote':
        return this.#hearCandidate(from, message);
      case 'pre-vote-reply':
        if (message.granted === false) fetching.hearRefusal(from);
        return election.hearPreVoteReply(from, message);
      case 'fetch':
        return fetching.hearFetch(from, message);
      case 'suffix':
        return fetching.hearSuffix(from, message);
      case 'suffix-snapshot':
        return fetching.hearSnapshot(from, message);
      case 'vote-reply':
        return tenure.hearVoteReply(from, message);
      case 'stale':
        return this.#hearStale(message.term);
      case 'heartbeat':
      case 'append':
      case 'snapshot':
      case 'timeout-now':
        return this.#hearLeader(from, message);
      case 'read-index-reply':
        if (from === this.#member.leader) reading.hearAnswer(message.number, message.index);
        return;
      default:
        if (tenure.leading === null) tenure.noteStraggler(from);
        else this.#hearAsLeader(from, message, tenure.leading);
    }
  }

  #hearCandidate(from: string, message: PreVote | Vote): void {
    const { election, tenure } = this.#parts;
    if (message.type === 'pre-vote') return election.hearPreVote(from, message);
    if (tenure.leading !== null && message.term > this.#member.term) {
      if (tenure.leading.isLeased(this.#member.now.fast)) return tenure.reelectAbove(message.term);
      tenure.stepDown();
    }
    const before = this.#member.term;
    election.hearVote(from, message);
    const { released, term } = message;
    const isNews = before < term && term === this.#member.term;
    if (isNews && released !== null && released.leader !== this.#member.id) tenure.noteHeir(from);
  }

  /** The term that this member spoke of is over. */
  #hearStale(term: number): void {
    const { election, tenure } = this.#parts;
    const member = this.#member;
    if (term <= member.term) return;
    if (tenure.leading?.isLeased(member.now.fast) === true) return tenure.reelectAbove(term);
    const isTrying = tenure.leading !== null || election.kind !== null;
    if (!isTrying && !member.promised.isOver(member.now.slow)) return;
    tenure.stepDown();
    member.enterTerm(term, null);
    if (isTrying) election.retry();
  }

  #hearLeader(from: string, message: FromLeader): void {
    const { tenure, following } = this.#parts;
    if (message.type === 'append' && message.term >= this.#member.term && following.contradicts(message)) {
      return this.#member.refuse(from, 'impossible', 'entries contradict what is certain');
    }
    if (!this.#follow(from, message.term)) return;
    switch (message.type) {
      case 'heartbeat':
        return following.hearHeartbeat(from, message);
      case 'append':
        return following.hearAppend(from, message);
      case 'snapshot':
        return following.hearSnapshot(from, message);
      case 'timeout-now':
        return tenure.takeOver(from, message);
    }
  }

  /** True if `from` leads in this member's term, or in a later one that it then enters (Q1). */
  #follow(from: string, term: number): boolean {
    const { election, tenure } = this.#parts;
    const member = this.#member;
    if (term < member.term) {
      member.send(from, { type: 'stale', term: member.term });
      return false;
    }
    if (term === member.term && member.leader !== null && member.leader !== from) {
      member.refuse(from, 'impossible', `${member.leader} leads in that term`);
      return false;
    }
    tenure.giveWay(from);
    if (term > member.term) member.enterTerm(term, null);
    member.leader = from;
    election.settle();
    return true;
  }

  #hearAsLeader(from: string, message: FromFollower | Request, leading: Leading): void {
    const follower = leading.followers.get(from);
    if (follower === undefined) return;
    follower.heardAt = this.#member.now.fast;
    switch (message.type) {
      case 'register':
        leading.accepting.register(from, message.nonce);
        return;
      case 'propose':
        leading.accepting.accept(message.session, message.first, message.values);
        return;
      case 'farewell':
        return leading.hearFarewell(message.peer);
      case 'read-index':
        return this.#parts.reading.hearQuestion(from, message.number, leading);
      default:
        if (message.term === leading.term) this.#hearFollower(follower, message, leading);
    }
  }

  #hearFollower(follower: Follower, message: FromFollower, leading: Leading): void {
    const { replication } = this.#parts;
    if (this.#isImpossible(follower, message, leading)) {
      return this.#member.refuse(follower.id, 'impossible', 'answers what was never sent');
    }
    switch (message.type) {
      case 'heartbeat-reply':
        leading.hearBeatReply(follower, message);
        replication.hearWish(follower, message);
        replication.noticeLoss(follower, message.round, message.matched);
        return this.#parts.applying.wantSnapshotAfter(replication.lacksSnapshotAfter(follower));
      case 'append-reply':
        leading.noteProgress();
        return replication.hearMatch(follower, message.match);
      case 'append-rejected':
        return replication.hearRejection(follower, message);
      case 'snapshot-reply':
        return replication.hearPiece(follower, message);
      case 'ask-beat':
        return leading.hearAsk(follower);
    }
  }

  #isImpossible(follower: Follower, message: FromFollower, leading: Leading): boolean {
    const { lastIndex } = this.#member.log;
    switch (message.type) {
      case 'heartbeat-reply':
        return message.round > leading.rounds.last || Math.max(message.matched, message.wantsAfter ?? 0) > lastIndex;
      case 'append-reply':
        return message.match > lastIndex;
      case 'append-rejected':
        return message.prevIndex > lastIndex || message.hintIndex > message.prevIndex;
      case 'snapshot-reply':
        return message.offset > (follower.sendingOf(message.index, message.digest)?.source.text.length ?? Infinity);
      case 'ask-beat':
        return false;
    }
  }
}
