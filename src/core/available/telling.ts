import type { AvailableEffect } from './events.ts';
import type { Member } from './member.ts';
import { sameIds, sameLeadership, sortedIds } from './record.ts';
import type { Leadership } from './record.ts';

/** Tells the application what has changed since it was told last. */
export class Telling {
  readonly #member: Member;
  #leader: Leadership | null = null;
  #reachable: readonly string[] = [];
  #paths: readonly string[] = [];
  #value: unknown = undefined;

  constructor(member: Member) {
    this.#member = member;
  }

  /** True if the leader is another one. */
  tell(wanted: ReadonlySet<string>): boolean {
    const { leader, groupIds, register } = this.#member;
    const isNewLeader = !sameLeadership(leader, this.#leader);
    if (isNewLeader) this.#tell({ type: 'leader', leader: (this.#leader = leader) });
    if (!sameIds(groupIds, this.#reachable)) this.#tell({ type: 'reachable', peers: (this.#reachable = groupIds) });
    const paths = sortedIds(wanted);
    if (!sameIds(paths, this.#paths)) this.#tell({ type: 'paths', peers: (this.#paths = paths) });
    if (register.value !== this.#value) this.#tell({ type: 'published', value: (this.#value = register.value) });
    return isNewLeader;
  }

  #tell(effect: AvailableEffect): void {
    this.#member.effects.push(effect);
  }
}
