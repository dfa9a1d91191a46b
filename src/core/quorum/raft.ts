import type { Leadership } from '../leadership.ts';
import type { Core, Instant, Timed } from '../step.ts';
import { Applying } from './applying.ts';
import type { Configuration } from './configuration.ts';
import { Election } from './election.ts';
import type { Entry } from './entry.ts';
import type { RaftEffect, RaftEvent, RaftOptions } from './events.ts';
import { Fetching } from './fetching.ts';
import { Following } from './following.ts';
import { Handover } from './handover.ts';
import { Inbox } from './inbox.ts';
import { Member } from './member.ts';
import { Membership } from './membership.ts';
import type { Round } from './messages.ts';
import { Pledging } from './pledging.ts';
import { Proposing } from './proposing.ts';
import { Reading } from './reading.ts';
import { Replication } from './replication.ts';
import { Tenure } from './tenure.ts';
import type { HardState, Snapshot, Standing, StoredState } from './state.ts';
import { Telling } from './telling.ts';
import { Timer } from './timer.ts';

/**
 * The core of `quorum()`: Raft with PreVote, CheckQuorum, leases, a line of succession, and a log in which every append
 * takes effect once. See README.md for what the caller owes and for how it works, SPEC.md for what it promises.
 */
export class Raft implements Core<RaftEvent, RaftEffect> {
  readonly #member: Member;
  readonly #election: Election;
  readonly #following: Following;
  readonly #replication: Replication;
  readonly #handover: Handover;
  readonly #tenure: Tenure;
  readonly #proposing: Proposing;
  readonly #reading: Reading;
  readonly #applying: Applying;
  readonly #membership: Membership;
  readonly #telling: Telling;
  readonly #fetching: Fetching;
  readonly #pledging: Pledging;
  readonly #inbox: Inbox;
  readonly #timer: Timer;
  readonly #restMs: number;
  #state: 'new' | 'running' | 'pledged' | 'left' = 'new';

