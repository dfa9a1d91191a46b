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
import { Proposing } from './proposing.ts';
import { Reading } from './reading.ts';
import { Replication } from './replication.ts';
import { Standing } from './standing.ts';
import type { HardState, Snapshot } from './state.ts';
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
  readonly #standing: Standing;
  readonly #proposing: Proposing;
  readonly #reading: Reading;
  readonly #applying: Applying;
  readonly #membership: Membership;
  readonly #telling: Telling;
  readonly #fetching: Fetching;
  readonly #inbox: Inbox;
  readonly #timer: Timer;
  readonly #restMs: number;
  #state: 'new' | 'running' | 'left' = 'new';

  constructor(options: RaftOptions) {
    const member = new Member(options);
    this.#member = member;
    this.#restMs = options.stored?.hardState.promisedMs ?? 0;
    const election = new Election(member);
    this.#election = election;
    this.#proposing = new Proposing(member);
    this.#applying = new Applying(member, this.#proposing);
    this.#membership = new Membership(member);
    const following = new Following(member, this.#applying);
    this.#following = following;
    const replication = new Replication(member);
    this.#replication = replication;
    this.#handover = new Handover(member);
    const standing = new Standing(member, election, this.#applying, { replication, handover: this.#handover });
    this.#standing = standing;
    const reading = new Reading(member);
    this.#reading = reading;
    const fetching = new Fetching(member, election, following, this.#applying);
    this.#fetching = fetching;
    this.#inbox = new Inbox(member, { election, standing, following, fetching, replication, reading });
    this.#telling = new Telling(member);
    this.#timer = new Timer(member);
  }

  // What the caller may read between steps.

  get id(): string {
    return this.#member.id;
  }

  /** True while this member leads and its lease holds at that moment (Q2, F1). */
  isLeader(at: Instant): boolean {
    return this.#state === 'running' && this.#standing.leading?.isLeased(at.fast) === true;
  }

  /** As last told by the `leader` effect. */
  leader(): { readonly id: string; readonly term: number } | null {
    return this.#telling.leader;
  }

  /** True if this member leads and there is somebody to take over: `to`, or anyone. */
  canTransfer(to?: string): boolean {
    const { leading } = this.#standing;
    return leading !== null && this.#handover.heirOf(leading, to) !== undefined;
  }

  get role(): 'follower' | 'pre-candidate' | 'candidate' | 'leader' {
    if (this.#standing.leading !== null) return 'leader';
    if (this.#election.kind === null) return 'follower';
    return this.#election.kind === 'vote' ? 'candidate' : 'pre-candidate';
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

  // One step: give up what has run out, take the event in, let time pass, act, tell, write, sleep.

  step(event: Timed<RaftEvent>): readonly RaftEffect[] {
    if (this.#state === 'left') return [];
    const member = this.#member;
    member.effects = [];
    const { fast, slow } = event.at;
    member.now = { fast: Math.max(member.now.fast, fast), slow: Math.max(member.now.slow, slow) };
    if (this.#state === 'new') this.#start();
    this.#standing.expire();
    this.#take(event);
    if (this.#state === 'running') this.#finish();
    return member.effects;
  }

  #start(): void {
    this.#state = 'running';
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
        return this.#standing.transfer(event.to);
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
        return this.#membership.hearDeparture(event.peer);
      case 'reset':
        return this.#reset(event.peer);
      case 'leave':
        return this.#leave();
    }
  }

  #persisted(upTo: number): void {
    const { log, disk, id } = this.#member;
    log.persisted(upTo);
    this.#standing.leading?.noteProgress();
    for (const { to, message } of disk.persisted(upTo)) {
      if (to !== id) this.#member.send(to, message);
      else if (message.type === 'vote-reply') this.#standing.hearVoteReply(id, message);
    }
  }

  #reset(peer: string): void {
    this.#standing.leading?.followers.get(peer)?.lose();
    if (peer === this.#member.leader) this.#startOver();
  }

  #startOver(): void {
    this.#proposing.startOver();
    this.#reading.startOver();
  }

  #leave(): void {
    this.#standing.abdicate();
    this.#proposing.close();
    this.#state = 'left';
  }

  #finish(): void {
    this.#passTime();
    if (this.#telling.tellLeader(this.#standing.leading)) this.#startOver();
    this.#act();
    this.#telling.tellReady(this.#standing.leading);
    this.#telling.tellConfiguration();
    this.#telling.tellReachable(this.#standing.leading, this.#election.hasFailed);
    this.#member.disk.flush(this.#member.log, this.#member.effects);
    this.#timer.sleep(this.#dueAt());
  }

  #passTime(): void {
    this.#standing.onTime();
    this.#election.onTime();
    this.#fetching.onTime();
    this.#following.onTime();
    this.#proposing.onTime();
    this.#reading.onTime();
  }

  #act(): void {
    const { leading } = this.#standing;
    const leader = this.#telling.leader?.id ?? null;
    if (leading !== null) {
      this.#applying.commitTo(leading.committed());
      this.#membership.advance(leading);
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
      this.#standing.dueAt(),
      this.#election.dueAt(),
      this.#following.dueAt(),
      this.#proposing.dueAt(),
      this.#reading.dueAt(),
    );
  }
}
