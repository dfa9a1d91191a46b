import { isQuorum, quorumValue, votersOf } from './configuration.ts';
import type { Member } from './member.ts';
import type { PreVote, PreVoteReply, Round, Vote, VoteReply } from './messages.ts';
import { backoffMs, nextRepeatMs, patienceMs, repeatMs, turnMs, yieldMs } from './pace.ts';

/** One try to be elected. It asks all voters, again if they do not answer, until a quorum has answered or it is over. */
interface Campaign {
  readonly kind: 'pre-vote' | 'vote';
  readonly term: number;
  readonly released: Round | null;
  /** What a granted vote promises counts from here. */
  readonly startedAt: number;
  readonly until: number;
  askAgainAt: number;
  askEveryMs: number;
  /** By whom, and how long the answer took. */
  readonly granted: Map<string, number>;
  readonly refused: Set<string>;
  /** Who has said anything to it, be it that there is more to come. */
  readonly answered: Set<string>;
}

/** What this member does to become leader, and how it answers those who want to. */
export class Election {
  readonly #member: Member;
  #campaign: Campaign | null = null;
  #attempt = 0;
  #failures = 0;
  /** How long those that were asked took, since a leader was last heard: it may have known nothing of who is far away. */
  readonly #answeredInMs = new Map<string, number>();
  /** Since a leader was last heard. */
  #hasGivenWay = false;
  /** When to campaign next, while there is no leader. Infinity: not while the promise lasts. */
  #campaignAt = Infinity;
  /** The newest pre-vote that came while this member was under promise: answered when that is over. */
  #kept: { readonly from: string; readonly message: PreVote } | null = null;

  constructor(member: Member) {
    this.#member = member;
  }

  get kind(): Campaign['kind'] | null {
    return this.#campaign?.kind ?? null;
  }

  get startedAt(): number {
    return this.#campaign?.startedAt ?? Infinity;
  }

  get granted(): ReadonlyMap<string, number> {
    return this.#campaign?.granted ?? new Map();
  }

  /** A try has failed, and it is time for the next one. */
  get isDue(): boolean {
    return this.#campaign === null && this.#member.now.fast >= this.#campaignAt;
  }

  /** Campaigns failed since a leader was last heard. */
  get hasFailed(): boolean {
    return this.#failures > 0;
  }

  // When to campaign.

  /** There is no leader, and no promise any more: each campaigns when its turn comes in the line of succession. */
  standInLine(): void {
    const { now, successionRttMs } = this.#member;
    this.#campaignAt = now.fast + this.#placeInLine() * turnMs(successionRttMs);
  }

