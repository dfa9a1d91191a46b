import type { Leadership } from '../leadership.ts';
import { sameConfiguration, votersOf } from './configuration.ts';
import type { Configuration } from './configuration.ts';
import type { Leading } from './leading.ts';
import type { Member } from './member.ts';

/** What those above are told when it changes: who leads, when the leader's work can start, who can be reached. */
export class Telling {
  readonly #member: Member;
  #leader: Leadership | null = null;
  #readyTerm = -1;
  /** On the slow clock: until then whoever it told of last had this member's promise. */
  #toldUntil = -Infinity;
  #configuration: Configuration;
  #reachable: readonly string[] = [];
  /** What `#reachable` was made of. */
  #order: readonly string[] = [];
  #unheard: readonly string[] = [];
  #heardUnder: Configuration | null = null;
  #round = -1;
  #changes = -1;
  #changesAt = -Infinity;
  /** Until then a new leader may not have heard all that it can. */
  #gatheredAt = -Infinity;

  constructor(member: Member) {
    this.#member = member;
    this.#configuration = member.configuration;
  }

  get leader(): Leadership | null {
    return this.#leader;
  }

  /** True if that changed. A leader counts as one while promises to it last: this member's, or those of a quorum to it. */
  tellLeader(leading: Leading | null): boolean {
    const leader = this.#leaderNow(leading);
    if (leader?.id === this.#leader?.id && leader?.term === this.#leader?.term) return false;
    this.#leader = leader;
    this.#readyTerm = -1; // a lease that lapsed and came back in the same term begins anew
    this.#heardUnder = null;
    this.#round = -1;
    const { now, unheard, hearing } = this.#member;
    if (leader === null) hearing.noteSilence(unheard, now.fast);
    else this.#gatheredAt = now.fast + 2 * this.#answeredInMs(leading);
    this.#member.effects.push({ type: 'leader', leader });
    return true;
  }

  /** Whoever is there has answered by then what it was asked again and again. To heartbeats, which are rarer, in twice that. */
  #answeredInMs(leading: Leading | null): number {
    const { leaseMs, limits } = this.#member;
    return Math.max(leading?.leaseMs ?? leaseMs, limits.minLeaseMs);
  }

  /**
   * Whom this member would not know after a crash, it does not tell of: it might go back to the one before (Q10). Until the
   * disk has the term, whoever was told of last stands, for as long as that one had this member's promise.
   */
  #leaderNow(leading: Leading | null): Leadership | null {
    const { id, leader, term, now, promised, disk } = this.#member;
    if (leading !== null) return leading.isLeased(now.fast) ? this.#same(id, leading.term) : null;
    if (leader === null || promised.isOver(now.slow)) return null;
    if (disk.isTermDurable) {
      this.#toldUntil = promised.until;
      return this.#same(leader, term);
    }
    return this.#leader?.id === id || now.slow >= this.#toldUntil ? null : this.#leader;
  }

  #same(id: string, term: number): Leadership {
    return this.#leader?.id === id && this.#leader.term === term ? this.#leader : { id, term };
  }

  /** Once in each leadership that is told of. */
  tellReady(leading: Leading | null): void {
    const leader = this.#leader;
    if (leader === null || this.#readyTerm === leader.term) return;
    const isReady = leading === null ? this.#member.readyTerm === leader.term : leading.isReady;
    if (!isReady) return;
    this.#readyTerm = leader.term;
    this.#member.effects.push({ type: 'ready', leader });
  }

  tellConfiguration(): void {
    const { configuration } = this.#member;
    if (configuration === this.#configuration) return;
    const isSame = sameConfiguration(configuration, this.#configuration);
    this.#configuration = configuration;
    if (isSame) return;
    this.#member.effects.push({ type: 'configuration', configuration });
  }

  /**
   * Without a leader the last answer stands, until a campaign showed that there is no quorum here; so it does at one that
   * won far away and has no lease yet, for it has heard hardly anybody.
   */
  tellReachable(leading: Leading | null, isStranded: boolean): void {
    if (this.#leader === null && (leading !== null || !isStranded)) return;
    if (leading !== null) {
      if (leading.rounds.last === this.#round) return;
      this.#round = leading.rounds.last;
      return this.#tellReachable([...heardBy(leading), ...this.#learnersToHear()]);
    }
    if (this.#isAsBefore()) return;
    this.#tellReachable(this.#leader === null ? this.#answering() : this.#toldBy(this.#leader.id));
  }

  /** Nothing of what a follower's answer is made of has changed: most steps change nothing. */
  #isAsBefore(): boolean {
    const { order, unheard, configuration, hearing, now } = this.#member;
    const isOld =
      sameList(order, this.#order) && sameList(unheard, this.#unheard) && configuration === this.#heardUnder;
    if (isOld && hearing.changes === this.#changes && now.fast < this.#changesAt) return true;
    this.#order = order;
    this.#unheard = unheard;
    this.#heardUnder = configuration;
    this.#changes = hearing.changes;
    this.#changesAt = hearing.changesAt(now.fast, this.#answeredInMs(null));
    if (now.fast < this.#gatheredAt) this.#changesAt = Math.min(this.#changesAt, this.#gatheredAt);
    return false;
  }

  /** Whom the leader hears, as it said last, and who asks for votes since it does not hear the leader. */
  #toldBy(leader: string): readonly string[] {
    const { order, unheard, peers, hearing, now } = this.#member;
    const silent = new Set(unheard);
    const known = peers.filter((peer) => !silent.has(peer));
    return [...known, ...order, ...hearing.candidates(now.fast), leader];
  }

  /** Of learners, nobody but their leader hears. */
  #learnersToHear(): readonly string[] {
    const { now, configuration } = this.#member;
    return now.fast < this.#gatheredAt ? configuration.learners : [];
  }

  /** Voters that this member reaches by itself, or has had no time yet to find silent. */
  #answering(): readonly string[] {
    const { configuration, hearing, now } = this.#member;
    const patienceMs = this.#answeredInMs(null);
    return votersOf(configuration)
      .map(({ id }) => id)
      .filter((id) => !hearing.isSilent(id, now.fast, patienceMs));
  }

  /** And this member; and, under a new leader, those of before who have had no time to answer it. */
  #tellReachable(others: readonly string[]): void {
    const isGathering = this.#leader !== null && this.#member.now.fast < this.#gatheredAt;
    const peers = [...new Set([...others, ...(isGathering ? this.#reachable : []), this.#member.id])];
    peers.sort();
    if (sameList(peers, this.#reachable)) return;
    this.#reachable = peers;
    this.#member.effects.push({ type: 'reachable', peers });
  }
}

function heardBy(leading: Leading): readonly string[] {
  const heard = [...leading.followers.values()].filter((follower) => leading.isHeard(follower));
  return heard.map(({ id }) => id);
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((one, at) => one === b[at]));
}
