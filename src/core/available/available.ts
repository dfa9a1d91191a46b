import type { Core, Instant, Timed } from '../step.ts';
import { Candidate } from './candidate.ts';
import { liveClaims, strongestOf } from './claims.ts';
import type { AvailableEffect, AvailableEvent, AvailableOptions } from './events.ts';
import { Flooding } from './flooding.ts';
import { groupOf } from './graph.ts';
import { heirOf } from './leading.ts';
import type { Link } from './link.ts';
import { Member } from './member.ts';
import type { Beat, Message } from './messages.ts';
import { Neighbours } from './neighbours.ts';
import { parseMessage } from './parse.ts';
import { Publishing } from './publishing.ts';
import { Pulse } from './pulse.ts';
import type { Leadership } from './record.ts';
import { sameStamp } from './register.ts';
import { Telling } from './telling.ts';

/** One change can call for another: a member that was appointed claims, then counts who follows. */
const maxRounds = 8;

/**
 * The core of `available()`: every group of members that can talk to each other has exactly one leader (A1), and when
 * groups merge, one remains (A2). See README.md for what the caller owes, and for how it works.
 */
export class Available implements Core<AvailableEvent, AvailableEffect> {
  readonly #member: Member;
  readonly #neighbours: Neighbours;
  readonly #flooding: Flooding;
  readonly #pulse: Pulse;
  readonly #candidate: Candidate;
  readonly #publishing: Publishing;
  readonly #telling: Telling;
  /** Nothing came of this event. */
  #isQuiet = false;
  #left = false;

  constructor(options: AvailableOptions) {
    this.#member = new Member(options);
    this.#neighbours = new Neighbours(this.#member);
    this.#flooding = new Flooding(this.#member, this.#neighbours);
    this.#pulse = new Pulse(this.#member, this.#neighbours, this.#flooding);
    this.#candidate = new Candidate(this.#member, this.#neighbours);
    this.#publishing = new Publishing(this.#member, this.#neighbours);
    this.#telling = new Telling(this.#member);
    this.#member.table.put(this.#member.own, 0);
  }

  // What the caller may read between steps.

  /** True while this member leads and has not slept for longer than the others take to notice (F1). */
  isLeader(at: Instant): boolean {
    return this.#member.leader?.id === this.#member.id && this.#pulse.isAlive(at.fast);
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
    return this.#candidate.isLeading && heirOf(this.#member.group, to) !== null;
  }

  // One step: take the event in, settle, tell, speak, sleep.

  step(event: Timed<AvailableEvent>): readonly AvailableEffect[] {
    if (this.#left) return [];
    this.#member.effects = [];
    this.#isQuiet = false;
    this.#member.now = Math.max(this.#member.now, event.at.fast);
    if (!this.#pulse.isAlive(this.#member.now)) this.#wakeFromPause();
    this.#take(event);
    if (!this.#left && !this.#isQuiet) this.#finish();
    return this.#member.effects;
  }

  /** Others may have given this member up by now: it knows nothing for certain until they have answered. */
  #wakeFromPause(): void {
    this.#member.isUnsure = true;
    this.#member.isStale = true;
    this.#candidate.doubt();
    this.#neighbours.askAfterPause();
  }

  #take(event: AvailableEvent): void {
    switch (event.type) {
      case 'tick':
        return this.#pulse.noteLateness();
      case 'message':
        return this.#receive(event.from, event.message);
      case 'members':
        return this.#neighbours.setView(event.peers);
      case 'departed':
        return this.#neighbours.depart(event.peer);
      case 'hint':
        return this.#neighbours.links.get(event.peer)?.probeSoon(this.#member.now);
      case 'reset':
        return this.#neighbours.askAnew(event.peer);
      case 'visible':
        this.#member.amend({ visible: event.visible });
        if (!event.visible) this.#pulse.expectSlowTimers();
        return;
      case 'priority':
        return this.#member.amend({ priority: event.priority });
      case 'publish':
        return this.#publishing.publish(event.value);
      case 'transfer':
        this.#refresh();
        return this.#candidate.transfer(event.to);
      case 'leave':
        return this.#leave();
    }
  }

  #leave(): void {
    this.#refresh();
    this.#candidate.transfer(undefined);
    this.#member.amend({ claim: null, hears: [], left: true });
    this.#flooding.sayGoodbye();
    this.#member.leader = null;
    this.#left = true;
  }

