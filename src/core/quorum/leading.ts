import { Accepting } from './accepting.ts';
import type { Configuration } from './configuration.ts';
import { quorumValue, votersOf } from './configuration.ts';
import type { Proposal } from './entry.ts';
import { Distances } from './distances.ts';
import { Follower } from './follower.ts';
import type { Member } from './member.ts';
import type { Draft, Heartbeat, HeartbeatReply } from './messages.ts';
import { beatEveryMs, isFarAway, learnersPromiseMs, leaseMs, reliableMs } from './pace.ts';
import { Rounds } from './rounds.ts';
import type { Sessions } from './sessions.ts';
import { lineOfSuccession } from './succession.ts';
import type { Victory } from './victory.ts';

/** One leadership: the lease, the heartbeats, what followers have, and what is committed. */
export class Leading {
  readonly term: number;
  /** On the fast clock. */
  readonly electedAt: number;
  readonly followers: Map<string, Follower> = new Map<string, Follower>();
  /** Entries from here on are of this leadership. */
  readonly ownFrom: number;
  readonly rounds: Rounds;
  readonly accepting: Accepting;
  readonly #member: Member;
  readonly #distances: Distances;
  #leaseMs: number;
  /** What a quorum covered when it was last worked out; `null`: promises were extended since. */
  #covered: { readonly until: number; readonly under: Configuration } | null = null;
  /** Something became durable somewhere since the commit index was last worked out. */
  #hasProgressed = true;
  #beatAt: number;
  #lastBeatAt = -Infinity;
  /** The last round said that this member is not ready. */
  #isPending = false;
  /** Who was not heard for so long had time to answer one heartbeat or another. Those of a longer lease were rarer. */
  #latelyMs: number;
  #latelyAt: number;
  #order: readonly string[] = [];
  /** Whom the leader before had not heard: nobody thinks otherwise of them until they answer this one. */
  readonly #missing: readonly string[];
  /** What it has to reckon with when it leads no more. */
  successionRttMs = 0;
  /** Whom it does not hear, as it said in the last round. */
  unheard: readonly string[] = [];
  /** What the configuration is to become, once the lease is long enough for those who will be needed then. */
  next: Configuration | null = null;
  /** True: entries wait until the next leader has taken over. */
  isHandingOver = false;
  /** Who is told to take over goes before all others. */
  #heir: string | null = null;

  constructor(member: Member, sessions: Sessions, victory: Victory, before: Leading | null) {
    this.#member = member;
    this.term = victory.term;
    this.electedAt = member.now.fast;
    this.#beatAt = member.now.fast;
    this.#leaseMs = member.limits.minLeaseMs;
    this.#latelyMs = before === null ? 0 : before.#latelyMs;
    this.#latelyAt = before === null ? member.now.fast : before.#latelyAt;
    this.#noteLately();
    this.ownFrom = member.log.lastIndex + 1;
    this.#distances = new Distances(member, this.followers, (follower) => this.isHeard(follower));
    this.rounds = new Rounds(before?.rounds.last ?? 0);
    this.#missing = member.unheard;
    member.unheard = [];
    this.#setFollowers(before);
    this.#takeVotes(victory, before);
    this.accepting = new Accepting(member, this, sessions);
    this.append(this.#firstEntry());
  }

  #setFollowers(before: Leading | null): void {
    const { log, peers, now } = this.#member;
    for (const id of peers) {
      if (this.followers.has(id)) continue;
      const known = before?.followers.get(id);
      const silentMs = known === undefined ? 0 : (before?.silenceMs(known) ?? 0);
      const follower = new Follower(id, log.lastIndex + 1, now.fast - silentMs);
      if (known !== undefined) follower.recall(known);
      this.followers.set(id, follower);
    }
  }

