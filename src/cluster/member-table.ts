import type { Leadership } from '../core/leadership.ts';
import type { DiscoveredMember, View, ViewChange } from '../discovery/discovery.ts';
import type { LinkState } from '../links/links.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Json } from '../protocol/json.ts';
import type { Neighbour, Role } from '../protocol/members.ts';
import type { Member } from './cluster.ts';
import { sameOr } from './same-or.ts';

export interface MemberTableOptions {
  readonly self: DiscoveredMember;
  /** This member alone, as it was told of before. */
  readonly members: ReadonlyMap<PeerId, Member>;
  /** The link as it is now; undefined where there is none. */
  link(peer: PeerId): LinkState | undefined;
  leader(): Leadership | null;
  /** Whether the discovery tells who comes and goes. */
  isOnline(): boolean;
}

/** What has become of the table since it was last looked at. */
export type News = 'nothing' | 'round trips' | 'more';

/** Joins what discovery, links, election and the members themselves say about who is there. Everyone votes. */
export class MemberTable {
  protected readonly self: PeerId;
  protected readonly options: MemberTableOptions;
  /** `null` until an election says so. */
  protected reachable: ReadonlySet<PeerId> | null = null;
  /** Who takes part: everyone in the view, and those that discovery lost while they still answer (D1). */
  readonly #known = new Map<PeerId, DiscoveredMember>();
  readonly #hidden = new Set<PeerId>();
  /**
   * Who said goodbye, and is in the view all the same, as that has not been told there; or leads until another does: whoever
   * leads is a member.
   */
  readonly #departed = new Set<PeerId>();
  #view: View['members'] = new Map();
  #members: ReadonlyMap<PeerId, Member>;

  constructor(options: MemberTableOptions) {
    this.options = options;
    this.self = options.self.id;
    this.#members = options.members;
    this.#known.set(this.self, { ...options.self });
  }

  /** The same object until something changes. */
  get members(): ReadonlyMap<PeerId, Member> {
    return this.#members;
  }

  get ids(): readonly PeerId[] {
    return [...this.#known.keys()];
  }

  get others(): readonly PeerId[] {
    return this.ids.filter((id) => id !== this.self);
  }

  /** This member and the others, with where they are. */
  get neighbours(): readonly Neighbour[] {
    return Array.from(this.#known.values(), ({ id, host }) => ({ id, host }));
  }

  /** With those who said goodbye, as long as the view lists them: some of their last words may still be on the way. */
  get linked(): readonly Neighbour[] {
    const departed = [...this.#view.values()].filter(({ id }) => this.#departed.has(id) && !this.#known.has(id));
    return [...this.neighbours, ...departed.map(({ id, host }) => ({ id, host }))];
  }

  infoOf(id: PeerId): Json {
    return this.#known.get(id)?.info ?? null;
  }

  isVisible(id: PeerId): boolean {
    return !this.#hidden.has(id);
  }

  isReachable(id: PeerId): boolean {
    return id === this.self || this.#isHeard(id);
  }

  #isHeard(id: PeerId): boolean {
    return this.reachable === null ? this.hasPath(id) : this.reachable.has(id);
  }

  hasPath(id: PeerId): boolean {
    return this.#link(id).path !== null;
  }

  /** Who said goodbye left for good, unless its id is one that is kept, and joins again. */
  setView(view: View, { joined, bye }: ViewChange): void {
    this.#view = view.members;
    for (const id of joined) this.#departed.delete(id);
    for (const id of this.#departed) if (!this.#known.has(id) && !this.#view.has(id)) this.#departed.delete(id);
    for (const member of view.members.values()) if (!this.#departed.has(member.id)) this.#learn(member);
    for (const id of bye) this.setDeparted(id);
    this.settle();
  }

  /** It said goodbye: to the discovery, or, where that is not told, to this member. */
  setDeparted(id: PeerId): void {
    if (this.#known.has(id)) this.#departed.add(id);
    this.settle();
  }

  setReachable(peers: readonly PeerId[]): void {
    this.reachable = new Set(peers);
    this.settle();
  }

  /**
   * A view is not a departure: who is missing from it stays for as long as it answers, or leads. Whoever leads is a member,
   * also where others told of it first; the next view tells the rest.
   */
  settle(): void {
    const leader = this.leader;
    for (const id of this.others) if (id !== leader && !this.#isPresent(id)) this.#forget(id);
    if (leader !== undefined && !this.#known.has(leader)) this.#known.set(leader, { id: leader, info: null, host: '' });
  }

  setVisible(id: PeerId, visible: boolean): void {
    if (visible) this.#hidden.delete(id);
    else this.#hidden.add(id);
  }

  setInfo(info: Json): void {
    this.#known.set(this.self, { ...(this.#known.get(this.self) as DiscoveredMember), info });
  }

  /** Brings `members` up to date. */
  refresh(): News {
    const before = this.#members;
    const members = this.describeAll();
    let news: News = before.size === members.size ? 'nothing' : 'more';
    for (const [id, now] of members) {
      const old = before.get(id);
      const member = sameOr(old, now);
      members.set(id, member);
      if (member === old) continue;
      const onlyRoundTrip = old && sameOr(old, { ...now, rttMs: old.rttMs }) === old;
      news = onlyRoundTrip && news !== 'more' ? 'round trips' : 'more';
    }
    if (news !== 'nothing') this.#members = members;
    return news;
  }

  protected describeAll(): Map<PeerId, Member> {
    return new Map(Array.from(this.#known.values(), (known) => [known.id, this.#describe(known)]));
  }

  #learn(told: DiscoveredMember): void {
    const old = this.#known.get(told.id);
    // What this member says of itself is newer than what discovery has heard of it; its host is the one that others know.
    const member = old && told.id === this.self ? { ...old, host: told.host } : told;
    // The same object as long as it says the same, so that whoever reads `info` sees no change.
    if (JSON.stringify(old) !== JSON.stringify(member)) this.#known.set(member.id, member);
  }

  #describe({ id, info, host }: DiscoveredMember): Member {
    const isSelf = id === this.self;
    const { path, rttMs } = isSelf ? ({ path: 'self', rttMs: null } as const) : this.#link(id);
    return {
      id,
      role: this.roleOf(id),
      isLeader: id === this.leader,
      isSelf,
      info,
      path,
      rttMs: rttMs && rounded(rttMs),
      reachable: this.isReachable(id),
      visible: this.isVisible(id),
      host,
    };
  }

  #link(id: PeerId): LinkState {
    return this.options.link(id) ?? { path: null, rttMs: null };
  }

  protected roleOf(_id: PeerId): Role {
    return 'voter';
  }

  #isPresent(id: PeerId): boolean {
    return !this.#departed.has(id) && (this.#view.has(id) || this.staysUnseen(id));
  }

  /** Whom the view has lost. */
  protected staysUnseen(id: PeerId): boolean {
    return this.#isHeard(id);
  }

  protected get leader(): PeerId | undefined {
    return this.options.leader()?.id;
  }

  #forget(id: PeerId): void {
    if (!this.#view.has(id)) this.#departed.delete(id);
    this.#known.delete(id);
    this.#hidden.delete(id);
  }
}

/** Whole milliseconds, and tenths below ten: finer steps are noise. */
function rounded(rttMs: number): number {
  return rttMs < 10 ? Math.round(rttMs * 10) / 10 : Math.round(rttMs);
}
