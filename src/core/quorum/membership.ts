import type { Configuration, Voter } from './configuration.ts';
import { isJoint, settledOf, stepTowards, votersOf } from './configuration.ts';
import { wantedConfiguration } from './electorate.ts';
import type { Attendance } from './electorate.ts';
import type { Peer } from './events.ts';
import type { Follower } from './follower.ts';
import type { Leading } from './leading.ts';
import { maxGoodbyes } from './limits.ts';
import type { Member } from './member.ts';
import { returnsAfterMs, witnessMissingMs } from './pace.ts';

/**
 * Takes members in and out, one change of the configuration at a time: those above say who is there, the leader's own
 * heartbeats who is gone.
 */
export class Membership {
  readonly #member: Member;
  /** As those above said last. `null`: they leave the configuration as it is. */
  #peers: ReadonlyMap<string, Peer> | null = null;
  /** Those who said goodbye and were not named since. */
  readonly #departed = new Set<string>();
  /** What was last looked at: while it is the same, there is nothing new. */
  #seen: { readonly round: number; readonly index: number; readonly peers: ReadonlyMap<string, Peer> } | null = null;

  /** How often this member, as leader, has taken a witness out; and since when there has been one again without a gap. */
  #witnessLosses = 0;
  #witnessSince = 0;

  constructor(member: Member) {
    this.#member = member;
  }

  get departed(): Iterable<string> {
    return this.#departed;
  }

  hearMembers(peers: readonly Peer[]): void {
    this.#member.isOpen = true;
    this.#peers = new Map(peers.map((peer) => [peer.id, peer]));
    for (const { id } of peers) this.#departed.delete(id);
  }

  hearDeparture(peer: string): void {
    this.#departed.add(peer);
    this.#forgetGoodbyes();
    if (this.#peers !== null) this.#peers = new Map([...this.#peers].filter(([id]) => id !== peer));
  }

  /**
   * Who has no place in the configuration was taken out, or never in. But for the last of them: a follower's log may be
   * behind, and still make members of them.
   */
  #forgetGoodbyes(): void {
    for (const id of this.#departed) {
      if (this.#departed.size <= maxGoodbyes) return;
      if (this.#member.roleOf(id) === undefined) this.#departed.delete(id);
    }
  }

  /** At the end of a step: the next change, once the last one is done. A joint configuration is left as soon as it may be. */
  advance(leading: Leading): void {
    if (!leading.mayConfigure || this.#member.isTakenOut) return;
    const { configuration } = this.#member;
    if (isJoint(configuration)) this.#leaveJoint(configuration, leading);
    else if (this.#peers !== null && this.#isNews(this.#peers, leading)) this.#compose(this.#peers, leading);
  }

  /**
   * Not before those that it gives a vote know of it, as long as they are there: should this leader be lost, and only a
   * witness be left beside one of them, that one would wait for a leader for ever (Q8).
   */
  #leaveJoint(configuration: Configuration, leading: Leading): void {
    const { log } = this.#member;
    const [before = [], after = []] = configuration.halves;
    const knows = ({ id, witness }: Voter): boolean => {
      const follower = leading.followers.get(id);
      if (follower === undefined || witness || before.some((voter) => voter.id === id)) return true;
      if (follower.match >= log.configurationIndex) return true;
      return ['gone', 'silent'].includes(this.#stateOf(id, this.#peers?.get(id), leading));
    };
    if (after.every(knows)) leading.configure(settledOf(configuration));
  }

  #isNews(peers: ReadonlyMap<string, Peer>, { rounds }: Leading): boolean {
    const { last: round } = rounds;
    const { configurationIndex: index } = this.#member.log;
    if (this.#seen?.round === round && this.#seen.index === index && this.#seen.peers === peers) return false;
    this.#seen = { round, index, peers };
    return true;
  }

  #compose(peers: ReadonlyMap<string, Peer>, leading: Leading): void {
    const { configuration, id, maxVoters } = this.#member;
    const roll = this.#roll(configuration, peers, leading);
    const next = stepTowards(configuration, wantedConfiguration(configuration, roll, { leader: id, maxVoters }));
    leading.next = next;
    if (next !== null && leading.configure(next)) this.#noteWitness(configuration, next);
  }

  /** All of the configuration, and all who are there. */
  #roll(configuration: Configuration, peers: ReadonlyMap<string, Peer>, leading: Leading): readonly Attendance[] {
    const voters = votersOf(configuration);
    const witnesses = new Set(voters.filter(({ witness }) => witness).map(({ id }) => id));
    const ids = new Set([...voters.map(({ id }) => id), ...configuration.learners, ...peers.keys()]);
    return Array.from(ids, (id) => ({
      id,
      host: peers.get(id)?.host ?? id,
      witness: witnesses.has(id) || peers.get(id)?.witness === true,
      state: this.#stateOf(id, peers.get(id), leading),
    }));
  }

  #stateOf(id: string, peer: Peer | undefined, leading: Leading): Attendance['state'] {
    if (id === this.#member.id) return 'ready';
    if (this.#departed.has(id)) return 'gone';
    const follower = leading.followers.get(id);
    if (follower === undefined) return 'present';
    const isWitness = peer?.witness === true || this.#member.roleOf(id) === 'witness';
    const isReady = this.#isReady(follower, leading);
    const isSteady = !isWitness || this.#isWitnessSteady(isReady);
    if (this.#isMissing(follower, isWitness, leading)) return peer === undefined ? 'gone' : 'silent';
    return isReady && isSteady && peer !== undefined ? 'ready' : 'present';
  }

  #noteWitness({ halves }: Configuration, next: Configuration): void {
    const hasWitness = (half: Configuration['halves'][number] | undefined): boolean =>
      half?.some(({ witness }) => witness) === true;
    if (!hasWitness(halves[0]) || hasWitness(next.halves.at(-1))) return;
    this.#witnessLosses++;
    this.#witnessSince = this.#member.now.fast;
  }

  /** One that comes and goes would change the configuration each time. */
  #isWitnessSteady(isReady: boolean): boolean {
    const { now } = this.#member;
    if (this.#witnessLosses === 0) return true;
    if (!isReady) this.#witnessSince = now.fast;
    return now.fast - this.#witnessSince >= returnsAfterMs(this.#witnessLosses);
  }

  /**
   * A witness is one process at the other end of one line: what it costs to be without it counts sooner. Of long leases the
   * heartbeats are rare: nobody is missing who could not answer several of them. That is all that is waited for of one whose
   * goodbye another member has heard, for nobody loses a vote by the word of others while it answers.
   */
  #isMissing(follower: Follower, isWitness: boolean, leading: Leading): boolean {
    if (!leading.isSilent(follower)) return false;
    const { missingMs } = this.#member.limits;
    const silentMs = this.#member.now.fast - follower.silentSince;
    return silentMs >= (isWitness ? witnessMissingMs(missingMs) : missingMs) || follower.isSaidToBeGone;
  }

  /** Its log is nearly the leader's, and it answers: it can be counted on. */
  #isReady(follower: Follower, leading: Leading): boolean {
    const { log, limits } = this.#member;
    if (follower.isProbing || follower.sending !== null || !leading.isHeard(follower)) return false;
    if (follower.next <= log.baseIndex) return false; // it waits for a snapshot that it has room for
    return log.lastIndex - follower.match <= limits.maxBatchEntries;
  }
}
