import { sameConfiguration } from './configuration.ts';
import type { Configuration } from './configuration.ts';
import type { Leading } from './leading.ts';
import type { Member } from './member.ts';

interface Leadership {
  readonly id: string;
  readonly term: number;
}

/** What those above are told when it changes: who leads, when the leader's work can start, who can be reached. */
export class Telling {
  readonly #member: Member;
  #leader: Leadership | null = null;
  #readyTerm = -1;
  #configuration: Configuration;
  #reachable: readonly string[] = [];
  /** What `#reachable` was made of. */
  #order: readonly string[] = [];
  #round = -1;

  constructor(member: Member) {
    this.#member = member;
    this.#configuration = member.configuration;
  }

  get leader(): Leadership | null {
    return this.#leader;
  }

  /** True if that changed. A leader counts as one while promises to it last: here, or those of a quorum to this member. */
  tellLeader(leading: Leading | null): boolean {
    const leader = this.#leaderNow(leading);
    if (leader?.id === this.#leader?.id && leader?.term === this.#leader?.term) return false;
    this.#leader = leader;
    this.#readyTerm = -1; // a lease that lapsed and came back in the same term begins anew
    this.#order = [];
    this.#round = -1;
    this.#member.effects.push({ type: 'leader', leader });
    return true;
  }

  #leaderNow(leading: Leading | null): Leadership | null {
    const { id, leader, term, now, promised } = this.#member;
    if (leading !== null) return leading.isLeased(now.fast) ? this.#same(id, leading.term) : null;
    return leader === null || promised.isOver(now.slow) ? null : this.#same(leader, term);
  }

  #same(id: string, term: number): Leadership {
    return this.#leader?.id === id && this.#leader.term === term ? this.#leader : { id, term };
  }

  tellReady(leading: Leading | null): void {
    if (leading === null || this.#leader?.term !== leading.term || this.#readyTerm === leading.term) return;
    if (this.#member.commit < leading.ownFrom - 1) return; // a log that is known to be committed is all that was
    this.#readyTerm = leading.term;
    this.#member.effects.push({ type: 'ready', term: leading.term });
  }

  tellConfiguration(): void {
    const { configuration } = this.#member;
    if (configuration === this.#configuration) return;
    const isSame = sameConfiguration(configuration, this.#configuration);
    this.#configuration = configuration;
    if (isSame) return;
    this.#member.effects.push({ type: 'configuration', configuration });
  }

  /** Without a leader the last answer stands, until a campaign showed that there is no quorum here. */
  tellReachable(leading: Leading | null, isStranded: boolean): void {
    const { id, order } = this.#member;
    if (leading !== null) {
      if (leading.rounds.last === this.#round) return;
      this.#round = leading.rounds.last;
      return this.#tellReachable(leading.reachable());
    }
    if (this.#leader === null) {
      if (isStranded) this.#tellReachable([id]);
      return;
    }
    if (sameList(order, this.#order)) return;
    this.#order = order;
    const peers = [...new Set([...order, this.#leader.id, id])];
    peers.sort();
    this.#tellReachable(peers);
  }

  #tellReachable(peers: readonly string[]): void {
    if (sameList(peers, this.#reachable)) return;
    this.#reachable = peers;
    this.#member.effects.push({ type: 'reachable', peers });
  }
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((one, at) => one === b[at]));
}
