import type { Leadership } from '../leadership.ts';
import { fullMeshMembers, neighboursIn } from './graph.ts';
import { maxMembers } from './limits.ts';
import { Link } from './link.ts';
import type { Member } from './member.ts';
import { departedMs, lingerMs, lookAroundMs } from './pace.ts';
import { sameIds, sameLeadership, sortedIds } from './record.ts';
import type { MemberRecord } from './record.ts';
import { lineOfSuccession } from './succession.ts';

// Who there is, as discovery and goodbyes say, and the links to them.

/** How many of the first in line, beside the leader, keep links to everyone in a large group. */
const hubsInLine = 3;

/** An empty view is a discovery that failed (D1): a view always has this member in it. */
export function setView(member: Member, peers: readonly string[]): void {
  if (peers.length === 0) return;
  const { id: self, now, own, departed, pending, view: before } = member;
  const view = new Set(peers);
  for (const id of peers) {
    if (id === self || before?.has(id) || departed.has(id)) continue;
    linkTo(member, id)?.askSoon(now);
    if (own.follows === null) pending.set(id, now + lookAroundMs);
  }
  for (const id of pending.keys()) if (!view.has(id)) pending.delete(id);
  member.view = view;
  member.isStale = true;
}

export function linkTo({ links, now }: Member, id: string): Link | null {
  const known = links.get(id);
  if (known !== undefined) return known;
  if (links.size >= maxMembers) return null;
  const link = new Link(id, now);
  links.set(id, link);
  return link;
}

export function depart(member: Member, id: string): void {
  const { departed, links, pending, now } = member;
  if (id === member.id || departed.has(id)) return;
  departed.set(id, now);
  links.delete(id);
  pending.delete(id);
  member.isStale = true;
}

/** Whom that member hears, as far as it counts. */
export function hearsOf({ departed, table }: Member, id: string): readonly string[] {
  return (departed.has(id) ? undefined : table.get(id)?.hears) ?? [];
}

/** The session with that member began anew: what was asked or owed may be lost. */
export function askAnew({ links, now }: Member, id: string): void {
  const link = links.get(id);
  if (link === undefined) return;
  link.askSoon(now);
  link.owesAnswer = true;
}

/** Another member has lost somebody whom this one still hears: worth a question. */
export function suspectWith({ groupIds, leader, links, now }: Member, before: MemberRecord, after: MemberRecord): void {
  for (const lost of before.hears) {
    if (after.hears.includes(lost)) continue;
    if (groupIds.length > fullMeshMembers && lost !== leader?.id) continue;
    const link = links.get(lost);
    if (link?.heard) link.probePatiently(now);
  }
}

/** True if all have answered or been given up; or one who answered follows somebody who took over meanwhile. */
export function isSure(member: Member): boolean {
  const { id, own, table, heardLinks } = member;
  const takenOver = (link: Link): boolean => {
    const follows = link.isProbed ? null : (table.get(link.peer)?.follows ?? null);
    if (follows === null || follows.id === id) return false;
    return follows.term > (own.follows?.term ?? 0) || sameLeadership(follows, own.follows);
  };
  return heardLinks.every((link) => !link.isProbed) || heardLinks.some(takenOver);
}

/** Gives up those that are silent for too long. That the leader is gone is urgent news: the next one waits for it. */
export function dropLost(member: Member): void {
  const { now, leader, links, pending } = member;
  for (const link of links.values()) {
    if (!link.isLost(now)) continue;
    link.giveUp(now);
    pending.delete(link.peer);
    member.isStale = true;
    if (link.peer === leader?.id) member.isUrgent = true;
  }
  for (const [id, until] of pending) {
    if (until > now) continue;
    pending.delete(id);
    member.isStale = true;
  }
}

/** Says in this member's record whom it hears; links that neither end keeps are let go. */
export function amendHears(member: Member): void {
  const hears: string[] = [];
  for (const link of member.heardLinks) {
    if (keeps(member, link)) hears.push(link.peer);
    else link.giveUp(member.now);
  }
  const sorted = sortedIds(hears);
  if (!sameIds(sorted, member.own.hears)) member.amend({ hears: sorted });
}

/** Of its own accord. Links are let go late, when the others have seen the same group for a while. */
export function wants({ wanted, now }: Member, link: Link): boolean {
  if (wanted.has(link.peer)) link.wantedAt = now;
  return now - link.wantedAt < lingerMs;
}

export function keeps(member: Member, link: Link): boolean {
  return wants(member, link) || (link.heard && link.keptByPeer);
}

/** Chooses neighbours within the group, and everyone outside it: that is how groups find each other (A1). */
export function choose(member: Member): void {
  const { id: self, group, groupIds, pending, view, departed, heardLinks } = member;
  for (const { id, rank } of group.members) if (rank !== null) pending.delete(id);
  const hubs = lineOfSuccession(group.members)
    .slice(0, hubsInLine)
    .map(({ id }) => id);
  if (group.strongest !== null) hubs.push(group.strongest.id);
  const wanted = new Set(neighboursIn((id) => hearsOf(member, id), groupIds, hubs, self));
  const inside = new Set(groupIds);
  noteArriving(member, inside);
  for (const id of view ?? []) if (!inside.has(id) && !departed.has(id)) wanted.add(id);
  for (const { peer } of heardLinks) if (!inside.has(peer)) wanted.add(peer);
  wanted.delete(self);
  member.wanted = new Set(sortedIds(wanted));
  for (const id of wanted) linkTo(member, id);
}

function noteArriving(member: Member, inside: ReadonlySet<string>): void {
  const { group, departed, arriving: before, own, now } = member;
  const arriving = new Map<string, number>();
  const note = (id: string): void => {
    if (!inside.has(id) && !departed.has(id)) arriving.set(id, before.get(id) ?? now + lookAroundMs);
  };
  for (const { id, follows } of group.members) {
    for (const heard of hearsOf(member, id)) note(heard);
    if (isOfAnotherGroup(follows, own.follows)) note(follows.id);
  }
  member.arriving = arriving;
}

/** A leader that one of the group has met, in a later term than that of whom this member follows. */
function isOfAnotherGroup(met: Leadership | null, own: Leadership | null): met is Leadership {
  return met !== null && own !== null && met.id !== own.id && met.term > own.term;
}

/** Until when somebody is awaited whom a member of the group hears or follows, and who is not of the group yet. */
export function gatheringUntil({ arriving }: Member): number {
  return Math.max(0, ...arriving.values());
}

/** Records of those outside the group that are not used are forgotten, and so are old goodbyes. */
export function forget({ now, table, groupIds, view, heardLinks, departed }: Member): void {
  table.forget(new Set([...groupIds, ...(view ?? []), ...heardLinks.map(({ peer }) => peer)]), now);
  for (const [id, at] of departed) if (now - at > departedMs) departed.delete(id);
}
