import { Random } from '../random.ts';
import type { Core, Instant, Timed } from '../step.ts';
import { Bucket } from './bucket.ts';
import { isOpen, liveClaims, strongestOf } from './claims.ts';
import { Conflicts } from './conflicts.ts';
import type { AvailableEffect, AvailableEvent, AvailableOptions } from './events.ts';
import { fullMeshMembers, groupOf, neighboursIn } from './graph.ts';
import { countFollowers, heirOf, isAcceptable, isFounded, isNext, isOutrun, newClaim } from './leading.ts';
import type { Group } from './leading.ts';
import { maxDeparted, maxMembers, maxRecordChars, maxRecordsPerMessage } from './limits.ts';
import { Link } from './link.ts';
import type { Beat, FetchMessage, Message, ValueMessage, VectorMessage } from './messages.ts';
import {
  announcedMs,
  beatMs,
  departedMs,
  floodBurst,
  floodEveryMs,
  hiddenTimerMs,
  lingerMs,
  longestLatenessMs,
  lookAroundMs,
  repeatMs,
  silenceMs,
  steadyMs,
} from './pace.ts';
import { parseMessage } from './parse.ts';
import { sameLeadership, sortedIds } from './record.ts';
import type { Leadership, MemberRecord } from './record.ts';
import { Register, sameStamp } from './register.ts';
import { lineOfSuccession } from './succession.ts';
import { RecordTable } from './table.ts';

/** A record to hand on: by whom it came, and whom its member heard before. */
interface News {
  readonly from: string;
  readonly heardBefore: readonly string[];
}

/** How many of the first in line, beside the leader, keep links to everyone in a large group. */
const hubsInLine = 3;

/**
 * The core of `available()`: every group of members that can talk to each other has exactly one leader (A1), and when
 * groups merge, one remains (A2). See README.md for what the caller owes, and for how it works.
 */
export class Available implements Core<AvailableEvent, AvailableEffect> {
  readonly #id: string;
  readonly #minMembers: number;
  readonly #random: Random;
  readonly #table = new RecordTable();
  readonly #links = new Map<string, Link>();
  readonly #departed = new Map<string, number>();
  readonly #register = new Register();
  readonly #conflicts = new Conflicts();
  /** Members that a newcomer waits for, and until when. */
  readonly #pending = new Map<string, number>();

  #own: MemberRecord;
  #view: ReadonlySet<string> | null = null;
  #now = 0;
  #started = false;
  /** Nothing came of this event. */
  #isQuiet = false;
  #left = false;

  #group: Group;
  #groupIds: readonly string[];
  #isStale = true;
  #digest = 0;
  #wanted: ReadonlySet<string> = new Set();

  #leader: Leadership | null = null;
  /** After a pause, until those that were heard before have answered or been given up. */
  #isUnsure = false;
  #mustRaise = false;
  #steady: { readonly id: string; readonly since: number } | null = null;

  #beatAt = 0;
  #aliveUntil = -Infinity;
  #lateMs = 0;
  #wakeAt = Infinity;

  #news = new Map<string, News>();
  #ownChanged = false;
  /** This member's record says who leads: that does not wait. */
  #isUrgent = false;
  readonly #floods = new Bucket(floodBurst, floodEveryMs);
  #effects: AvailableEffect[] = [];

  #toldReachable: readonly string[] = [];
  #toldPaths: readonly string[] = [];
  #toldLeader: Leadership | null = null;
  #toldValue: unknown = undefined;