  constructor(options: RaftOptions) {
    const member = new Member(options);
    this.#member = member;
    this.#restMs = options.stored?.hardState.promisedMs ?? 0;
    const election = new Election(member);
    this.#election = election;
    this.#proposing = new Proposing(member);
    this.#applying = new Applying(member, this.#proposing, options.applied ?? 0);
    this.#membership = new Membership(member);
    const following = new Following(member, this.#applying);
    this.#following = following;
    const replication = new Replication(member);
    this.#replication = replication;
    this.#handover = new Handover(member);
    const tenure = new Tenure(member, election, this.#applying, { replication, handover: this.#handover });
    this.#tenure = tenure;
    const reading = new Reading(member);
    this.#reading = reading;
    const fetching = new Fetching(member, election, following, this.#applying);
    this.#fetching = fetching;
    this.#pledging = new Pledging(member, fetching);
    this.#inbox = new Inbox(member, {
      applying: this.#applying,
      election,
      tenure,
      following,
      fetching,
      replication,
      reading,
    });
    this.#telling = new Telling(member);
    this.#timer = new Timer(member);
  }

  // What the caller may read between steps.

  get id(): string {
    return this.#member.id;
  }

  /** True while this member leads and its lease holds at that moment (Q2, F1). */
  isLeader(at: Instant): boolean {
    return this.#state === 'running' && this.#tenure.leading?.isLeased(at.fast) === true;
  }

  /** As last told by the `leader` effect. */
  leader(): Leadership | null {
    return this.#telling.leader;
  }

  /** True if this member leads and there is somebody to take over: `to`, or anyone. */
  canTransfer(to?: string): boolean {
    const { leading } = this.#tenure;
    return leading !== null && this.#handover.heirOf(leading, to) !== undefined;
  }

  get role(): 'follower' | 'pre-candidate' | 'candidate' | 'leader' {
    if (this.#tenure.leading !== null) return 'leader';
    if (this.#election.kind === null) return 'follower';
    return this.#election.kind === 'vote' ? 'candidate' : 'pre-candidate';
  }

  /** As the leader announced it last; `null`: no leader is known. */
  get leaseMs(): number | null {
    const { leading } = this.#tenure;
    if (this.#telling.leader === null) return null;
    return (leading ?? this.#member).leaseMs;
  }

  get configuration(): Configuration {
    return this.#member.configuration;
  }

  get hardState(): HardState {
    return this.#member.disk.hardState;
  }

  /** Committed and applied up to here. */
  get commitIndex(): number {
    return this.#member.commit;
  }

  /** Of the first entry that was not compacted away. */
  get firstIndex(): number {
    return this.#member.log.baseIndex + 1;
  }

  get lastIndex(): number {
    return this.#member.log.lastIndex;
  }

  /** Of the last entry that is durable here. */
  get durableIndex(): number {
    return this.#member.log.durable;
  }

  /** Until when on the slow clock, and to whom, this member has promised a vote for nobody else (Q2). */
  get promise(): { readonly to: Round; readonly until: number } {
    return this.#member.promised;
  }

  entry(index: number): Entry | undefined {
    return this.#member.log.entry(index);
  }

  get snapshot(): Snapshot | null {
    return this.#member.disk.snapshot;
  }

  /** Silent for good in this epoch. */
  get isPledged(): boolean {
    return this.#state === 'pledged';
  }

  /** Everything that a core of a later epoch goes on with, once this one has pledged or given up. */
  state(): StoredState {
    const { disk, log } = this.#member;
    return { hardState: disk.hardState, snapshot: disk.snapshot, log: log.kept() };
  }

  /**
   * How this member stands, for whoever founds epochs; `null` while it could not pledge: it leads, follows a leader, has
   * promised, or a candidate is getting from a witness what it is missing. Who has pledged or left stands as it stood then.
   */
  standing(at: Instant): Standing | null {
    if (this.#state === 'new') return null;
    const isFree = this.#tenure.leading === null && this.#pledging.isFree(at);
    return isFree || this.#state !== 'running' ? this.#pledging.standing(at.slow) : null;
  }

  // One step: give up what has run out, take the event in, let time pass, act, tell, write, sleep.

  step(event: Timed<RaftEvent>): readonly RaftEffect[] {
    if (this.#state === 'left') return [];
    const member = this.#member;
    member.effects = [];
    member.now = laterOf(member.now, event.at);
    if (this.#state === 'new') this.#start();
    if (this.#state === 'pledged') return this.#stepPledged(event);
    this.#tenure.expire();
    this.#take(event);
    if (this.#state === 'running') this.#finish();
    return member.effects;
  }

  #start(): void {
    this.#state = this.#pledging.isDone ? 'pledged' : 'running';
    this.#member.promised.rest(this.#restMs, this.#member.now.slow);
    this.#applying.start();
    this.#election.standInLine();
  }

  #take(event: RaftEvent): void {
    switch (event.type) {
      case 'tick':
        return this.#timer.noteTick();
      case 'message':
        return this.#inbox.receive(event.from, event.message);
      case 'persisted':
        return this.#persisted(event.upTo);
      case 'append':
        return this.#proposing.append(event.first, event.values);
      case 'read':
        return this.#reading.read(event.ticket);
      case 'snapshot':
        return this.#applying.takeSnapshot(event.index, event.data);
      case 'transfer':
        return this.#tenure.transfer(event.to);
      case 'campaign':
        return this.#election.tryNow();
      case 'visible':
        this.#member.visible = event.visible;
        return;
      case 'priority':
        this.#member.priority = event.priority;
        return;
      case 'members':
        return this.#membership.hearMembers(event.peers);
      case 'departed':
        this.#membership.hearDeparture(event.peer);
        return this.#following.passOnGoodbye(event.peer);
      case 'reset':
        return this.#reset(event.peer);
      case 'contact':
        return this.#member.noteContact(event.askedAt);
      case 'storage':
        this.#member.isStorageFull = event.isFull;
        this.#member.storageChars = event.roomChars;
        return;
      case 'pledge':
        return this.#pledge();
      case 'give-up':
        return this.#giveUp();
      case 'leave':
        return this.#leave();
    }
  }

  #persisted(upTo: number): void {
    const { log, disk, id, now } = this.#member;
    log.persisted(upTo);
    this.#tenure.leading?.noteProgress();
    for (const { to, message } of disk.persisted(upTo, now.fast)) {
      if (to !== id) this.#member.send(to, message);
      else if (message.type === 'vote-reply') this.#tenure.hearVoteReply(id, message);
    }
  }

  #reset(peer: string): void {
    this.#tenure.leading?.followers.get(peer)?.lose();
    if (peer === this.#member.leader) this.#startOver();
  }

  /** There is another leader, or what was sent to this one may be lost: what it is to know it is told again. */
  #startOver(): void {
    this.#proposing.startOver();
    this.#reading.startOver();
    for (const peer of this.#membership.departed) this.#following.passOnGoodbye(peer);
  }

  #leave(): void {
    this.#tenure.abdicate();
    this.#proposing.close();
    this.#state = 'left';
  }

  /** No lease rests on what it had promised: those who pledged leave no quorum behind (Q2). */
  #giveUp(): void {
    this.#tenure.stepDown();
    this.#member.leader = null;
    this.#telling.tellLeader(null);
    this.#proposing.close();
    this.#state = 'left';
  }

  /** Nobody leads it any more: that is told before the rest is silence. */
  #pledge(): void {
    const { log, disk, effects, now } = this.#member;
    if (this.#tenure.leading !== null || !this.#pledging.isFree(now)) return;
    this.#member.leader = null;
    this.#telling.tellLeader(null);
    this.#proposing.close();
    this.#election.yield();
    this.#pledging.pledge();
    disk.flush(log, effects, now.fast);
    this.#state = 'pledged';
    this.#pledging.tell();
  }

  /** Silent for good: it only waits until the pledge is durable, and refuses what is appended. */
  #stepPledged(event: RaftEvent): readonly RaftEffect[] {
    const { disk, now, effects } = this.#member;
    if (event.type === 'append') {
      this.#proposing.append(event.first, event.values);
      this.#proposing.close();
    } else if (event.type === 'message') this.#inbox.read(event.from, event.message);
    else if (event.type === 'persisted') disk.persisted(event.upTo, now.fast);
    else if (event.type === 'leave' || event.type === 'give-up') this.#state = 'left';
    this.#pledging.tell();
    return effects;
  }

  #finish(): void {
    this.#passTime();
    if (this.#telling.tellLeader(this.#tenure.leading)) this.#startOver();
    this.#act();
    this.#telling.tellConfiguration();
    this.#telling.tellReachable(this.#tenure.leading, this.#election.hasFailed);
    this.#telling.tellReady(this.#tenure.leading);
    const { disk, log, effects, now } = this.#member;
    disk.flush(log, effects, now.fast);
    this.#timer.sleep(this.#dueAt());
  }

  #passTime(): void {
    this.#tenure.onTime();
    this.#election.onTime();
    this.#fetching.onTime();
    this.#following.onTime();
    this.#proposing.onTime();
    this.#reading.onTime();
  }

  #act(): void {
    const { leading } = this.#tenure;
    const leader = this.#telling.leader?.id ?? null;
    if (leading !== null) {
      this.#applying.commitTo(leading.committed());
      this.#membership.advance(leading);
      leading.announce();
    }
    this.#proposing.pump(leader, leading);
    this.#reading.pump(leader, leading);
    if (leading !== null) {
      this.#replication.feed(leading);
      this.#reading.answer(leading);
    }
    this.#reading.serve();
  }

  #dueAt(): number {
    return Math.min(
      this.#tenure.dueAt(),
      this.#election.dueAt(),
      this.#fetching.dueAt(),
      this.#following.dueAt(),
      this.#proposing.dueAt(),
      this.#reading.dueAt(),
    );
  }
}

/** Clocks that went back stand still. */
function laterOf(before: Instant, at: Instant): Instant {
  if (at.fast >= before.fast && at.slow >= before.slow) return at;
  return { fast: Math.max(before.fast, at.fast), slow: Math.max(before.slow, at.slow) };
}
