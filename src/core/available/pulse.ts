import { floodAt, remind } from './flooding.ts';
import type { Link } from './link.ts';
import type { Member } from './member.ts';
import { forget, keeps, wants } from './neighbours.ts';
import { announcedMs, beatMs, hiddenTimerMs, longestLatenessMs, silenceMs } from './pace.ts';

// This member's beats: to each neighbour at the pace it announced, to those out of reach as questions.

export function isAlive({ aliveUntil }: Member, now: number): boolean {
  return now < aliveUntil;
}

export function noteLateness(member: Member): void {
  const { now, wakeAt, lateMs: before } = member;
  const lateMs = now - wakeAt;
  if (lateMs < 0 || lateMs > longestLatenessMs) return;
  member.lateMs = Math.max(lateMs, before + (lateMs - before) / 4);
}

/** Timers of hidden pages are slow: say so to the others before it shows, until measured better. */
export function expectSlowTimers(member: Member): void {
  member.lateMs = Math.max(member.lateMs, hiddenTimerMs);
  beatSoon(member);
}

export function beatSoon(member: Member): void {
  member.beatAt = member.now;
}

/** Asks, answers and beats, whatever is due. */
export function beat(member: Member): void {
  const { now, links } = member;
  member.beatAt = Math.min(member.beatAt, now + paceMs(member));
  const isDue = now >= member.beatAt;
  for (const link of links.values()) {
    const keeping = keeps(member, link);
    const ask = link.mustAsk(now, keeping);
    if (ask || link.owesAnswer || (isDue && link.heard && keeping)) beatTo(member, link, ask);
  }
  if (isDue) schedule(member);
}

function beatTo(member: Member, link: Link, mustAsk: boolean): void {
  const { now, own, digest, register } = member;
  const isAnswer = link.owesAnswer;
  const nextMs = paceToAnnounce(member);
  // An answer asks back only on a link that this member wants: two that let go of each other would never end.
  const ask = mustAsk || (isAnswer && !link.heard && wants(member, link));
  member.send(link.peer, {
    type: 'beat',
    ...link.stamp(ask, now),
    nextMs: link.heard && keeps(member, link) ? nextMs : Math.max(nextMs, link.retryMs()),
    digest,
    ask,
    keeps: wants(member, link),
    register: register.stamp,
    record: ask || isAnswer ? own : null,
  });
}

function paceMs({ own }: Member): number {
  return beatMs(own.hears.length);
}

function paceToAnnounce(member: Member): number {
  return announcedMs(paceMs(member), member.lateMs);
}

function schedule(member: Member): void {
  const { now, random } = member;
  member.beatAt = now + paceMs(member) * random.between(0.9, 1);
  member.aliveUntil = now + silenceMs(paceToAnnounce(member), 0);
  remind(member);
  forget(member);
}

/** Asks to be woken when the next thing is due, here or, at `otherwise`, elsewhere. */
export function sleep(member: Member, otherwise: number): void {
  const { now, links, pending, beatAt, effects } = member;
  let at = Math.min(otherwise, beatAt, floodAt(member), ...pending.values());
  for (const link of links.values()) at = Math.min(at, link.dueAt(keeps(member, link)));
  member.wakeAt = Math.max(at, now + 1);
  effects.push({ type: 'wake', at: member.wakeAt });
}
