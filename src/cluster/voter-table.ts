import type { View, ViewChange } from '../discovery/discovery.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Role } from '../protocol/members.ts';
import type { Member } from './cluster.ts';
import { MemberTable } from './member-table.ts';

/** Who is there where not everyone votes, and a witness may vote that is no member. */
export class VoterTable extends MemberTable {
  /** It is told of among the members, and nothing is ever said to it here. */
  #witness: PeerId | null = null;
  /** `null`: everyone votes. */
  #roles: ReadonlyMap<PeerId, Role> | null = null;

  override setView(view: View, change: ViewChange): void {
    this.#witness = view.witness;
    super.setView(view, change);
  }

  setRoles(roles: ReadonlyMap<PeerId, Role>): void {
    this.#roles = roles;
    this.settle();
  }

  override isReachable(id: PeerId): boolean {
    return this.#isUnheard(id) ? this.hasPath(id) : super.isReachable(id);
  }

  /** Elections know nothing of those that they have not taken in yet; and where nobody leads, of and by learners. */
  #isUnheard(id: PeerId): boolean {
    if (this.#roles === null || id === this.self) return false;
    if (!this.#roles.has(id)) return true;
    return this.leader === undefined && [id, this.self].some((one) => this.roleOf(one) === 'learner');
  }

  /** A leader hears the learners, and takes those out that it does not: so whoever follows it need not. */
  protected override staysUnseen(id: PeerId): boolean {
    if (super.staysUnseen(id)) return true;
    return this.reachable !== null && this.leader !== this.self && this.#roles?.get(id) === 'learner';
  }

  protected override roleOf(id: PeerId): Role {
    return this.#roles === null ? 'voter' : (this.#roles.get(id) ?? 'learner');
  }

  /** The witness only while it votes: who has lost it can be taken out. */
  protected override describeAll(): Map<PeerId, Member> {
    const members = super.describeAll();
    if (this.#witness !== null && this.#roles?.get(this.#witness) === 'witness')
      members.set(this.#witness, this.#describeWitness(this.#witness));
    return members;
  }

  #describeWitness(id: PeerId): Member {
    // It is reached by the way that all takes which is not said from member to member.
    const path = this.options.isOnline() ? 'relay' : null;
    const state = { isLeader: false, isSelf: false, reachable: path !== null, visible: true };
    return { id, role: 'witness', info: null, path, rttMs: null, host: id, ...state };
  }
}
