import type { View, ViewChange } from '../discovery/discovery.ts';
import type { ElectionEffect, ElectionEvent, Group } from '../electors/elector.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Role } from '../protocol/members.ts';
import type { ParticipationOptions } from './participation-options.ts';
import { Participation } from './participation.ts';
import { VoterTable } from './voter-table.ts';

/**
 * What a member does in a room where the group that elects may be founded, as under `quorum()`: then it has epochs, not
 * everyone in it votes, and a witness may.
 */
export class FoundedParticipation extends Participation {
  declare readonly table: VoterTable;
  #group: Group = { epoch: 0, founder: null, continues: null, witness: null };
  /** When this member was last in contact with whoever founds the group, on the fast clock. */
  #contactAt: number | null = null;
  /** On the fast clock, while the group is not founded: when it is at the latest. */
  #foundedAt: number | null = null;

  constructor(options: ParticipationOptions) {
    super(options, VoterTable);
    const { talk, bad, isQuorum } = options;
    talk.witness?.listen({
      onMessage: (from, message) => {
        if (from === this.#group.witness) this.feed({ type: 'message', from, message });
      },
      onBadMessage: (from, reason) => bad.add(from, reason),
    });
    if (isQuorum) this.#setRoles(new Map()); // nobody votes before the election says so
  }

  override get foundsInMs(): number | null {
    return this.isOver || this.#foundedAt === null ? null : Math.max(0, this.#foundedAt - this.clocks.peek().fast);
  }

  override view(view: View, change: ViewChange): void {
    const { epoch, founder, continues, witness, foundsInMs } = view;
    this.#group = { epoch, founder, continues, witness };
    this.#foundedAt = foundsInMs === undefined ? null : this.clocks.now().fast + foundsInMs;
    super.view(view, change);
  }

  override feed(event: ElectionEvent): void {
    if (event.type === 'contact') this.#contactAt = event.askedAt;
    super.feed(event);
  }

  /** Of contact an election that begins only now hears as well; to hear of it again changes nothing. */
  protected override tellElection(): void {
    if (this.#contactAt !== null) this.feed({ type: 'contact', askedAt: this.#contactAt });
    super.tellElection();
    this.feed({ type: 'group', group: this.#group, members: this.table.neighbours });
  }

  protected override news(): readonly unknown[] {
    return [...super.news(), this.#group];
  }

  protected override apply(effect: ElectionEffect): void {
    const { bad, talk, stand, onSuperseded } = this.options;
    switch (effect.type) {
      case 'send':
        if (effect.to !== this.#group.witness) return super.apply(effect);
        return talk.witness?.send(effect.to, effect.message, effect.lane);
      case 'paths':
        return this.links.paths?.forElection(effect.peers);
      case 'roles':
        this.#setRoles(effect.roles);
        return this.membersChanged();
      case 'other-epoch':
        bad.otherEpoch++;
        return;
      case 'standing':
      case 'pledge':
        return stand(effect);
      case 'superseded':
        return onSuperseded(effect.error);
      default:
        return super.apply(effect);
    }
  }

  #setRoles(roles: ReadonlyMap<PeerId, Role>): void {
    this.table.setRoles(roles);
    this.links.paths?.setRoles(roles);
  }
}
