import type { Leadership } from '../leadership.ts';
import type { Link } from './link.ts';
import type { Member } from './member.ts';
import type { FetchMessage, ValueMessage } from './messages.ts';
import { repeatMs } from './pace.ts';
import { sameLeadership } from './record.ts';

// Brings the published value to everyone: the leader pushes it, and who lacks it fetches it.

export function publish(member: Member, value: unknown): void {
  const { id, own, leader, register, heardLinks } = member;
  if (own.claim === null || leader?.id !== id) return;
  const edition = register.publish(leader, value);
  for (const { peer } of heardLinks) member.send(peer, { type: 'value', edition, under: leader, value });
}

export function answerFetch(member: Member, from: string, { edition }: FetchMessage): void {
  const found = member.register.find(edition);
  if (found !== null) member.send(from, { type: 'value', ...found });
}

export function takeValue(member: Member, { under, edition, value }: ValueMessage): void {
  const { register, leader, conflicts } = member;
  const published = { edition, value };
  if (register.offer(under, published, leader, originOf(member))) return;
  const isMissing = conflicts.missing.some((missing) => sameLeadership(missing.by, edition.by));
  if (isMissing) register.archive(edition.by, published);
}

/** Looks for values that a neighbour's beat showed, or that a conflict waits for. */
export function fetchFrom(member: Member, link: Link): void {
  const { now, register, leader, conflicts } = member;
  if (now - link.fetchAt < repeatMs(link.rttMs)) return;
  const better = link.register === null ? null : register.compare(link.register, leader, originOf(member));
  const missing = conflicts.missing.find((edition) => register.find(edition) === null);
  for (const edition of [better, missing]) {
    if (!edition) continue;
    link.fetchAt = now;
    member.send(link.peer, { type: 'fetch', edition });
  }
}

function originOf({ own }: Member): Leadership | null {
  return own.claim?.origin ?? null;
}
