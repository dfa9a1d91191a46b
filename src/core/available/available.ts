import type { Leadership } from '../leadership.ts';
import type { Core, Instant, Timed } from '../step.ts';
import { doubt, isLeading, lead, leadAt, transfer } from './candidate.ts';
import { liveClaims, strongestOf } from './claims.ts';
import type { AvailableEffect, AvailableEvent, AvailableOptions } from './events.ts';
import { accept, answerVector, compareDigest, handOn, sayGoodbye } from './flooding.ts';
import { groupOf } from './graph.ts';
import { heirOf } from './leading.ts';
import type { Link } from './link.ts';
import { Member } from './member.ts';
import type { Beat, Message } from './messages.ts';
import { amendHears, askAnew, choose, depart, dropLost, hearsOf, isSure, linkTo, setView } from './neighbours.ts';
import { lookAroundMs } from './pace.ts';
import { parseMessage } from './parse.ts';
import { answerFetch, fetchFrom, publish, takeValue } from './publishing.ts';
import { beat, beatSoon, expectSlowTimers, isAlive, noteLateness, sleep } from './pulse.ts';
import { tell } from './telling.ts';

/** One change can call for another: a member that was appointed claims, then counts who follows. */
const maxRounds = 8;

/** The beat that came in this step, if one did. */
type Heard = { readonly link: Link; readonly said: Beat } | null;

/**
 * The core of `available()`: every group of members that can talk to each other has exactly one leader (A1), and when
 * groups merge, one remains (A2). See README.md for what the caller owes, and for how it works.
 */
export class Available implements Core<AvailableEvent, AvailableEffect> {
  readonly #member: Member;

  constructor(options: AvailableOptions) {
    this.#member = new Member(options);
  }

  // What the caller may read between steps.

  /** True while this member leads and has not slept for longer than the others take to notice (F1). */
  isLeader(at: Instant): boolean {
    return this.#member.leader?.id === this.#member.id && isAlive(this.#member, at.fast);
  }

  leader(): Leadership | null {
    return this.#member.leader;
  }

  published(): unknown {
    return this.#member.register.value;
  }

  /** The members of this one's group, itself included; sorted. */
  reachable(): readonly string[] {
    return this.#member.groupIds;
  }

  /** True if this member leads and there is somebody to take over: `to`, or anyone. */
  canTransfer(to?: string): boolean {
    return isLeading(this.#member) && heirOf(this.#member.group, to) !== null;
  }

  // One step: take the event in, settle, tell, speak, sleep.

  step(event: Timed<AvailableEvent>): readonly AvailableEffect[] {
    const member = this.#member;
    member.effects = [];
    if (member.own.left) return [];
    member.now = Math.max(member.now, event.at.fast);
    if (!isAlive(member, member.now)) wakeFromPause(member);
    const heard = take(member, event) ?? null;
    if (!member.own.left) finish(member, heard);
    return member.effects;
  }
}

/** Others may have given this member up by now: it knows nothing for certain until they have answered. */
function wakeFromPause(member: Member): void {
  member.isUnsure = member.isStale = true;
  doubt(member);
  // Whatever silence there was is no sign: everyone it hears is asked.
  for (const link of member.heardLinks) link.afterPause(lookAroundMs, member.now);
}

function take(member: Member, event: AvailableEvent): Heard | void {
  switch (event.type) {
    case 'tick':
      return noteLateness(member);
    case 'message':
      return receive(member, event.from, event.message);
    case 'members':
      return setView(member, event.peers);
    case 'departed':
      return depart(member, event.peer);
    case 'hint':
      return member.links.get(event.peer)?.probeSoon(member.now);
    case 'reset':
      return askAnew(member, event.peer);
    case 'visible':
      member.amend({ visible: event.visible });
      if (!event.visible) expectSlowTimers(member);
      return;
    case 'priority':
      return member.amend({ priority: event.priority });
    case 'publish':
      return publish(member, event.value);
    case 'transfer':
      refresh(member);
      return transfer(member, event.to);
    case 'leave':
      return leave(member);
  }
}

function leave(member: Member): void {
  refresh(member);
  transfer(member, undefined);
  member.amend({ claim: null, hears: [], left: true });
  sayGoodbye(member);
  member.leader = null;
}

function receive(member: Member, from: string, raw: unknown): Heard | void {
  if (from === member.id || member.departed.has(from)) return;
  const message = parseMessage(raw, from);
  if (typeof message === 'string') {
    member.effects.push({ type: 'bad-message', from, reason: message });
    return;
  }
  const link = linkTo(member, from);
  return link === null ? undefined : understand(member, link, message);
}

function understand(member: Member, link: Link, message: Message): Heard | void {
  switch (message.type) {
    case 'beat':
      return hearBeat(member, link, message);
    case 'records':
      for (const record of message.records) accept(member, record, link.peer);
      return;
    case 'vector':
      return answerVector(member, link, message.vector);
    case 'fetch':
      return answerFetch(member, link.peer, message);
    case 'value':
      return takeValue(member, message);
  }
}

function hearBeat(member: Member, link: Link, said: Beat): Heard {
  const heardBefore = link.heard;
  if (!link.receive(said, member.now)) return null;
  if (link.heard !== heardBefore) member.isStale = true;
  if (said.ask) link.owesAnswer = true;
  if (said.record !== null) accept(member, said.record, link.peer);
  return { link, said };
}

function finish(member: Member, heard: Heard): void {
  dropLost(member);
  settle(member);
  if (heard) fetchFrom(member, heard.link);
  tellAll(member);
  if (heard) compareDigest(member, heard.link, heard.said);
  handOn(member);
  beat(member);
  sleep(member, Math.min(leadAt(member), member.conflicts.dueAt()));
}

/** From the records to group, neighbours, leader; until nothing changes any more. */
function settle(member: Member): void {
  for (let round = 0; round < maxRounds && (refresh(member) || leadAt(member) <= member.now); round++) lead(member);
}

/** True if anything changed. */
function refresh(member: Member): boolean {
  if (member.isUnsure && isSure(member)) {
    member.isUnsure = false;
    member.isStale = true;
  }
  amendHears(member);
  if (!member.isStale) return false;
  member.isStale = false;
  regroup(member);
  choose(member);
  amendHears(member);
  return true;
}

function regroup(member: Member): void {
  const { id, table, own, prefersTerm, groupIds: before } = member;
  const groupIds = groupOf((other) => hearsOf(member, other), id);
  for (const other of before) if (!groupIds.includes(other)) table.outdate(other);
  const members = table.among(groupIds);
  const claims = liveClaims(members, table.records());
  member.groupIds = groupIds;
  member.group = { self: own, members, claims, strongest: strongestOf(claims, prefersTerm) };
  member.digest = table.digest(groupIds);
  learnDisplacements(member);
}

/** Of this group only. What happened before this member belonged to any is none of its business. */
function learnDisplacements({ group, own, conflicts, now }: Member): void {
  for (const displacement of group.members.flatMap(({ displaced }) => displaced)) {
    if (own.follows === null) conflicts.ignore(displacement);
    else conflicts.learn(displacement, now);
  }
}

function tellAll(member: Member): void {
  const { conflicts, register, now, own, effects } = member;
  for (const { winner, loser } of conflicts.drain(register, now)) effects.push({ type: 'conflict', winner, loser });
  const { told } = conflicts;
  if (told.length !== own.displaced.length || told.some((one, at) => one !== own.displaced[at])) {
    member.amend({ displaced: told });
    refresh(member);
  }
  if (tell(member)) beatSoon(member);
}
