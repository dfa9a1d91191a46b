import type { Leadership } from '../../../src/core/leadership.ts';
import type { Role } from '../../../src/protocol/members.ts';
import { Violation } from '../checker.ts';
import { detourMs, nearTripMs } from '../distance.ts';
import { mix, unit } from '../random.ts';
import type { WebRoom } from '../schedule.ts';
import type { World } from '../world.ts';
import type { Journals } from './checkers/journals.ts';
import type { WebLife } from './life.ts';

const lookEveryMs = 100;
/** A socket that is dead without a word is noticed after 15 s, and the longest wait before the next one is 30 s. */
const reconnectMs = 60_000;
/** A socket that is dead without a word is noticed within this. */
const noticeMs = 16_000;
/** What is lost on a way is sent again after so long. */
const resendMs = 200;
/** So many round trips are within the longest lease, or one that takes longer costs it. */
const tripsPerLease = 4;
/** Whoever has given up an epoch waits so long for the next one, and starts over. */
const hopeMs = 70_000;
/** A witness that was taken out for being lost comes back after ten steady seconds, and after twice as long each time. */
const wholeMs = 400_000;
/** How many of the longest leases it may take until a leader exists (Q6). */
const leasesToLead = 10;

/** What a member appends takes no longer, a path that is given up for another one included. */
const answerMs = 5_000;

/** What begins when somebody has got a vote is over within about so long. */
const hesitationMs = 2_000;

/** Whoever leads, as everyone who is there knows. */
interface Led {
  readonly leader: WebLife;
  readonly leadership: Leadership;
}

/** What rooms promise once faults have stopped: Q5, Q6, Q8 and Q9. */
export class RoomRecovery {
  readonly #world: World<WebLife>;
  readonly #journals: Journals;
  readonly #room: WebRoom;

  constructor(world: World<WebLife>, journals: Journals) {
    this.#world = world;
    this.#journals = journals;
    this.#room = world.schedule.web!.room!;
  }

  /** Returns how long each part of it took. */
  run(): number[] {
    if (this.#there().length === 0) return [];
    const { charterMs } = this.#room;
    const longestMs = reconnectMs + hopeMs + 2 * charterMs + this.#leadMs;
    const first = this.#await('Q6: a leader exists once faults have stopped', longestMs, () => this.#lackOfLeader());
    const whole = this.#await('Q8: whoever is there gets its place', wholeMs, () => this.#lackOfMembers());
    const served = this.#serve();
    this.#noticeDeadLines();
    const took = [first, whole, served, ...this.#handOver()];
    this.#closeServer();
    took.push(...this.#loseMost());
    this.#losePairsServer();
    return took;
  }

  get #leadMs(): number {
    return leasesToLead * this.#room.maxLeaseMs;
  }

  #there(): WebLife[] {
    return this.#world.lives.filter((life) => life.responsive);
  }

  /** Returns how long it took until nothing was lacking; `lack` says what is. */
  #await(promise: string, withinMs: number, lack: () => string | null): number {
    const world = this.#world;
    const startMs = world.nowMs;
    for (let missing = lack(); missing !== null; missing = lack()) {
      if (world.nowMs - startMs > withinMs)
        throw new Violation(promise, `${withinMs} ms on ${missing}; ${this.#views()}`);
      world.runUntil(world.nowMs + lookEveryMs);
    }
    return world.nowMs - startMs;
  }

