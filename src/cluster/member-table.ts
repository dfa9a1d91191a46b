import type { DiscoveredMember, View, ViewChange } from '../discovery/discovery.ts';
import type { LinkState } from '../links/links.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Leadership } from '../electors/elector.ts';
import type { Member } from './cluster.ts';

export interface MemberTableOptions {
  readonly self: DiscoveredMember;
  /** The link as it is now. */
  link(peer: PeerId): LinkState;
  leader(): Leadership | null;
}

/** Joins what discovery, links, election and the members themselves say about who is there. */
export class MemberTable {
  readonly #self: PeerId;
  readonly #options: MemberTableOptions;
  /** Who takes part: everyone in the view, and those that discovery lost while they still answer (D1). */
  readonly #known = new Map<PeerId, DiscoveredMember>();
  readonly #hidden = new Set<PeerId>();
  #ids: ReadonlySet<PeerId> | undefined;
  #view: ReadonlySet<PeerId> = new Set();
  /** `null` until an election says so. */
  #reachable: ReadonlySet<PeerId> | null = null;
  #members: ReadonlyMap<PeerId, Member> = new Map();

  constructor(options: MemberTableOptions) {
    this.#options = options;
    this.#self = options.self.id;
    this.#known.set(this.#self, options.self);
  }

  /** The same object until something changes. */
  get members(): ReadonlyMap<PeerId, Member> {
    return this.#members;
  }

  get self(): DiscoveredMember {
    return this.#known.get(this.#self) as DiscoveredMember;
  }

  get selfVisible(): boolean {
    return !this.#hidden.has(this.#self);
  }

  /** The same object until someone comes or goes. */
  ids(): ReadonlySet<PeerId> {
    return (this.#ids ??= new Set(this.#known.keys()));
  }

  others(): readonly PeerId[] {
    return [...this.#known.keys()].filter((id) => id !== this.#self);
  }

  has(id: PeerId): boolean {
    return this.#known.has(id);
  }

  infoOf(id: PeerId): Json {
    return this.#known.get(id)?.info ?? null;
  }

  isReachable(id: PeerId): boolean {
    if (id === this.#self) return true;
    return this.#reachable ? this.#reachable.has(id) : this.hasPath(id);
  }

  hasPath(id: PeerId): boolean {
    return this.#options.link(id).path !== null;
  }

  /** Returns who left for good: those that said so, and those that the room put out. */
  setView(view: View, change: ViewChange): readonly PeerId[] {
    for (const member of view.members.values()) this.#learn(member);
    this.#view = new Set(view.members.keys());
    const departed = change.left.filter(({ reason }) => reason !== 'gone').map(({ id }) => id);
    for (const id of departed) this.#forget(id);
    this.#dropUnheard();
    return departed;
  }

  setReachable(reachable: ReadonlySet<PeerId>): void {
    this.#reachable = reachable;
    this.#dropUnheard();
  }

  setVisible(id: PeerId, visible: boolean): void {
    if (visible) this.#hidden.delete(id);
    else this.#hidden.add(id);
  }

  setInfo(info: Json): void {
    this.#known.set(this.#self, { ...this.self, info });
  }

  /** Brings `members` up to date, and says what has changed in it. */
  refresh(): 'nothing' | 'round trips' | 'more' {
    const before = this.#members;
    let changed: 'nothing' | 'round trips' | 'more' = before.size === this.#known.size ? 'nothing' : 'more';
    const members = new Map<PeerId, Member>();
    for (const known of this.#known.values()) {
      const old = before.get(known.id);
      const member = this.#describe(known);
      const difference = old ? compare(old, member) : 'more';
      members.set(known.id, old && difference === 'nothing' ? old : member);
      if (difference === 'more' || changed === 'nothing') changed = difference;
    }
    if (changed !== 'nothing') this.#members = members;
    return changed;
  }

  #learn(member: DiscoveredMember): void {
    // What this member says of itself is newer than what discovery has heard of it.
    if (member.id === this.#self) return;
    const old = this.#known.get(member.id);
    const same = old && old.host === member.host && JSON.stringify(old.info) === JSON.stringify(member.info);
    if (!old) this.#ids = undefined;
    if (!same) this.#known.set(member.id, member);
  }

  #describe({ id, info, host }: DiscoveredMember): Member {
    const isSelf = id === this.#self;
    const link = isSelf ? null : this.#options.link(id);
    return {
      id,
      role: 'voter',
      isLeader: this.#options.leader()?.id === id,
      isSelf,
      info,
      path: link ? link.path : 'self',
      rttMs: link ? rounded(link.rttMs) : null,
      reachable: this.isReachable(id),
      visible: !this.#hidden.has(id),
      host,
    };
  }

  /** A view is not a departure: who is missing from it stays for as long as it answers. */
  #dropUnheard(): void {
    for (const id of this.#known.keys()) {
      if (id !== this.#self && !this.#view.has(id) && !this.isReachable(id)) this.#forget(id);
    }
  }

  #forget(id: PeerId): void {
    if (id === this.#self || !this.#known.delete(id)) return;
    this.#ids = undefined;
    this.#hidden.delete(id);
  }
}

function compare(one: Member, other: Member): 'nothing' | 'round trips' | 'more' {
  for (const name of Object.keys(one) as (keyof Member)[]) {
    if (name !== 'rttMs' && one[name] !== other[name]) return 'more';
  }
  return one.rttMs === other.rttMs ? 'nothing' : 'round trips';
}

/** Whole milliseconds, and tenths below ten: finer steps are noise. */
function rounded(rttMs: number | null): number | null {
  if (rttMs === null) return null;
  return rttMs < 10 ? Math.round(rttMs * 10) / 10 : Math.round(rttMs);
}