  #receive(from: string, raw: unknown): void {
    if (from === this.#member.id || this.#neighbours.hasDeparted(from)) return;
    const message = parseMessage(raw, from);
    if (typeof message === 'string') {
      this.#member.effects.push({ type: 'bad-message', from, reason: message });
      return;
    }
    const link = this.#neighbours.linkTo(from);
    if (link !== null) this.#handle(link, message);
  }

  #handle(link: Link, message: Message): void {
    switch (message.type) {
      case 'beat':
        return this.#hearBeat(link, message);
      case 'records':
        for (const record of message.records) this.#flooding.accept(record, link.peer);
        return;
      case 'vector':
        return this.#flooding.answerVector(link.peer, message);
      case 'fetch':
        return this.#publishing.answerFetch(link.peer, message);
      case 'value':
        return this.#publishing.take(message);
    }
  }

  #hearBeat(link: Link, beat: Beat): void {
    const heardBefore = link.heard;
    const wasPlain = link.isPlain;
    if (!link.receive(beat, this.#member.now)) return;
    this.#isQuiet = wasPlain && link.isPlain && this.#isNothingNew(link, beat);
    if (this.#isQuiet) return;
    if (link.heard !== heardBefore) this.#member.isStale = true;
    if (beat.ask) link.owesAnswer = true;
    if (beat.record !== null) this.#flooding.accept(beat.record, link.peer);
    this.#flooding.hearBeat(link, beat);
  }

  /** Most beats only say that all is as it was: there is nothing to settle, and the wake that was asked for stands. */
  #isNothingNew(link: Link, beat: Beat): boolean {
    const { now, isStale, digest, conflicts, register } = this.#member;
    return (
      this.#pulse.isBeforeWake(now) &&
      !isStale &&
      !beat.ask &&
      beat.record === null &&
      beat.digest === digest &&
      link.mismatches === 0 &&
      conflicts.missing.length === 0 &&
      sameStamp(beat.register, register.stamp)
    );
  }

  #finish(): void {
    this.#neighbours.dropLost();
    this.#settle();
    for (const link of this.#flooding.heardLinks) this.#publishing.fetchFrom(link);
    this.#tell();
    this.#flooding.compareDigests();
    this.#flooding.handOn();
    this.#pulse.beat();
    this.#pulse.sleep(Math.min(this.#candidate.dueAt(), this.#member.conflicts.dueAt()));
  }

  /** From the records to group, neighbours, leader; until nothing changes any more. */
  #settle(): void {
    for (let round = 0; round < maxRounds; round++) {
      this.#refresh();
      this.#candidate.lead();
      if (!this.#member.isStale) break;
    }
    this.#refresh();
  }

  #refresh(): void {
    if (this.#member.isUnsure && this.#neighbours.isSure) {
      this.#member.isUnsure = false;
      this.#member.isStale = true;
    }
    this.#neighbours.amendHears();
    if (!this.#member.isStale) return;
    this.#member.isStale = false;
    this.#regroup();
    this.#neighbours.choose();
    this.#neighbours.amendHears();
  }

  #regroup(): void {
    const { id, table, own, groupIds: before } = this.#member;
    const groupIds = groupOf((other) => this.#neighbours.hearsOf(other), id);
    for (const other of before) if (!groupIds.includes(other)) table.outdate(other);
    const members = groupIds.flatMap((other) => table.get(other) ?? []);
    const claims = liveClaims(members, table.records());
    this.#member.groupIds = groupIds;
    this.#member.group = { self: own, members, claims, strongest: strongestOf(claims) };
    this.#member.digest = table.digest(groupIds);
    this.#learnDisplacements();
  }

  /** Of this group only. What happened before this member belonged to any is none of its business. */
  #learnDisplacements(): void {
    const { group, own, conflicts, now } = this.#member;
    for (const { displaced } of group.members) {
      for (const displacement of displaced) {
        if (own.follows === null) conflicts.ignore(displacement);
        else conflicts.learn(displacement, now);
      }
    }
  }

  #tell(): void {
    const { conflicts, register, now, own, effects } = this.#member;
    for (const { winner, loser } of conflicts.drain(register, now)) effects.push({ type: 'conflict', winner, loser });
    const { told } = conflicts;
    if (told.length !== own.displaced.length || told.some((one, at) => one !== own.displaced[at])) {
      this.#member.amend({ displaced: told });
      this.#refresh();
    }
    if (this.#telling.tell(this.#neighbours.wanted)) this.#pulse.beatSoon();
  }
}
