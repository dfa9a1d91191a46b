import type { Claim } from './claim.ts';
import { Hearsay } from './hearsay.ts';
import type { Look } from './looks.ts';
import type { Member } from './member.ts';
import type { Beat } from './messages.ts';
import { beatMs, helloMs, introductionMs, retryMs } from './pace.ts';
import { isNewer } from './publishing.ts';
import type { Watch } from './watch.ts';

/**
 * What a member that does not have the lock knows of who leads: from the leader's own words, which are fast, and from
 * its claim, which is there also when words get lost.
 */
export class Following {
  readonly #member: Member;
  readonly #watch: Watch;
  readonly #hearsay: Hearsay;
  /** When the leader was last named by itself or another source. */
  #learntAt = 0;
  #firstLookAt = Infinity;
  /** Of the beat that was heard last. */
  #term = 0;
  #version = 0;
  #helloAt = Infinity;
  #misses = 0;

  constructor(member: Member, watch: Watch) {
    this.#member = member;
    this.#watch = watch;
    this.#hearsay = new Hearsay(member, watch);
  }

  get dueAt(): number {
    return this.#helloAt;
  }

  /** Not of a leader whom a later one has followed. Returns true if it is the leader now. */
  hear(from: string, beat: Beat): boolean {
    const { highestTerm, leader } = this.#member;
    if (beat.term < highestTerm) return false;
    this.#learn(from, beat.term);
    if (this.#member.leader?.id !== from) return false;
    if (beat.term > this.#term || beat.version > this.#version) this.#member.line = beat.line;
    else if (beat.version < this.#version) return true;
    [this.#term, this.#version, this.#misses] = [beat.term, beat.version, 0];
    this.#helloAt = this.#member.now.fast + (this.#isInLine() ? helloMs : retryMs(0));
    if (beat.ask || leader?.id !== from || leader.term !== beat.term || this.#differs(beat)) this.hello();
    return true;
  }

  #differs({ edition }: Beat): boolean {
    return isNewer(edition, this.#member.edition) || isNewer(this.#member.edition, edition);
  }

  #learn(id: string, term: number): void {
    const { leader, highestTerm, now } = this.#member;
    if (leader?.term === term && leader.id !== id) return;
    if (term > highestTerm) {
      this.#member.highestTerm = term;
      this.#hearsay.note(id, term);
    }
    this.#learntAt = now.fast;
    if (leader?.id === id && leader.term === term) return;
    this.#member.leader = { id, term };
  }

  /** What the claims say of who leads. */
  looked(look: Look, claims: readonly Claim[]): void {
    this.#firstLookAt = Math.min(this.#firstLookAt, look.startedAt);
    if (this.#hearsay.disprove(look)) [this.#term, this.#version] = [0, 0];
    for (const { id, term } of claims)
      if (this.#canLead(term) && this.#watch.openOf(id)?.term === term && this.#isKnown(id)) {
        const { leader } = this.#member;
        this.#learn(id, term);
        if (leader !== this.#member.leader) this.greet();
      }
    const { leader } = this.#member;
    if (leader === null || look.startedAt < this.#learntAt) return;
    // Of the claims that say nothing to this member one may be the leader's, unless that has another one.
    if (this.#watch.hasStrange && !claims.some(({ id }) => id === leader.id)) return;
    const claim = this.#watch.openOf(leader.id);
    // Its word may have come before its claim says so as well.
    const isDone = claim !== undefined && claim.term === 0 && look.startedAt >= this.#learntAt + 2 * beatMs;
    if (claim === undefined || isDone) this.lose();
  }

  /** Terms grow (L2), and none is far ahead of the clock. */
  #canLead(term: number): boolean {
    return term > 0 && term >= this.#member.highestTerm && this.#member.believes(term);
  }

  /** Discovery has introduced it; or had the time to, and did not. */
  #isKnown(id: string): boolean {
    return this.#member.peers.includes(id) || this.#member.now.fast >= this.#firstLookAt + introductionMs;
  }

  /** There is no leader any more. */
  lose(): void {
    this.#member.leader = null;
    this.#misses = 0;
    this.#helloAt = this.#member.now.fast + retryMs(0);
  }

  /** Says soon where this member stands, unless it is known by then. */
  greet(): void {
    this.#misses = 0;
    this.hello();
  }

  /** Whoever leads, or will, says so itself: unless that takes so many members as it does not know of. */
  meet(peers: readonly string[]): void {
    if (this.#member.leader !== null || peers.length === 0) return;
    if (this.#member.minMembers > 1) this.hello(peers);
    else this.#helloAt = Math.min(this.#helloAt, this.#member.now.fast + retryMs(0));
  }

  /** Nothing is to be said any more: this member has the lock. */
  pause(): void {
    this.#helloAt = Infinity;
  }

  tick(): void {
    if (this.#member.now.fast >= this.#helloAt) this.hello();
  }

  /** To the leader, or to all while none is known. */
  hello(to: readonly string[] = this.#receivers()): void {
    const { priority, visible, edition, now } = this.#member;
    for (const peer of to)
      this.#member.send(peer, { type: 'hello', priority, visible, term: this.#term, version: this.#version, edition });
    this.#helloAt = now.fast + (this.#isInLine() ? helloMs : retryMs(this.#misses++));
  }

  #receivers(): readonly string[] {
    const { leader, peers, id } = this.#member;
    if (leader === null) return peers;
    return leader.id === id ? [] : [leader.id];
  }

  /** And the first in it. */
  get isNext(): boolean {
    return this.#isInLine() && this.#member.line[0] === this.#member.id;
  }

  /** And the leader has said so. */
  #isInLine(): boolean {
    const { leader, line, id } = this.#member;
    return leader !== null && leader.term === this.#term && line.includes(id);
  }
}
