import { fullMeshMembers, neighboursIn } from './graph.ts';
import { maxDeparted, maxMembers } from './limits.ts';
import { Link } from './link.ts';
import type { Member } from './member.ts';
import { departedMs, lingerMs, lookAroundMs } from './pace.ts';
import { sameIds, sameLeadership, sortedIds } from './record.ts';
import type { MemberRecord } from './record.ts';
import { lineOfSuccession } from './succession.ts';

/** How many of the first in line, beside the leader, keep links to everyone in a large group. */
const hubsInLine = 3;

/** Who there is, as discovery and goodbyes say, and the links to them. */
export class Neighbours {
  readonly links: Map<string, Link> = new Map();
  /** Those with whom a link is worth keeping. */
  wanted: ReadonlySet<string> = new Set();
  /** As discovery last said; `null` before it has said anything. */
  view: ReadonlySet<string> | null = null;
  /** Members that a newcomer waits for, and until when. */
  readonly pending: Map<string, number> = new Map();
  readonly #member: Member;
  readonly #departed = new Map<string, number>();
  /** Those that are heard and are not of the group yet, and until when they are waited for. */
  #arriving = new Map<string, number>();

  constructor(member: Member) {
    this.#member = member;
  }

  /** An empty view is a discovery that failed (D1): a view always has this member in it. */
  setView(peers: readonly string[]): void {
    if (peers.length === 0) return;
    const { id: self, now, own } = this.#member;
    const before = this.view;
    this.view = new Set(peers);
    for (const id of peers) {
      if (id === self || before?.has(id) || this.#departed.has(id)) continue;
      this.linkTo(id)?.askSoon(now);
      if (own.follows === null) this.pending.set(id, now + lookAroundMs);
    }
    for (const id of this.pending.keys()) if (!this.view.has(id)) this.pending.delete(id);
    this.#member.isStale = true;
  }

  linkTo(id: string): Link | null {
    const known = this.links.get(id);
    if (known !== undefined) return known;
    if (this.links.size >= maxMembers) return null;
    const link = new Link(id, 0, this.#member.now);
    this.links.set(id, link);
    return link;
  }

  depart(id: string): void {
    if (id === this.#member.id || this.#departed.has(id)) return;
    this.#departed.set(id, this.#member.now);
    for (const oldest of this.#departed.keys()) {
      if (this.#departed.size <= maxDeparted) break;
      this.#departed.delete(oldest);
    }
    this.links.delete(id);
    this.pending.delete(id);
    this.#member.isStale = true;
  }

  hasDeparted(id: string): boolean {
    return this.#departed.has(id);
  }

  /** What those it hears have said of themselves. */
  heardRecords(): readonly MemberRecord[] {
    return [...this.links.values()].flatMap((link) => (link.heard && this.#member.table.get(link.peer)) || []);
  }

  /** Whom that member hears, as far as it counts. */
  hearsOf(id: string): readonly string[] {
    if (this.#departed.has(id)) return [];
    return this.#member.table.get(id)?.hears ?? [];
  }

  /** The session with that member began anew: what was asked or owed may be lost. */
  askAnew(id: string): void {
    const link = this.links.get(id);
    if (link === undefined) return;
    link.askSoon(this.#member.now);
    link.owesAnswer = true;
  }

  /** Another member has lost somebody whom this one still hears: worth a question. */
  suspectWith(before: MemberRecord, after: MemberRecord): void {
    const { groupIds, leader, now } = this.#member;
    for (const lost of before.hears) {
      if (after.hears.includes(lost)) continue;
      if (groupIds.length > fullMeshMembers && lost !== leader?.id) continue;
      const link = this.links.get(lost);
      if (link?.heard) link.probePatiently(now);
    }
  }

  /** Whatever silence there was while this member slept is no sign: everyone it hears is asked. */
  askAfterPause(): void {
    for (const link of this.links.values()) if (link.heard) link.afterPause(lookAroundMs, this.#member.now);
  }

  /** True if all have answered or been given up; or one who answered follows somebody who took over meanwhile. */
  get isSure(): boolean {
    for (const link of this.links.values()) {
      if (link.heard && link.isProbed && !this.#hasNewLeader()) return false;
    }
    return true;
  }

  #hasNewLeader(): boolean {
    const { id, own, table } = this.#member;
    const last = own.follows;
    for (const link of this.links.values()) {
      const follows = link.heard && !link.isProbed ? (table.get(link.peer)?.follows ?? null) : null;
      if (follows === null || follows.id === id) continue;
      if (last === null || follows.term > last.term || sameLeadership(follows, last)) return true;
    }
    return false;
  }

  /** Gives up those that are silent for too long. That the leader is gone is urgent news: the next one waits for it. */
  dropLost(): void {
    const { now, leader } = this.#member;
    for (const link of this.links.values()) {
      if (!link.isLost(now)) continue;
      link.giveUp(now);
      this.pending.delete(link.peer);
      this.#member.isStale = true;
      if (link.peer === leader?.id) this.#member.isUrgent = true;
    }
    for (const [id, until] of this.pending) if (until <= now) this.pending.delete(id);
  }

  /** Says in this member's record whom it hears; links that neither end keeps are let go. */
  amendHears(): void {
    const hears: string[] = [];
    for (const link of this.links.values()) {
      if (!link.heard) continue;
      if (this.keeps(link)) hears.push(link.peer);
      else link.giveUp(this.#member.now);
    }
    const sorted = sortedIds(hears);
    if (!sameIds(sorted, this.#member.own.hears)) this.#member.amend({ hears: sorted });
  }

  /** Of its own accord. Links are let go late, when the others have seen the same group for a while. */
  wants(link: Link): boolean {
    if (this.wanted.has(link.peer)) link.wantedAt = this.#member.now;
    return this.#member.now - link.wantedAt < lingerMs;
  }

  keeps(link: Link): boolean {
    return this.wants(link) || (link.heard && link.keptByPeer);
  }

  /** Chooses neighbours within the group, and everyone outside it: that is how groups find each other (A1). */
  choose(): void {
    const { id: self, group, groupIds } = this.#member;
    for (const { id, rank } of group.members) if (rank !== null) this.pending.delete(id);
    const hubs = new Set(
      lineOfSuccession(group.members)
        .slice(0, hubsInLine)
        .map((member) => member.id),
    );
    if (group.strongest !== null) hubs.add(group.strongest.id);
    const wanted = new Set(neighboursIn((id) => this.hearsOf(id), groupIds, hubs, self));
    const inside = new Set(groupIds);
    this.#noteArriving(inside);
    for (const id of this.view ?? []) if (!inside.has(id) && !this.#departed.has(id)) wanted.add(id);
    for (const link of this.links.values()) if (link.heard && !inside.has(link.peer)) wanted.add(link.peer);
    wanted.delete(self);
    this.wanted = wanted;
    for (const id of wanted) this.linkTo(id);
  }

  #noteArriving(inside: ReadonlySet<string>): void {
    const before = this.#arriving;
    this.#arriving = new Map();
    for (const member of this.#member.group.members) {
      for (const id of this.hearsOf(member.id)) {
        if (inside.has(id) || this.#departed.has(id)) continue;
        this.#arriving.set(id, before.get(id) ?? this.#member.now + lookAroundMs);
      }
    }
  }

  /** Until when somebody is awaited whom a member of the group hears, and who is not of the group yet. */
  gatheringUntil(): number {
    return Math.max(0, ...this.#arriving.values());
  }

  /** Records of those outside the group that are not used are forgotten, and so are old goodbyes. */
  forget(): void {
    const { now, table, groupIds } = this.#member;
    const used = new Set([...groupIds, ...(this.view ?? [])]);
    for (const link of this.links.values()) if (link.heard) used.add(link.peer);
    table.forget(used, now);
    for (const [id, at] of this.#departed) if (now - at > departedMs) this.#departed.delete(id);
  }
}