  /** A granted vote has promised the shortest lease already. */
  #takeVotes({ askedAt, granted, keptLease }: Victory, before: Leading | null): void {
    const coversUntil = askedAt + reliableMs(this.#member.limits.minLeaseMs);
    for (const follower of this.followers.values()) {
      const answeredInMs = granted.get(follower.id);
      if (answeredInMs !== undefined) {
        follower.coveredUntil = coversUntil;
        follower.heardAt = this.electedAt;
        follower.rttMs = Math.min(answeredInMs, this.#member.limits.maxLeaseMs);
        this.#distances.noteAnswer(follower.rttMs);
      }
      const known = keptLease ? before?.followers.get(follower.id) : undefined;
      if (known !== undefined) follower.coveredUntil = Math.max(follower.coveredUntil, known.coveredUntil);
    }
  }

  /** The founding configuration is the first entry of the epoch: who joins later has it from there. */
  #firstEntry(): Proposal {
    const { configuration, log } = this.#member;
    return log.isOfEarlierEpochs ? { type: 'configuration', configuration } : { type: 'empty' };
  }

  // The lease.

  readonly #coveredUntil = (id: string): number =>
    id === this.#member.id ? Infinity : (this.followers.get(id)?.coveredUntil ?? -Infinity);

  /** On the fast clock: until then a quorum keeps its promises, under the newest configuration in the log, and the charter holds. */
  get leasedUntil(): number {
    const { configuration, charteredUntil } = this.#member;
    if (this.#covered?.under !== configuration)
      this.#covered = { until: quorumValue(configuration, this.#coveredUntil), under: configuration };
    return Math.min(this.#covered.until, charteredUntil);
  }

  /** Evaluated at every read (Q2). */
  isLeased(fast: number): boolean {
    return this.leasedUntil > fast;
  }

  /** CheckQuorum: whose lease ran out leads no more; who has none yet may wait for the first answers. */
  isLapsed(fast: number): boolean {
    const patientUntil = Math.min(this.electedAt + this.#leaseMs, this.#member.charteredUntil);
    return fast >= this.leasedUntil && fast >= patientUntil;
  }

  /** As announced in the last round. */
  get leaseMs(): number {
    return this.#leaseMs;
  }

  /** Its work can start: it knows of all that is committed. */
  get isReady(): boolean {
    const { now, commit } = this.#member;
    return commit >= this.ownFrom - 1 && this.isLeased(now.fast);
  }

  // Heartbeats.

  /** It is ready, which its last round denied. */
  announce(): void {
    if (!this.#isPending || !this.isReady) return;
    for (const follower of this.followers.values()) follower.beatAt = -Infinity; // also those that may wait
    this.beat();
  }

  /**
   * All others are to wait for that one, if it is far away: what they promise when they vote for it is the shortest lease,
   * however long this leader's is.
   */
  announceHeir({ id, rttMs }: Follower): void {
    if (!isFarAway(rttMs ?? 0, this.#member.limits.minLeaseMs) || this.#order[0] === id) return;
    this.#heir = id;
    this.beat();
  }

  onTime(): void {
    if (this.#member.now.fast >= this.#beatAt) this.beat();
  }

  dueAt(): number {
    const { fast } = this.#member.now;
    const { leasedUntil } = this;
    return Math.min(this.#beatAt, leasedUntil > fast ? leasedUntil : this.electedAt + this.#leaseMs);
  }

  beat(): void {
    const { now, commit, lateMs, limits } = this.#member;
    this.#dropTakenOut();
    this.#leaseMs = leaseMs(this.#leaseRttMs(), lateMs, limits);
    this.#noteLately();
    const round = this.rounds.begin(now.fast, this.#leaseMs);
    for (const follower of this.followers.values()) follower.isFar = isFarAway(follower.rttMs ?? 0, this.#leaseMs);
    this.#order = lineOfSuccession(this.candidates(), this.#heir, this.#order);
    const { rttMs, successionRttMs } = this.#distances.reckon(this.#order);
    this.#member.rttMs = rttMs;
    this.#member.successionRttMs = rttMs; // its own vote is not lost while it leads
    this.successionRttMs = successionRttMs;
    const { term, leaseMs: lengthMs, order } = this;
    const heartbeat: Draft<Heartbeat> = { type: 'heartbeat', term, round, leaseMs: lengthMs, rttMs, commit, order };
    this.unheard = this.#unheard();
    if (this.unheard.length > 0) heartbeat.unheard = this.unheard;
    this.#isPending = !this.isReady;
    if (this.#isPending) heartbeat.isPending = true;
    const promiseMs = learnersPromiseMs(lengthMs, limits);
    const mayWait = this.#whoMayWait();
    for (const follower of this.followers.values()) {
      if (!mayWait(follower.id)) this.#beatOne(follower, heartbeat);
      else if (now.fast >= follower.beatAt) this.#beatOne(follower, { ...heartbeat, promiseMs });
    }
    this.#lastBeatAt = now.fast;
    this.#beatAt = now.fast + (this.followers.size === 0 ? limits.maxLeaseMs : beatEveryMs(this.#leaseMs));
  }

  #beatOne(follower: Follower, heartbeat: Heartbeat): void {
    const { fast } = this.#member.now;
    const { round, leaseMs: lengthMs, promiseMs = lengthMs } = heartbeat;
    follower.noteBeat(round, fast);
    follower.promiseMs = promiseMs;
    follower.beatAt = fast + beatEveryMs(promiseMs) - beatEveryMs(lengthMs) / 2; // rounds come when they come
    const { rttMs, successionRttMs } = follower.reckoning;
    const own = { ...heartbeat, rttMs };
    this.#member.send(follower.id, rttMs === successionRttMs ? own : { ...own, successionRttMs });
  }

  /** Learners of a group whose votes are all given: nobody needs their promise soon, and there may be very many of them. */
  #whoMayWait(): (id: string) => boolean {
    const member = this.#member;
    const voters = (member.configuration.halves.at(-1) ?? []).filter(({ witness }) => !witness);
    if (voters.length < member.maxVoters) return () => false;
    const coming = new Set(votersOf(this.next ?? member.configuration).map(({ id }) => id));
    return (id) => member.roleOf(id) === 'learner' && !coming.has(id);
  }

  /** Who is taken out is still sent the entry that says so, until it is committed. */
  #dropTakenOut(): void {
    const { log, commit } = this.#member;
    if (commit < log.configurationIndex) return;
    for (const id of this.followers.keys()) if (this.#member.roleOf(id) === undefined) this.followers.delete(id);
  }

  /** Somebody else heard that one say goodbye. */
  hearFarewell(peer: string): void {
    const follower = this.followers.get(peer);
    if (follower !== undefined) follower.farewellRound = this.rounds.last;
  }

  /** That one is short of heartbeats. */
  hearAsk(follower: Follower): void {
    follower.beatAt = -Infinity;
    this.beatSoon();
  }

  /** A heartbeat is missing, or a read waits for a round: one more, unless one has just been sent. */
  beatSoon(): void {
    const { now, rttMs } = this.#member;
    if (now.fast >= this.#lastBeatAt + Math.min(rttMs, this.#leaseMs / 6)) this.#beatAt = now.fast;
  }

  /** Shrinks no faster than time passes. */
  #noteLately(): void {
    const { fast } = this.#member.now;
    this.#latelyMs = Math.max(2 * this.#leaseMs, this.#latelyMs - (fast - this.#latelyAt));
    this.#latelyAt = fast;
  }

  /** Lately: it has had time to answer one heartbeat or another. */
  isHeard({ heardAt, promiseMs }: Follower): boolean {
    return heardAt >= this.#latelySince(promiseMs);
  }

  /** Not a word from it, though it has had time to answer one heartbeat or another. */
  isSilent({ silentSince, promiseMs }: Follower): boolean {
    return silentSince < this.#latelySince(promiseMs);
  }

  #latelySince(promiseMs: number): number {
    return this.#member.now.fast - Math.max(this.#latelyMs, 2 * promiseMs);
  }

  #leaseRttMs(): number {
    const { id } = this.#member;
    const rttMs = this.#distances.neededMs(id);
    return this.next === null ? rttMs : Math.max(rttMs, this.#distances.neededMs(id, this.next));
  }

  /** Of the configuration, though they had time to answer, or were silent before. */
  #unheard(): readonly string[] {
    return this.#member.peers.filter((id) => {
      const follower = this.followers.get(id);
      const { heardAt = -Infinity } = follower ?? {};
      if (heardAt < this.electedAt && this.#missing.includes(id)) return true;
      return follower !== undefined && this.isSilent(follower);
    });
  }

  /** Who could lead: voters that were heard lately, may, and are to stay, no witness. */
  candidates(): Follower[] {
    const candidates: Follower[] = [];
    for (const { id, witness } of this.#member.configuration.halves.at(-1) ?? []) {
      const follower = witness ? undefined : this.followers.get(id);
      if (follower?.isLapsed === false && this.isHeard(follower)) candidates.push(follower);
    }
    return candidates;
  }

  /**
   * For how long that one was silent while this member led: whoever leads again goes on from there, unless that was long
   * ago. Else nobody would ever be found missing while leaders come and go.
   */
  silenceMs({ silentSince }: Follower): number {
    const { now, limits } = this.#member;
    return now.fast - this.#lastBeatAt < limits.missingMs ? Math.max(0, this.#lastBeatAt - silentSince) : 0;
  }

  /** The first in line as of the last round. */
  get order(): readonly string[] {
    return this.#order;
  }

  hearBeatReply(follower: Follower, reply: HeartbeatReply): void {
    const { round } = reply;
    const { fast } = this.#member.now;
    follower.priority = reply.priority;
    follower.visible = reply.visible;
    follower.isLapsed = reply.isLapsed === true;
    follower.coveredUntil = Math.max(follower.coveredUntil, this.rounds.coversUntil(round));
    this.#covered = null;
    if (round > follower.ackedRound) {
      follower.ackedRound = round;
      follower.measure(Math.max(0, Math.min(fast - this.rounds.sentAt(round), this.#member.limits.maxLeaseMs)));
    }
  }

  /** The last round that a quorum has answered. */
  get confirmedRound(): number {
    return quorumValue(this.#member.configuration, (id) =>
      id === this.#member.id ? Infinity : (this.followers.get(id)?.ackedRound ?? 0),
    );
  }

  // The configuration.

  /**
   * One change at a time: the last one is committed. And so is an entry of this leadership: a change of an earlier leader
   * might otherwise still come to be, of which quorums need not meet those of this one.
   */
  get mayConfigure(): boolean {
    const { log, commit } = this.#member;
    return this.isSettled && !this.isHandingOver && commit >= this.ownFrom && commit >= log.configurationIndex;
  }

  /** True if it is in the log, and thereby in force. Not without a lease, nor for one that ends it before it can be renewed. */
  configure(configuration: Configuration): boolean {
    const { now } = this.#member;
    if (!this.mayConfigure || !this.isLeased(now.fast)) return false;
    const renewedAt = now.fast + this.#distances.neededMs(this.#member.id, configuration);
    if (quorumValue(configuration, this.#coveredUntil) <= renewedAt) return false;
    this.append({ type: 'configuration', configuration });
    this.next = null;
    this.#setFollowers(null);
    this.#hasProgressed = true;
    this.beat();
    return true;
  }

  // Entries.

  /** False while it is asking for votes in a later term: then it keeps its lease, and no more. */
  get isSettled(): boolean {
    return this.#member.term === this.term;
  }

  append(proposal: Proposal): number {
    this.#member.log.append({ ...proposal, term: this.term });
    return this.#member.log.lastIndex;
  }

  readonly #durableAt = (id: string): number =>
    id === this.#member.id ? this.#member.log.durable : (this.followers.get(id)?.match ?? 0);

  noteProgress(): void {
    this.#hasProgressed = true;
  }

  /** What a quorum has, if it ends with an entry of this term: older ones are never counted (Raft §5.4.2, figure 8). */
  committed(): number {
    const { configuration, log, commit } = this.#member;
    if (!this.#hasProgressed || !this.isSettled) return commit;
    this.#hasProgressed = false;
    const index = quorumValue(configuration, this.#durableAt);
    return index > commit && log.term(index) === this.term ? index : commit;
  }
}