  #led(): Led | null {
    const there = this.#there();
    const leader = there.find((life) => life.isLeader());
    const leadership = leader?.election.leader() ?? null;
    if (leader === undefined || leadership === null) return null;
    const knows = (life: WebLife): boolean => life.election.leader()?.term === leadership.term;
    return there.every(knows) ? { leader, leadership } : null;
  }

  #lackOfLeader(): string | null {
    return this.#led() === null ? 'nobody leads all' : null;
  }

  /** Everyone votes or learns, nobody else does, and nobody learns as long as there is a place to vote. */
  #lackOfMembers(): string | null {
    const led = this.#led();
    if (led === null) return 'nobody leads all';
    const there = this.#there();
    const { roles } = led.leader;
    const known = new Set(there.map(({ id }) => id));
    for (const [id, role] of roles) if (role !== 'witness' && !known.has(id)) return `${id} is gone, and is a ${role}`;
    for (const { id, label, isOnline } of there) {
      if (!isOnline) return `${label} is not online`;
      if (!roles.has(id)) return `${label} is no member`;
    }
    const isAnchored = this.#room.witness === 'anchor';
    // One that its server has forgotten may still be named as a voter.
    const witnesses = [...roles.keys()].filter((id) => roles.get(id) === 'witness');
    if (isAnchored && witnesses.join() !== led.leader.witness) return 'the witness has no vote, or an old one has';
    const wanted = Math.min(this.#room.maxVoters, there.length);
    const voters = this.#votersOf(led).length;
    if (voters > this.#room.maxVoters) return `${voters} vote`;
    // Without a witness they are kept odd.
    return voters >= wanted - (isAnchored ? 0 : 1) ? null : `${voters} of ${wanted} vote`;
  }

  #votersOf({ leader }: Led): WebLife[] {
    return this.#there().filter(({ id }) => leader.roles.get(id) === 'voter');
  }

  /** Everyone reads, appends and talks to all, what is asked is answered, and everyone has everything. */
  #serve(): number {
    const there = this.#there();
    const asked = [
      { type: 'read' },
      { type: 'append', count: 2 },
      { type: 'read' },
      { type: 'talk', bytes: 10 },
    ] as const;
    for (const life of there) for (const event of asked) life.take(event);
    return this.#awaitServed();
  }

  #awaitServed(): number {
    return this.#await('Q5: what is asked is answered, and everyone has everything', reconnectMs + this.#leadMs, () => {
      const waiting = this.#there().find((life) => this.#journals.openBy(life) > 0);
      if (waiting !== undefined) return `${this.#journals.openBy(waiting)} questions of ${waiting.label} are open`;
      const late = this.#there().find((life) => !this.#journals.isUpToDate(life));
      return late === undefined ? null : `${late.label} lacks ${this.#journals.lackOf(late)}`;
    });
  }

  /** Whoever needs the server to reach somebody may still take a line for good that is dead. */
  #noticeDeadLines(): void {
    const there = this.#there();
    if (there.every((one) => there.every((other) => this.#isTied(one, other)))) return;
    this.#world.runUntil(this.#world.nowMs + noticeMs);
    this.#await('Q6: a leader exists once dead lines are noticed', reconnectMs + this.#leadMs, () =>
      this.#lackOfLeader(),
    );
  }

  /** Q9: messages only, over the slowest path there is, and no timeout. */
  #handOver(): number[] {
    const world = this.#world;
    const led = this.#led();
    if (led === null) return [];
    const heirs = this.#votersOf(led).filter(
      (life) => life !== led.leader && led.leader.election.canTransfer(life.id) && this.#isTied(life, led.leader),
    );
    const heir = heirs[world.draw(71, heirs.length) % Math.max(heirs.length, 1)];
    if (heir === undefined) return [];
    const startMs = world.nowMs;
    led.leader.take({ type: 'transfer', to: heir.id });
    const boundMs = this.#handoverMs();
    world.runUntil(startMs + boundMs, () => heir.isLeader());
    if (!heir.isLeader())
      throw new Violation(
        'Q9: handing over needs no timeout',
        `${led.leader.label} handed over to ${heir.label}, which does not lead ${boundMs} ms on; ${this.#views()}`,
      );
    const tookMs = world.nowMs - startMs;
    this.#await('Q9: everyone follows who was handed the lead', this.#leadMs, () => this.#lackOfLeader());
    return [tookMs];
  }

  /**
   * A way takes up to twice what a middling one does, and two of them over the relay: from one that is far away to the server,
   * and back there where several are.
   */
  #handoverMs(): number {
    const { conditions } = this.#world.schedule;
    const { far, timersLateMs } = conditions;
    const detours = Math.min(2, far?.seats.length ?? 0);
    const tripMs = nearTripMs(conditions) + detours * (far?.delayMs ?? 0);
    return 8 * tripMs + 4 * (this.#room.diskMs ?? 0) + timersLateMs + 20;
  }

  /** Who has just been woken, or whose line is dead, may have had none for most of its charter, and has to know it. */
  #awaitContact(): void {
    const startMs = this.#world.nowMs;
    this.#await('E4: whoever reaches the server is in contact', reconnectMs, () => {
      const late = this.#there().find((life) => life.contactMs < startMs);
      return late === undefined ? null : `${late.label} was in contact ${this.#world.nowMs - late.contactMs} ms ago`;
    });
  }

  /** The server is gone for a while: whoever leads members that can all talk without it leads on. */
  #closeServer(): void {
    this.#awaitContact();
    const led = this.#led();
    const voters = led === null ? [] : this.#votersOf(led);
    if (
      this.#isLeaseShort() ||
      led === null ||
      voters.length < 2 ||
      !voters.every((one) => voters.every((other) => this.#isTied(one, other)))
    )
      return;
    // One of higher priority takes over whenever it likes.
    if (voters.some(({ seat }) => seat.priority !== led.leader.seat.priority)) return;
    this.#doWithoutServer(led, false);
    const backMs = reconnectMs + this.#leadMs + 2 * this.#room.charterMs + hopeMs;
    this.#await('Q6: a leader exists once the server is back', backMs, () => this.#lackOfLeader());
    this.#await('Q8: whoever is there gets its place', wholeMs, () => this.#lackOfMembers());
    this.#awaitServed();
  }

  /**
   * Whoever leads leads on, and what is appended by those it talks to is committed, all in less than the charter. Where that takes
   * one who is far away, the lease that the leader held with the server's witness may end first, and somebody leads again; so
   * it may where they still relayed a moment ago, for a heartbeat may be lost with the server.
   */
  #doWithoutServer({ leader, leadership }: Led, silent: boolean, haveRelayed = false): void {
    const world = this.#world;
    const mayLapse = haveRelayed || this.#isAnyFarFrom(leader);
    const longestMs = mayLapse ? 2 * answerMs : answerMs;
    const forMs = Math.round(0.4 * this.#room.charterMs);
    world.faults.begin({ type: 'outage', atMs: world.nowMs, forMs, silent, wallMs: 0 });
    // Others have only the server to talk to whoever leads.
    const tied = this.#there().filter((life) => this.#isTied(life, leader) && this.#isTied(leader, life));
    for (const life of tied) life.take({ type: 'append', count: 1 });
    const endMs = world.nowMs + forMs;
    for (; world.nowMs < endMs - lookEveryMs; world.runUntil(world.nowMs + lookEveryMs))
      if (!mayLapse && (!leader.isLeader() || leader.election.leader()!.term !== leadership.term))
        throw new Violation(
          'Q8: all voters are a quorum without the server',
          `the server is gone, and ${leader.label} leads no more; ${this.#views()}`,
        );
    if (forMs >= longestMs && !this.#there().some((life) => life.isLeader()))
      throw new Violation(
        'Q8: the loss of the server leaves a leader',
        `${forMs} ms after the server was gone nobody leads; ${this.#views()}`,
      );
    const waiting = tied.find((life) => this.#journals.openBy(life) > 0);
    if (waiting !== undefined && forMs >= longestMs)
      throw new Violation(
        'Q8: all voters commit without the server',
        `${forMs} ms after the server was gone ${waiting.label} waits for what it appended; ${this.#views()}`,
      );
    world.runUntil(endMs);
  }

  #isAnyFarFrom({ seat }: WebLife): boolean {
    const { conditions } = this.#world.schedule;
    return this.#there().some((life) => detourMs(conditions, seat.index, life.seat.index) > 0);
  }

  /** The leader cannot make it as long as the ways are. */
  #isLeaseShort(): boolean {
    const { delayMs, jitter, far, loss, timersLateMs } = this.#world.schedule.conditions;
    const waysMs = 2 * delayMs * (1 + jitter) + 2 * (far?.delayMs ?? 0);
    const roundTripMs = waysMs + 2 * timersLateMs + (loss > 0 ? resendMs : 0);
    return this.#room.maxLeaseMs < tripsPerLease * roundTripMs;
  }

  #isTied(one: WebLife, other: WebLife): boolean {
    const path = one.cluster!.members.get(other.id)?.path;
    return one === other || path === 'webrtc' || path === 'broadcast';
  }

  /**
   * Q8: with an anchor, one voter and the server are enough, and nothing is lost; without, more than half of the voters.
   * All others are gone at once.
   */
  #loseMost(): number[] {
    const world = this.#world;
    // What is committed behind a change of voters leaves it, and what comes behind that finds all with the new ones.
    this.#await('Q8: whoever is there gets its place', wholeMs, () => this.#lackOfMembers());
    this.#serve();
    this.#serve();
    if (this.#lackOfMembers() !== null) return [];
    const led = this.#led();
    if (led === null) return [];
    const voters = this.#votersOf(led);
    const isAnchored = this.#room.witness === 'anchor';
    const kept = isAnchored ? 1 : Math.floor(voters.length / 2) + 1;
    const order = voters.toSorted((a, b) => mix(world.draw(73, a.index), 1) - mix(world.draw(73, b.index), 1));
    const left = new Set(order.slice(0, kept));
    if (![...left].every((life) => life.isOnline)) return [];
    const before = this.#journals.chronicleOf(led.leader);
    for (const life of this.#there())
      if (!left.has(life))
        world.faults.begin({ type: 'crash', atMs: world.nowMs, seat: life.seat.index, backAfterMs: null });
    const promise = 'Q8: a quorum that is left has a leader';
    const tookMs = this.#await(promise, this.#leadMs, () => this.#lackOfLeader());
    const served = this.#serve();
    for (const life of left)
      if (this.#journals.chronicleOf(life) !== before)
        throw new Violation('Q8: whoever is left has every committed entry', `${life.label} reads another log`);
    return [tookMs, served];
  }

  /** Q8: as soon as both are seen to vote, and at any moment after that, the last one and a newcomer can do without the server. */
  #losePairsServer(): void {
    const world = this.#world;
    const [last, ...more] = this.#there();
    const free = world.seats.find((seat) => seat.life === null);
    const isAnchored = this.#room.witness === 'anchor';
    if (!isAnchored || this.#room.maxVoters < 2 || this.#isLeaseShort() || !last || !free || more.length > 0) return;
    world.faults.begin({ type: 'join', atMs: world.nowMs, seat: free.index, priority: last.seat.priority });
    const isPair = (): boolean => {
      const there = this.#there();
      return (
        there.length === 2 &&
        there.every((one) => isVotingWith(one, there) && this.#isTied(one, last) && this.#isTied(last, one))
      );
    };
    world.runUntil(world.nowMs + wholeMs, isPair);
    const tiedMs = world.nowMs;
    if (unit(world.draw(83, last.index)) < 0.5)
      world.runUntil(world.nowMs + hesitationMs * unit(world.draw(89, last.index)));
    const led = this.#led();
    const haveRelayed = world.nowMs - tiedMs < this.#room.maxLeaseMs;
    if (isPair() && led !== null) this.#doWithoutServer(led, unit(world.draw(79, last.index)) < 0.3, haveRelayed);
  }

  #views(): string {
    const views = this.#there().map((life) => {
      const leader = life.election.leader();
      const roles = [...life.roles].map(([id, role]) => `${id} ${role}`).join(', ');
      const knows = leader === null ? 'knows of nobody' : `follows ${leader.id} of ${leader.term}`;
      return `${life.label}: ${life.isLeader() ? 'leads' : knows} (${life.isOnline ? '' : 'not '}online; ${roles})`;
    });
    return views.join('; ');
  }
}

/** As it sees it, those vote beside a witness, and nobody else. */
function isVotingWith({ roles }: WebLife, voters: readonly WebLife[]): boolean {
  const count = (role: Role): number => [...roles.values()].filter((one) => one === role).length;
  return (
    voters.every(({ id }) => roles.get(id) === 'voter') && count('voter') === voters.length && count('witness') === 1
  );
}