  #placeInLine(): number {
    const { order, id, configuration } = this.#member;
    if (order.length === 0) return votersOf(configuration).findIndex((voter) => voter.id === id);
    const place = order.indexOf(id);
    return place === -1 ? order.length : place;
  }

  /** Not before so long. */
  waitFor(durationMs: number): void {
    this.#campaignAt = this.#member.now.fast + durationMs;
  }

  /** Somebody leads, or may be about to: this member's try is over. */
  yield(): void {
    this.#campaign = null;
    this.#campaignAt = Infinity;
  }

  /** A leader was heard: whatever failed before is forgotten. */
  settle(): void {
    this.yield();
    this.#failures = 0;
    this.#answeredInMs.clear();
    this.#hasGivenWay = false;
    this.#member.hearing.settle(this.#member.leader);
  }

  /** Whether this member is one who could be elected. */
  get isEligible(): boolean {
    const member = this.#member;
    return member.roleOf(member.id) === 'voter' && member.isChartered;
  }

  /** It claims no log that it might not have after a crash. */
  #mayAsk(): boolean {
    const { log } = this.#member;
    return this.isEligible && log.durable === log.lastIndex;
  }

  /** Lets time pass: promises end, turns come, candidates lose patience. */
  onTime(): void {
    const { now, promised } = this.#member;
    if (this.#campaign !== null) this.#press(this.#campaign);
    if (this.#member.leader === this.#member.id || !promised.isOver(now.slow)) return;
    this.#answerKept();
    if (this.#campaign !== null) return;
    if (this.#campaignAt === Infinity) this.#loseLeader();
    if (now.fast >= this.#campaignAt && this.#mayAsk()) this.askFirst();
  }

  /** Its promise is over: the leader is lost, or whoever got this member's vote did not become leader. */
  #loseLeader(): void {
    const { leader } = this.#member;
    this.#member.leader = null;
    if (leader === null) this.retry();
    else this.standInLine();
  }

  #press(campaign: Campaign): void {
    const { now, limits, isChartered } = this.#member;
    if (now.fast >= campaign.until || !isChartered) return this.#fail();
    if (now.fast < campaign.askAgainAt) return;
    campaign.askEveryMs = nextRepeatMs(campaign.askEveryMs, limits);
    campaign.askAgainAt = now.fast + campaign.askEveryMs;
    this.#ask(campaign);
  }

  dueAt(): number {
    const { now, promised, leader, id } = this.#member;
    if (this.#campaign !== null) return Math.min(this.#campaign.until, this.#campaign.askAgainAt);
    if (leader === id) return this.#campaignAt; // to be elected above a later term, again
    const freeAt = now.fast + Math.max(1, promised.remainingMs(now.slow)); // the slow clock may lag a little
    if (this.#kept !== null || this.#campaignAt === Infinity) return freeAt;
    return this.#mayAsk() ? Math.max(this.#campaignAt, freeAt) : Infinity;
  }

  // The candidate.

  /** By the ordinary rules: not if it leads, or has promised not to. */
  tryNow(): void {
    const { leader, id, promised, now } = this.#member;
    if (leader === id || !promised.isOver(now.slow) || !this.#mayAsk()) return;
    this.#member.leader = null; // whom nothing is promised any more is lost
    this.askFirst();
  }

  /** PreVote: asks whether others would vote for it, before it disturbs anyone with a new term. */
  askFirst(): void {
    this.#attempt++;
    this.#begin('pre-vote', this.#member.term + 1, null);
  }

  /** Enters the term and votes for itself. `released`: by the leader that handed over to it. */
  campaign(term: number, released: Round | null): void {
    const member = this.#member;
    member.enterTerm(term, member.id);
    this.#begin('vote', term, released);
  }

  #begin(kind: Campaign['kind'], term: number, released: Round | null): void {
    const { now, disk, promised, limits, id, successionRttMs } = this.#member;
    const rttMs = released === null ? successionRttMs : this.#member.rttMs;
    const farthestMs = Math.max(rttMs, successionRttMs); // the leader may have heard some whom this member does not
    const startedAt = now.fast;
    const lengthMs = Math.max(limits.minLeaseMs, promised.lengthMs);
    this.#campaign = {
      kind,
      term,
      released,
      startedAt,
      until: startedAt + patienceMs(farthestMs + disk.writeMs, lengthMs, this.#failures, limits.maxLeaseMs),
      askAgainAt: startedAt + repeatMs(rttMs),
      askEveryMs: repeatMs(rttMs),
      granted: new Map(),
      refused: new Set(),
      answered: new Set(),
    };
    this.#ask(this.#campaign);
    if (kind === 'pre-vote') this.#grant(this.#campaign, id);
    else this.#member.disk.sayOnHardState(id, { type: 'vote-reply', term, granted: true }); // its own vote, once durable
  }

  #ask({ kind, term, released, granted, refused }: Campaign): void {
    const { log, id, disk, configuration, limits } = this.#member;
    const { lastIndex, lastTerm } = log;
    for (const { id: to } of votersOf(configuration)) {
      if (to === id || granted.has(to) || refused.has(to)) continue;
      if (kind === 'pre-vote') {
        this.#member.send(to, { type: kind, term, lastIndex, lastTerm, attempt: this.#attempt });
        this.#member.hearing.noteQuestion(to, this.#member.now.fast);
      } else {
        disk.sayOnHardState(to, { type: kind, term, lastIndex, lastTerm, leaseMs: limits.minLeaseMs, released });
      }
    }
  }

  hearPreVoteReply(from: string, { term, attempt, granted }: PreVoteReply): void {
    const campaign = this.#campaign;
    if (campaign?.term !== term || attempt !== this.#attempt) return;
    this.#noteAnswer(campaign, from);
    if (campaign.kind === 'vote') return;
    if (granted) this.#grant(campaign, from);
    else if (granted === false) this.#refuse(campaign, from);
  }

  /** True if that makes this member leader. */
  hearVoteReply(from: string, { term, granted }: VoteReply): boolean {
    const campaign = this.#campaign;
    if (campaign?.kind !== 'vote' || campaign.term !== term) return false;
    if (granted) this.#count(campaign, from);
    else this.#refuse(campaign, from);
    return this.#isWon(campaign);
  }

  /** Its own vote counts like any other: when it is durable, and never without it. */
  #isWon({ granted }: Campaign): boolean {
    const { configuration, id, isChartered } = this.#member;
    return isChartered && granted.has(id) && isQuorum(configuration, (voter) => granted.has(voter));
  }

  #grant(campaign: Campaign, from: string): void {
    const { minMembers, term, foundingTerm } = this.#member;
    this.#count(campaign, from);
    const isFirst = term === foundingTerm;
    if (isFirst && campaign.granted.size < minMembers) return;
    if (this.#isWon(campaign)) this.campaign(campaign.term, null);
  }

  #noteAnswer({ answered, startedAt }: Campaign, from: string): void {
    if (!answered.has(from)) this.#answeredInMs.set(from, this.#member.now.fast - startedAt);
    answered.add(from);
  }

  #count({ granted, startedAt }: Campaign, from: string): void {
    if (!granted.has(from)) granted.set(from, this.#member.now.fast - startedAt);
  }

  /**
   * Lost as soon as those who have not refused are no quorum. Of those that were asked before whether they would vote, who did
   * not answer is not waited for.
   */
  #refuse(campaign: Campaign, from: string): void {
    const { kind, granted, refused } = campaign;
    refused.add(from);
    const heard = kind === 'vote' && this.#answeredInMs.size > 0 ? this.#answeredInMs : null;
    const mayGrant = (id: string): boolean =>
      granted.has(id) || (!refused.has(id) && (heard?.has(id) ?? true)) || id === this.#member.id;
    if (!isQuorum(this.#member.configuration, mayGrant)) this.#fail();
  }

  #fail(): void {
    this.#failures++;
    this.retry();
  }

  /** Rank in the line counts no more: chance decides who tries next. */
  retry(): void {
    const { successionRttMs, random } = this.#member;
    this.#campaign = null;
    const waitMs = backoffMs(Math.max(successionRttMs, this.#neededMs()), this.#failures);
    this.waitFor(random.between(waitMs, 2 * waitMs));
  }

  /** For a quorum of those that answer; 0 if they are none. */
  #neededMs(): number {
    const { configuration, id } = this.#member;
    const nearness = (voter: string): number => (voter === id ? 0 : -(this.#answeredInMs.get(voter) ?? Infinity));
    const neededMs = -quorumValue(configuration, nearness);
    return neededMs < Infinity ? neededMs : 0;
  }

  // The voter.

  /** Changes nothing here but what it keeps in mind. */
  hearPreVote(from: string, message: PreVote): void {
    this.#member.hearing.noteCandidate(from, this.#member.now.fast);
    this.#considerPreVote(from, message);
  }

  #considerPreVote(from: string, message: PreVote): void {
    const { term, now, promised, leader, id, log } = this.#member;
    if (message.term <= term) return this.#member.send(from, { type: 'stale', term });
    const isOut = this.#member.roleOf(from) !== 'voter' && !log.isBehind(message.lastTerm, message.lastIndex);
    if (isOut) return this.#answerPreVote(from, message, false);
    if (leader === id || !promised.allows(from, null, now.slow)) return this.#keep(from, message);
    const granted = log.isOutrunBy(message.lastTerm, message.lastIndex);
    if (granted) this.#giveWay(from);
    this.#answerPreVote(from, message, granted);
  }

  /**
   * Who is not asking lets whoever asks go ahead, by so much as its own turn is put off, and of two that ask at the same time
   * the one with the greater id lets the other have both votes: but once only, before a leader is heard, for it may be that
   * nobody's answers reach that one.
   */
  #giveWay(to: string): void {
    const { id, successionRttMs, disk, now, promised } = this.#member;
    const mayWait = this.#campaign === null || (this.#campaign.kind === 'pre-vote' && to < id);
    if (this.#hasGivenWay || !mayWait) return;
    if (this.#campaignAt === Infinity) {
      if (!promised.isOver(now.slow)) return; // to the one that asks
      this.#loseLeader();
    }
    this.#hasGivenWay = true;
    this.#campaign = null;
    this.#campaignAt = Math.max(this.#campaignAt, now.fast) + yieldMs(successionRttMs, disk.writeMs);
  }

  /** Who asks is told that somebody is there. */
  #keep(from: string, message: PreVote): void {
    this.#kept = { from, message };
    this.#answerPreVote(from, message, null);
  }

  #answerPreVote(from: string, { term, attempt }: PreVote, granted: boolean | null): void {
    this.#member.send(from, { type: 'pre-vote-reply', term, attempt, granted });
  }

  #answerKept(): void {
    if (this.#kept === null) return;
    const { from, message } = this.#kept;
    this.#kept = null;
    this.#considerPreVote(from, message);
  }

  /** One vote a term, for one whose log is not behind, against no promise; durable before it is told (Q2, Q3). */
  hearVote(from: string, message: Vote): void {
    const member = this.#member;
    const { term, leaseMs } = message;
    if (term < member.term) return member.send(from, { type: 'stale', term: member.term });
    if (term > member.term) {
      if (!this.#isFreeFor(from, message)) return;
      member.enterTerm(term, null);
      this.yield();
      this.standInLine();
    }
    const { vote } = member.disk.hardState;
    const granted = vote === from || (vote === null && member.log.isOutrunBy(message.lastTerm, message.lastIndex));
    if (granted) {
      if (!this.#isFreeFor(from, message)) return; // somebody else leads in that term, or did before a restart
      if (vote === null) member.vote(from);
      member.promise({ leader: from, term, round: 0 }, leaseMs);
      this.yield();
    }
    member.disk.sayOnHardState(from, { type: 'vote-reply', term, granted });
  }

  #isFreeFor(candidate: string, { released }: Vote): boolean {
    const { promised, now } = this.#member;
    return promised.allows(candidate, released, now.slow);
  }
}