  constructor(options: AvailableOptions) {
    this.#id = options.id;
    this.#minMembers = options.minMembers;
    this.#random = new Random(options.seed);
    this.#own = {
      id: options.id,
      seq: 0,
      rank: null,
      priority: options.priority,
      visible: true,
      founded: false,
      hears: [],
      claim: null,
      follows: null,
      appoints: null,
      displaced: [],
      left: false,
    };
    this.#group = { self: this.#own, members: [this.#own], claims: [], strongest: null };
    this.#groupIds = [this.#id];
  }

  // What the caller may read between steps.

  /** True while this member leads and has not slept for longer than the others take to notice (F1). */
  isLeader(at: Instant): boolean {
    return this.#leader?.id === this.#id && at.fast < this.#aliveUntil;
  }

  leader(): Leadership | null {
    return this.#leader;
  }

  published(): unknown {
    return this.#register.value;
  }

  /** The members of this one's group, itself included; sorted. */
  reachable(): readonly string[] {
    return this.#groupIds;
  }

  /** True if this member leads and there is somebody to take over: `to`, or anyone. */
  canTransfer(to?: string): boolean {
    return this.#leader?.id === this.#id && heirOf(this.#group, to) !== null;
  }

  step(event: Timed<AvailableEvent>): readonly AvailableEffect[] {
    if (this.#left) return [];
    this.#effects = [];
    this.#isQuiet = false;
    this.#begin(event.at);
    this.#take(event);
    if (!this.#left && !this.#isQuiet) this.#finish();
    return this.#effects;
  }

  // Time.

  #begin(at: Instant): void {
    this.#now = Math.max(this.#now, at.fast);
    if (!this.#started) {
      this.#started = true;
      this.#beatAt = this.#now;
      this.#table.put(this.#own, this.#now);
    } else if (this.#now >= this.#aliveUntil) this.#wakeFromPause();
  }

  /** Others may have given this member up by now: it knows nothing for certain until they have answered. */
  #wakeFromPause(): void {
    this.#isUnsure = true;
    this.#mustRaise = true;
    if (this.#own.claim !== null) this.#amend({ claim: { ...this.#own.claim, following: 0 } });
    for (const link of this.#links.values()) {
      if (link.heard) link.afterPause(lookAroundMs, this.#now);
    }
    this.#isStale = true;
  }

  #take(event: Timed<AvailableEvent>): void {
    switch (event.type) {
      case 'tick':
        return this.#noteLateness();
      case 'message':
        return this.#receive(event.from, event.message);
      case 'members':
        return this.#setView(event.peers);
      case 'departed':
        return this.#depart(event.peer);
      case 'hint':
        return this.#links.get(event.peer)?.probeSoon(this.#now);
      case 'reset':
        return this.#askAnew(event.peer);
      case 'visible':
        return this.#setVisible(event.visible);
      case 'priority':
        return this.#amend({ priority: event.priority });
      case 'publish':
        return this.#publish(event.value);
      case 'transfer':
        return this.#transfer(event.to);
      case 'leave':
        return this.#leave();
    }
  }

  #noteLateness(): void {
    const lateMs = this.#now - this.#wakeAt;
    if (lateMs < 0 || lateMs > longestLatenessMs) return;
    this.#lateMs = lateMs > this.#lateMs ? lateMs : this.#lateMs + (lateMs - this.#lateMs) / 4;
  }

  /** Timers of hidden pages are slow: say so to the others before it shows, until measured better. */
  #setVisible(visible: boolean): void {
    this.#amend({ visible });
    if (visible) return;
    this.#lateMs = Math.max(this.#lateMs, hiddenTimerMs);
    this.#beatAt = this.#now;
  }

  // Who there is.

  /** An empty view is a discovery that failed (D1): a view always has this member in it. */
  #setView(peers: readonly string[]): void {
    if (peers.length === 0) return;
    const before = this.#view;
    this.#view = new Set(peers);
    for (const id of peers) {
      if (id === this.#id || before?.has(id) || this.#departed.has(id)) continue;
      this.#linkTo(id)?.askSoon(this.#now);
      if (this.#own.follows === null) this.#pending.set(id, this.#now + lookAroundMs);
    }
    for (const id of this.#pending.keys()) if (!this.#view.has(id)) this.#pending.delete(id);
    this.#isStale = true;
  }

  #linkTo(id: string): Link | null {
    const known = this.#links.get(id);
    if (known !== undefined) return known;
    if (this.#links.size >= maxMembers) return null;
    const link = new Link(id, 0, this.#now);
    this.#links.set(id, link);
    return link;
  }

  #depart(id: string): void {
    if (id === this.#id || this.#departed.has(id)) return;
    this.#departed.set(id, this.#now);
    for (const oldest of this.#departed.keys()) {
      if (this.#departed.size <= maxDeparted) break;
      this.#departed.delete(oldest);
    }
    this.#links.delete(id);
    this.#pending.delete(id);
    this.#isStale = true;
  }

  #askAnew(id: string): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    link.askSoon(this.#now);
    link.owesAnswer = true;
  }

  // What arrives.

  #receive(from: string, raw: unknown): void {
    if (from === this.#id || this.#departed.has(from)) return;
    const message = parseMessage(raw, from);
    if (typeof message === 'string') {
      this.#effects.push({ type: 'bad-message', from, reason: message });
      return;
    }
    const link = this.#linkTo(from);
    if (link !== null) this.#handle(link, message);
  }

  #handle(link: Link, message: Message): void {
    switch (message.type) {
      case 'beat':
        return this.#hearBeat(link, message);
      case 'records':
        for (const record of message.records) this.#accept(record, link.peer);
        return;
      case 'vector':
        return this.#compareVector(link, message);
      case 'fetch':
        return this.#answerFetch(link, message);
      case 'value':
        return this.#takeValue(message);
    }
  }

  #hearBeat(link: Link, beat: Beat): void {
    const heardBefore = link.heard;
    const wasPlain = link.isPlain;
    if (!link.receive(beat, this.#now)) return;
    this.#isQuiet = wasPlain && link.isPlain && this.#isNothingNew(link, beat);
    if (this.#isQuiet) return;
    if (link.heard !== heardBefore) this.#isStale = true;
    if (beat.ask) link.owesAnswer = true;
    if (beat.record !== null) this.#accept(beat.record, link.peer);
    this.#compareDigests.push({ link, digest: beat.digest, ask: beat.ask });
  }

  #compareDigests: { readonly link: Link; readonly digest: number; readonly ask: boolean }[] = [];

  /** Most beats only say that all is as it was: there is nothing to settle, and the wake that was asked for stands. */
  #isNothingNew(link: Link, beat: Beat): boolean {
    return (
      this.#now < this.#wakeAt &&
      !this.#isStale &&
      !beat.ask &&
      beat.record === null &&
      beat.digest === this.#digest &&
      link.mismatches === 0 &&
      this.#conflicts.missing.length === 0 &&
      sameStamp(beat.register, this.#register.stamp)
    );
  }

  /** Takes over a record that is news, and hands it on at the end of the step. */
  #accept(record: MemberRecord, from: string): void {
    if (record.id === this.#id) return this.#outbid(record);
    if (this.#departed.has(record.id) && !record.left) return;
    const before = this.#table.get(record.id);
    if (!this.#table.put(record, this.#now)) return;
    this.#isStale = true;
    this.#news.set(record.id, { from, heardBefore: before?.hears ?? [] });
    if (record.left) this.#depart(record.id);
    else if (before !== undefined) this.#suspectWith(before, record);
  }

  /** Nobody else writes this member's record: one that is newer than its own is overridden. */
  #outbid(record: MemberRecord): void {
    if (record.seq <= this.#own.seq) return;
    this.#own = { ...this.#own, seq: record.seq };
    this.#amend({});
  }

  /** Another member has lost somebody whom this one still hears: worth a question. */
  #suspectWith(before: MemberRecord, after: MemberRecord): void {
    for (const lost of before.hears) {
      if (after.hears.includes(lost)) continue;
      if (this.#groupIds.length > fullMeshMembers && lost !== this.#leader?.id) continue;
      const link = this.#links.get(lost);
      if (link?.heard) link.probeSoon(this.#now);
    }
  }

  #compareVector(link: Link, message: VectorMessage): void {
    this.#sendRecords(link.peer, this.#table.newerThan(message.vector, this.#groupIds));
    if (message.reply || !this.#table.isBehind(message.vector)) return;
    this.#send(link.peer, { type: 'vector', vector: this.#table.vector(this.#groupIds), reply: true });
  }

  // The published value.

  #publish(value: unknown): void {
    if (this.#own.claim === null || this.#leader?.id !== this.#id) return;
    const under = this.#leader;
    const edition = this.#register.publish(under, value);
    for (const link of this.#links.values()) {
      if (link.heard) this.#send(link.peer, { type: 'value', edition, under, value });
    }
  }

  #answerFetch(link: Link, { edition }: FetchMessage): void {
    const found = this.#register.find(edition);
    if (found !== null) this.#send(link.peer, { type: 'value', ...found });
  }

  #takeValue({ under, edition, value }: ValueMessage): void {
    const published = { edition, value };
    if (this.#register.offer(under, published, this.#leader, this.#own.claim?.origin ?? null)) return;
    const isMissing = this.#conflicts.missing.some((missing) => sameLeadership(missing.by, edition.by));
    if (isMissing) this.#register.archive(edition.by, published);
  }

  #compareRegisters(): void {
    for (const { link } of this.#compareDigests) this.#fetchFrom(link);
  }

  /** Looks for values that a neighbour's beat showed, or that a conflict waits for. */
  #fetchFrom(link: Link): void {
    if (this.#now - link.fetchAt < repeatMs(link.rttMs)) return;
    const better =
      link.register === null
        ? null
        : this.#register.compare(link.register, this.#leader, this.#own.claim?.origin ?? null);
    const missing = this.#conflicts.missing.find((edition) => this.#register.find(edition) === null);
    for (const edition of [better, missing]) {
      if (!edition) continue;
      link.fetchAt = this.#now;
      this.#send(link.peer, { type: 'fetch', edition });
    }
  }

  // Handing over.

  #transfer(to: string | undefined): void {
    if (this.#leader?.id !== this.#id || this.#own.claim === null) return;
    this.#refresh();
    const heir = heirOf(this.#group, to);
    if (heir !== null) this.#appoint(heir.id);
  }

  #appoint(to: string): void {
    const { claim } = this.#own;
    if (claim === null) return;
    const term = this.#table.highestTerm + 1;
    this.#amend({ claim: null, appoints: { to, term, following: claim.following } });
  }

  #leave(): void {
    this.#transfer(undefined);
    this.#amend({ claim: null, hears: [], left: true });
    for (const link of this.#links.values()) this.#sendRecords(link.peer, [this.#own]);
    this.#left = true;
    this.#leader = null;
  }

  // Settling: from the records to group, neighbours, leader; until nothing changes any more.

  #finish(): void {
    this.#dropLost();
    for (let round = 0; round < 8; round++) {
      this.#refresh();
      this.#lead();
      if (!this.#isStale) break;
    }
    this.#refresh();
    this.#compareRegisters();
    this.#tellConflicts();
    this.#tell();
    this.#speak();
    this.#sleep();
  }

  #dropLost(): void {
    for (const link of this.#links.values()) {
      if (!link.isLost(this.#now)) continue;
      link.giveUp(this.#now);
      this.#pending.delete(link.peer);
      this.#isStale = true;
    }
    for (const [id, until] of this.#pending) if (until <= this.#now) this.#pending.delete(id);
  }

  #refresh(): void {
    if (this.#isUnsure) this.#becomeSure();
    this.#amendHears();
    if (!this.#isStale) return;
    this.#isStale = false;
    this.#regroup();
    for (const { id, rank } of this.#group.members) if (rank !== null) this.#pending.delete(id);
    this.#wanted = this.#neighbours();
    for (const id of this.#wanted) this.#linkTo(id);
    this.#amendHears();
  }

  #regroup(): void {
    const hears = (id: string): readonly string[] => this.#hearsOf(id);
    const before = this.#groupIds;
    this.#groupIds = groupOf(hears, this.#id);
    for (const id of before) if (!this.#groupIds.includes(id)) this.#table.outdate(id);
    const members = this.#groupIds.flatMap((id) => this.#table.get(id) ?? []);
    const claims = liveClaims(members, this.#table.records());
    this.#group = { self: this.#own, members, claims, strongest: strongestOf(claims) };
    this.#digest = this.#table.digest(this.#groupIds);
    this.#learnDisplacements();
  }

  /** Of this group only. What happened before this member belonged to any is none of its business. */
  #learnDisplacements(): void {
    for (const { displaced } of this.#group.members) {
      for (const displacement of displaced) {
        if (this.#own.follows === null) this.#conflicts.ignore(displacement);
        else this.#conflicts.learn(displacement, this.#now);
      }
    }
  }

  #hearsOf(id: string): readonly string[] {
    if (this.#departed.has(id)) return [];
    return this.#table.get(id)?.hears ?? [];
  }

  /** Of its own accord. Links are let go late, when the others have seen the same group for a while. */
  #wants(link: Link): boolean {
    if (this.#wanted.has(link.peer)) link.wantedAt = this.#now;
    return this.#now - link.wantedAt < lingerMs;
  }

  #keeps(link: Link): boolean {
    return this.#wants(link) || (link.heard && link.keptByPeer);
  }

  #amendHears(): void {
    const hears: string[] = [];
    for (const link of this.#links.values()) {
      if (!link.heard) continue;
      if (this.#keeps(link)) hears.push(link.peer);
      else link.giveUp(this.#now);
    }
    const sorted = sortedIds(hears);
    if (!sameIds(sorted, this.#own.hears)) this.#amend({ hears: sorted });
  }

  /** Neighbours within the group, and everyone outside it: that is how groups find each other (A1). */
  #neighbours(): ReadonlySet<string> {
    const hubs = new Set(
      lineOfSuccession(this.#group.members)
        .slice(0, hubsInLine)
        .map((member) => member.id),
    );
    if (this.#group.strongest !== null) hubs.add(this.#group.strongest.id);
    const wanted = new Set(neighboursIn((id) => this.#hearsOf(id), this.#groupIds, hubs, this.#id));
    const inside = new Set(this.#groupIds);
    for (const id of this.#view ?? []) if (!inside.has(id) && !this.#departed.has(id)) wanted.add(id);
    for (const link of this.#links.values()) if (link.heard && !inside.has(link.peer)) wanted.add(link.peer);
    wanted.delete(this.#id);
    return wanted;
  }

  /** Changes this member's record, for everyone to hear. */
  #amend(changes: Partial<MemberRecord>): void {
    if ('claim' in changes || 'appoints' in changes) this.#isUrgent = true;
    this.#own = { ...this.#own, ...changes, seq: this.#own.seq + 1 };
    this.#table.put(this.#own, this.#now);
    this.#ownChanged = true;
    this.#isStale = true;
  }

  /** All have answered or been given up; or one who answered follows somebody who took over meanwhile. */
  #becomeSure(): void {
    for (const link of this.#links.values()) {
      if (!link.heard) continue;
      if (link.isProbed && !this.#hasNewLeader()) return;
    }
    this.#isUnsure = false;
    this.#isStale = true;
  }

  #hasNewLeader(): boolean {
    const last = this.#own.follows;
    for (const link of this.#links.values()) {
      const follows = link.heard && !link.isProbed ? (this.#table.get(link.peer)?.follows ?? null) : null;
      if (follows === null || follows.id === this.#id) continue;
      if (last === null || follows.term > last.term || sameLeadership(follows, last)) return true;
    }
    return false;
  }

  // Leading.

  #lead(): void {
    if (this.#isStale) return;
    this.#leader = null;
    if (this.#isUnsure || this.#view === null) {
      this.#steady = null;
      return;
    }
    this.#takeRank();
    const { strongest } = this.#group;
    if (strongest?.id === this.#id) return this.#holdOn();
    this.#steady = null;
    if (strongest === null) return this.#claimIfNext();
    this.#follow();
  }

  #takeRank(): void {
    if (this.#own.rank !== null) return;
    const isLookingAround = [...this.#pending.keys()].some((id) => !this.#groupIds.includes(id));
    if (this.#group.claims.length === 0 && isLookingAround) return;
    this.#amend({ rank: this.#table.highestRank + 1 });
  }

  #claimIfNext(): void {
    if (this.#isStale || !isNext(this.#group)) return;
    if (this.#own.follows === null && this.#pending.size > 0) return;
    if (!isFounded(this.#group.members, this.#minMembers)) return;
    this.#claim(newClaim(this.#group, this.#table.highestTerm));
  }

  #claim(claim: NonNullable<MemberRecord['claim']>): void {
    const leadership = { id: this.#id, term: claim.term };
    this.#mustRaise = false;
    this.#register.lead(leadership);
    this.#amend({ claim, follows: leadership, founded: true, appoints: null });
  }

  /** Somebody else leads, or will. */
  #follow(): void {
    const strongest = this.#group.strongest;
    if (strongest === null) return;
    this.#mustRaise = false;
    if (this.#own.claim !== null) return this.#stepDown(strongest, this.#own.claim.term);
    if (!isAcceptable(strongest, this.#own.follows)) return;
    const leader = { id: strongest.id, term: strongest.term };
    if (!sameLeadership(leader, this.#own.follows)) return this.#amend({ follows: leader, founded: true });
    this.#leader = leader;
    this.#endAppointment(leader);
  }

  #stepDown(winner: Leadership, term: number): void {
    const displacement = {
      loser: { id: this.#id, term },
      winner: { id: winner.id, term: winner.term },
      edition: this.#register.edition,
    };
    this.#conflicts.learn(displacement, this.#now);
    this.#amend({ claim: null, displaced: [...this.#own.displaced, displacement].slice(-64) });
  }

  /** Who resigned stays last in line while its heir leads; under any other leader it has its old place again. */
  #endAppointment(leader: Leadership): void {
    const { appoints } = this.#own;
    if (appoints !== null && leader.term >= appoints.term && leader.id !== appoints.to) this.#amend({ appoints: null });
  }

  /** This member's claim is the strongest: make it real, keep its term above all, count who follows. */
  #holdOn(): void {
    const { strongest, members } = this.#group;
    const { claim } = this.#own;
    if (strongest === null) return;
    if (claim === null || claim.term < strongest.term) return this.#takeOver(strongest);
    if (this.#mustRaise || isOutrun(strongest, members)) {
      return this.#claim({ ...claim, term: this.#table.highestTerm + 1 });
    }
    this.#leader = this.#own.follows;
    const following = countFollowers(strongest, this.#group);
    if (following !== null && following !== claim.following) this.#amend({ claim: { ...claim, following } });
    this.#yieldToPriority();
  }

  /** Leadership was handed to this member. */
  #takeOver(appointed: { readonly term: number; readonly following: number }): void {
    const { term, following } = appointed;
    this.#claim({ term, following, origin: this.#own.follows });
  }

  /** Priority binds incumbents: after a steady while, the first in line of higher priority leads. */
  #yieldToPriority(): void {
    const first = lineOfSuccession(this.#group.members)[0];
    if (first === undefined || first.priority <= this.#own.priority || this.#group.claims.length !== 1) {
      this.#steady = null;
      return;
    }
    if (this.#steady?.id !== first.id) this.#steady = { id: first.id, since: this.#now };
    if (this.#now - this.#steady.since >= steadyMs) this.#appoint(first.id);
  }

  // Telling the application.

  #tellConflicts(): void {
    const conflicts = this.#conflicts.drain(this.#register, this.#now);
    for (const { winner, loser } of conflicts) this.#effects.push({ type: 'conflict', winner, loser });
    const { told } = this.#conflicts;
    if (told.length !== this.#own.displaced.length || told.some((t, at) => t !== this.#own.displaced[at])) {
      this.#amend({ displaced: told });
      this.#refresh();
    }
  }

  #tell(): void {
    if (!sameLeadership(this.#leader, this.#toldLeader)) {
      this.#toldLeader = this.#leader;
      this.#beatAt = this.#now;
      this.#effects.push({ type: 'leader', leader: this.#leader });
    }
    if (!sameIds(this.#groupIds, this.#toldReachable)) {
      this.#toldReachable = this.#groupIds;
      this.#effects.push({ type: 'reachable', peers: this.#groupIds });
    }
    const paths = sortedIds(this.#wanted);
    if (!sameIds(paths, this.#toldPaths)) {
      this.#toldPaths = paths;
      this.#effects.push({ type: 'paths', peers: paths });
    }
    if (this.#register.value !== this.#toldValue) {
      this.#toldValue = this.#register.value;
      this.#effects.push({ type: 'published', value: this.#toldValue });
    }
  }

  // Talking to the others.

  #speak(): void {
    if (this.#now + beatMs(this.#own.hears.length) < this.#beatAt) this.#beatAt = this.#now;
    this.#compareAll();
    this.#handOn();
    const isBeat = this.#now >= this.#beatAt;
    for (const link of this.#links.values()) {
      const keeps = this.#keeps(link);
      const ask = link.mustAsk(this.#now, keeps);
      if (ask || link.owesAnswer || (isBeat && link.heard && keeps)) this.#beat(link, ask);
      if (isBeat && link.heard) this.#remind(link);
    }
    if (isBeat) this.#scheduleBeat();
  }

  #beat(link: Link, ask: boolean): void {
    const isAnswer = link.owesAnswer;
    const asks = ask || (isAnswer && !link.heard);
    const { n, echo } = link.stamp(asks, this.#now);
    const isNear = link.heard && this.#keeps(link);
    this.#send(link.peer, {
      type: 'beat',
      n,
      echo,
      nextMs: isNear ? this.#announced() : Math.max(this.#announced(), link.retryMs()),
      digest: this.#digest,
      ask: asks,
      keeps: this.#wants(link),
      register: this.#register.stamp,
      record: asks || isAnswer ? this.#own : null,
    });
  }

  #announced(): number {
    return announcedMs(beatMs(this.#own.hears.length), this.#lateMs);
  }

  #scheduleBeat(): void {
    const paceMs = beatMs(this.#own.hears.length);
    this.#beatAt = this.#now + paceMs * this.#random.between(0.9, 1);
    this.#aliveUntil = this.#now + silenceMs(this.#announced(), 0);
    this.#table.forget(this.#used(), this.#now);
    for (const [id, at] of this.#departed) if (this.#now - at > departedMs) this.#departed.delete(id);
  }

  #used(): ReadonlySet<string> {
    const used = new Set([...this.#groupIds, ...(this.#view ?? [])]);
    for (const link of this.#links.values()) if (link.heard) used.add(link.peer);
    return used;
  }

  /** Finds what was lost on the way: neighbours of one group have equal digests, sooner or later. */
  #compareAll(): void {
    for (const { link, digest, ask } of this.#compareDigests) {
      if (!link.heard) continue;
      link.mismatches = digest === this.#digest ? 0 : link.mismatches + 1;
      if (link.mismatches === 0 || (link.mismatches < 2 && !ask)) continue;
      if (this.#now - link.vectorAt < repeatMs(link.rttMs)) continue;
      link.vectorAt = this.#now;
      this.#send(link.peer, { type: 'vector', vector: this.#table.vector(this.#groupIds), reply: false });
    }
    this.#compareDigests = [];
  }

  /** Floods what is new. */
  #handOn(): void {
    if (this.#news.size === 0 && !this.#ownChanged) return;
    if (!this.#floods.take(this.#now, this.#isUrgent)) return;
    this.#isUrgent = false;
    for (const link of this.#links.values()) {
      if (!link.heard) continue;
      const records = this.#ownChanged && !link.owesAnswer ? [this.#own] : [];
      for (const [id, news] of this.#news) {
        const record = this.#table.get(id);
        if (record !== undefined && this.#mustHandOn(record, news, link.peer)) records.push(record);
      }
      this.#sendRecords(link.peer, records);
    }
    this.#news.clear();
    this.#ownChanged = false;
  }

  /** Not to those who have it from the member itself, nor where another neighbour of both stands before this one. */
  #mustHandOn(record: MemberRecord, news: News, to: string): boolean {
    if (to === news.from || to === record.id) return false;
    const heard = record.left ? news.heardBefore : record.hears;
    if (heard.includes(to)) return false;
    const between = heard.filter((id) => this.#hearsOf(id).includes(to));
    return between.length === 0 || between[0] === this.#id;
  }

  /** A member that was appointed and does not know it yet is told again. */
  #remind(link: Link): void {
    const heir = this.#table.get(link.peer);
    if (heir === undefined) return;
    for (const record of this.#table.records()) {
      if (record.appoints?.to !== link.peer || !isOpen(record.appoints, heir)) continue;
      this.#sendRecords(link.peer, [record]);
    }
  }

  /** In messages of bounded size. */
  #sendRecords(to: string, records: readonly MemberRecord[]): void {
    let batch: MemberRecord[] = [];
    let chars = 0;
    for (const record of records) {
      const size = sizeOf(record);
      if (batch.length > 0 && (chars + size > maxRecordChars || batch.length >= maxRecordsPerMessage)) {
        this.#send(to, { type: 'records', records: batch });
        batch = [];
        chars = 0;
      }
      batch.push(record);
      chars += size;
    }
    if (batch.length > 0) this.#send(to, { type: 'records', records: batch });
  }

  #send(to: string, message: Message): void {
    this.#effects.push({ type: 'send', to, message });
  }

  #sleep(): void {
    let at = Math.min(this.#beatAt, this.#conflicts.dueAt());
    if (this.#news.size > 0 || this.#ownChanged) at = Math.min(at, this.#floods.readyAt());
    for (const link of this.#links.values()) at = Math.min(at, link.dueAt(this.#keeps(link)));
    for (const until of this.#pending.values()) at = Math.min(at, until);
    if (this.#steady !== null) at = Math.min(at, this.#steady.since + steadyMs);
    this.#wakeAt = Math.max(at, this.#now + 1);
    this.#effects.push({ type: 'wake', at: this.#wakeAt });
  }
}

function sameIds(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, at) => id === b[at]);
}

/** Roughly, in characters of JSON. */
function sizeOf(record: MemberRecord): number {
  return 400 + 68 * record.hears.length + 400 * record.displaced.length;
}
