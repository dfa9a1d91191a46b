import { isOpen } from './claims.ts';
import type { Link } from './link.ts';
import type { Member } from './member.ts';
import type { Beat } from './messages.ts';
import { depart, hearsOf, suspectWith } from './neighbours.ts';
import { repeatMs } from './pace.ts';
import type { MemberRecord } from './record.ts';
import type { Vector } from './table.ts';

// Brings all records to all members: news is flooded, and what was lost on the way is found by comparing digests.

/** Takes over a record that is news; it is handed on at the end of the step. */
export function accept(member: Member, record: MemberRecord, from: string): void {
  const { id, table, now, news, departed } = member;
  if (record.id === id) return member.outbid(record);
  if (departed.has(record.id) && !record.left) return;
  const before = table.get(record.id);
  if (!table.put(record, now)) return;
  member.isStale = true;
  news.set(record.id, { from, heardBefore: before?.hears ?? [] });
  if (record.left) depart(member, record.id);
  else if (before !== undefined) suspectWith(member, before, record);
}

/** Neighbours of one group have equal digests, sooner or later. */
export function compareDigest(member: Member, link: Link, { digest, ask }: Beat): void {
  if (!link.heard) return;
  link.mismatches = digest === member.digest ? 0 : link.mismatches + 1;
  if (link.mismatches > (ask ? 0 : 1)) sendVector(member, link);
}

export function answerVector(member: Member, link: Link, vector: Vector): void {
  const { table, groupIds } = member;
  sendRecords(member, link.peer, table.newerThan(vector, groupIds));
  if (table.isBehind(vector)) sendVector(member, link);
}

function sendVector(member: Member, link: Link): void {
  const { now, table, groupIds } = member;
  if (now - link.vectorAt < repeatMs(link.rttMs)) return;
  link.vectorAt = now;
  member.send(link.peer, { type: 'vector', vector: table.vector(groupIds) });
}

/** Floods what is new. */
export function handOn(member: Member): void {
  const { own, ownChanged, now, isUrgent, news, table, floods, heardLinks } = member;
  if (!hasNews(member) || (!isUrgent && now < floods.readyAt(1))) return;
  floods.charge(1, now);
  for (const { peer, owesAnswer } of heardLinks) {
    const records = ownChanged && !owesAnswer ? [own] : [];
    for (const id of news.keys()) {
      const record = table.get(id);
      if (record !== undefined && mustHandOn(member, record, peer)) records.push(record);
    }
    sendRecords(member, peer, records);
  }
  news.clear();
  member.isUrgent = member.ownChanged = false;
}

function hasNews({ news, ownChanged }: Member): boolean {
  return news.size > 0 || ownChanged;
}

/** Not to those who have it from the member itself, nor where another neighbour of both stands before this one. */
function mustHandOn(member: Member, record: MemberRecord, to: string): boolean {
  const news = member.news.get(record.id);
  if (to === news?.from || to === record.id) return false;
  const heard = (record.left ? news?.heardBefore : record.hears) ?? [];
  if (heard.includes(to)) return false;
  const between = heard.find((id) => hearsOf(member, id).includes(to));
  return between === undefined || between === member.id;
}

/** Who was appointed and does not know it yet is told again. */
export function remind(member: Member): void {
  const { table, links } = member;
  for (const record of table.records()) {
    const { appoints } = record;
    const heir = appoints && table.get(appoints.to);
    if (heir && isOpen(appoints, heir) && links.get(heir.id)?.heard) sendRecords(member, heir.id, [record]);
  }
}

/** The member's own last record, to everyone it knows. */
export function sayGoodbye(member: Member): void {
  for (const to of member.links.keys()) sendRecords(member, to, [member.own]);
}

function sendRecords(member: Member, to: string, records: readonly MemberRecord[]): void {
  if (records.length > 0) member.send(to, { type: 'records', records });
}

/** When what is held back may go; Infinity if nothing is. */
export function floodAt(member: Member): number {
  return hasNews(member) ? member.floods.readyAt(1) : Infinity;
}
