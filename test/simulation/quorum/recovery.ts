import { votersOf } from '../../../src/core/quorum/configuration.ts';
import { defaultLimits } from '../../../src/core/quorum/limits.ts';
import { Violation } from '../checker.ts';
import type { World } from '../world.ts';
import { Calm } from './calm.ts';
import { longestWriteMs } from './leases.ts';
import type { Ledger } from './ledger.ts';
import { groupOf } from './life.ts';
import type { QuorumLife } from './life.ts';
import { neededTripMs, tripMs } from './trips.ts';
import { around, electable, followersOf, isFollower } from './truth.ts';

const lookEveryMs = 50;

/** How many of the longest leases it may take until a leader exists once faults have stopped (Q6). */
const leasesToLead = 10;
/** What the longest wait for a later epoch adds to the charter. */
const patienceMs = 60_000;
/** And for so many nothing may change then. */
const leasesSteady = 2;

/** Q6, Q7, Q9 and what appends and reads promise, when faults have stopped but for those without an end. */
export class Recovery {
  readonly #world: World<QuorumLife>;
  readonly #ledger: Ledger;
  readonly #leaseMs: number;

  constructor(world: World<QuorumLife>, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
    this.#leaseMs = groupOf(world).limits.maxLeaseMs ?? defaultLimits.maxLeaseMs;
  }

  /** Returns how long each part of it took. */
  run(): number[] {
    const { server } = groupOf(this.#world).room ?? {};
    const foundedMs = server === undefined ? [] : [this.#awaitGroup(2 * server.charterMs + patienceMs)];
    if (electable(this.#world).length === 0) {
      // Nothing is promised but safety.
      this.#pass(3 * this.#leaseMs);
      return [];
    }
    const { leader, afterMs } = this.#awaitLeader();
    if (groupOf(this.#world).room !== undefined) return [...foundedMs, ...this.#recoverRoom(afterMs)];
    const took = [afterMs, this.#serve(leader)];
    const heir = this.#handOver(leader);
    if (heir !== null) took.push(heir.afterMs);
    this.#awaitLeader();
    new Calm(this.#world).run();
    return [...took, ...this.#splitAndMerge()];
  }

  /** A room whose quorum is lost is founded anew, and all who are there come into its last epoch. */
  #awaitGroup(withinMs: number): number {
    const world = this.#world;
    const startMs = world.nowMs;
    const there = world.seats.filter(({ life }) => life !== null && !life.paused);
    if (there.every(({ life }) => life!.isWitness)) return 0;
    let [progressMs, before] = [startMs, 0];
    for (let lack = this.#lackOfGroup(); lack !== null; lack = this.#lackOfGroup()) {
      // Nobody leads before it has what the witness has: over a long way that takes what it takes, as long as it goes on.
      const fetched = world.lives.reduce((sum, life) => sum + (life.state === 'running' ? life.core.lastIndex : 0), 0);
      if (fetched > before) [before, progressMs] = [fetched, world.nowMs];
      if (world.nowMs - progressMs > withinMs)
        throw new Violation('Q6: a room whose quorum is lost is founded anew', `${lack}; ${this.#views()}`);
      this.#pass(lookEveryMs);
    }
    return world.nowMs - startMs;
  }

  /** Of the epoch of somebody who is frozen for good, a server that forgot knows nothing. */
  #lackOfGroup(): string | null {
    const there = this.#world.seats.flatMap(({ life }) => (life === null || life.paused ? [] : [life]));
    const epoch = Math.max(0, ...there.map((life) => life.epoch));
    for (const life of there) {
      if (life.state === 'starting') return `${life.label} is in no epoch`;
      if (life.epoch < epoch) return `${life.label} is in epoch ${life.epoch}, not in ${epoch}`;
      if (life.core.isPledged) return `${life.label} has given up epoch ${epoch}`;
    }
    return this.#agreed() === null ? 'nobody leads' : null;
  }

  /** The leader of before may have yielded to one of higher priority that was no voter then. */
  #recoverRoom(afterMs: number): number[] {
    const wholeMs = this.#awaitWhole();
    const { leader } = this.#awaitLeader();
    const servedMs = this.#serve(leader);
    const heir = this.#handOver(leader);
    return [afterMs, wholeMs, servedMs, ...(heir === null ? [] : [heir.afterMs])];
  }

  /** Everyone whom the leader can talk with becomes a member, and a voter if there is a place for it. */
  #awaitWhole(): number {
    const world = this.#world;
    const startMs = world.nowMs;
    const { missingMs = defaultLimits.missingMs } = groupOf(world).limits;
    let [progressMs, before] = [startMs, 0];
    for (;;) {
      const leader = this.#agreed();
      const lack = leader === null ? 'nobody leads' : this.#lackOf(leader);
      if (lack === null) return world.nowMs - startMs;
      // Whoever is far behind has to catch up first, and nothing is committed before a quorum has all that the leader found
      // in its log: it takes what it takes, as long as it goes on.
      const here = world.lives.filter(({ responsive }) => responsive);
      const reached = here.reduce((sum, { core }) => sum + core.commitIndex + core.lastIndex, 0);
      if (reached > before) [before, progressMs] = [reached, world.nowMs];
      if (world.nowMs - progressMs > 2 * missingMs + leasesToLead * this.#leaseMs)
        throw new Violation('Q8: whoever is there becomes a member', `${lack}; ${this.#views()}`);
      this.#pass(lookEveryMs);
    }
  }

  #lackOf(leader: QuorumLife): string | null {
    const { configuration } = leader.core;
    const { maxVoters } = groupOf(this.#world).room!;
    if (configuration.halves.length > 1) return 'the configuration is still joint';
    const there = [leader, ...around(this.#world, leader)];
    const voters = votersOf(configuration);
    if (!voters.some(({ id }) => id === leader.id)) return `${leader.label} leads, and has no vote`;
    const missing = there.find(
      ({ id }) => !voters.some((voter) => voter.id === id) && !configuration.learners.includes(id),
    );
    if (missing !== undefined) return `${missing.label} is no member`;
    const isThere = (id: string): boolean => there.some((life) => life.id === id);
    const peers = there.filter((life) => groupOf(this.#world).voters[life.seat.index]?.witness !== true);
    const living = voters.filter(({ id, witness }) => !witness && isThere(id)).length;
    const isPlain = voters.every(({ witness }) => !witness);
    const wanted = Math.min(maxVoters, peers.length);
    return living >= wanted - (isPlain ? 1 : 0) ? null : `${living} of ${wanted} vote: ${JSON.stringify(voters)}`;
  }

  #awaitLeader(): { readonly leader: QuorumLife; readonly afterMs: number } {
    const world = this.#world;
    const startMs = world.nowMs;
    let before: QuorumLife | null = null;
    let term = 0;
    let sinceMs = startMs;
    for (;;) {
      const leader = this.#agreed();
      const now = leader?.core.leader()?.term ?? 0;
      if (leader === null || leader !== before || now !== term) sinceMs = world.nowMs;
      [before, term] = [leader, now];
      if (leader !== null && world.nowMs - sinceMs >= leasesSteady * this.#leaseMs)
        return { leader, afterMs: sinceMs - startMs };
      if (sinceMs - startMs > leasesToLead * this.#leaseMs)
        throw new Violation(
          'Q6: a leader exists once faults have stopped',
          `${world.nowMs - startMs} ms on ${this.#views()}`,
        );
      this.#pass(lookEveryMs);
    }
  }

  /** Who leads, if all that can talk with it know so. */
  #agreed(): QuorumLife | null {
    const world = this.#world;
    const leader = world.lives.find((life) => life.responsive && life.core.role === 'leader' && life.isLeader());
    if (leader === undefined) return null;
    for (const life of world.lives)
      if (life.state === 'running' && life.core.leader()?.id !== leader.id && isFollower(world, life, leader))
        return null;
    return leader;
  }

  /** Everyone that the leader can talk with reads, also while nobody appends, and appends, and all is answered. */
  #serve(leader: QuorumLife): number {
    const startMs = this.#world.nowMs;
    const members = [leader, ...followersOf(this.#world, leader)];
    for (const life of members) life.take({ type: 'read' });
    this.#awaitAnswers(members);
    for (const life of members)
      for (const event of [{ type: 'append', count: 2 }, { type: 'read' }] as const) life.take(event);
    this.#awaitAnswers(members);
    return this.#world.nowMs - startMs;
  }

  /** All that these were ever asked for is answered, and they have applied everything. */
  #awaitAnswers(members: readonly QuorumLife[]): void {
    const world = this.#world;
    let progressMs = world.nowMs;
    let before = 0;
    const findLate = (): QuorumLife | undefined => members.find((life) => this.#isLate(life) && this.#isServed(life));
    for (let late = findLate(); late !== undefined; late = findLate()) {
      // Much may be waiting: it takes what it takes, as long as it goes on.
      const reached = members.reduce((sum, life) => sum + this.#ledger.appliedBy(life) + life.core.lastIndex, 0);
      if (reached > before) [before, progressMs] = [reached, world.nowMs];
      if (world.nowMs - progressMs > leasesToLead * this.#leaseMs) {
        const [asked] = this.#ledger.openBy(late);
        throw new Violation(
          'Q5: every append and read is answered once faults have stopped',
          `${late.label} has applied ${this.#ledger.appliedBy(late)} of ${this.#ledger.highestFor(late)} and waits for ${JSON.stringify(asked)}; ${this.#views()}`,
        );
      }
      this.#pass(lookEveryMs);
    }
  }

  /** Something it was asked for is not answered, or it has not applied everything. */
  #isLate(life: QuorumLife): boolean {
    return !this.#ledger.openBy(life).next().done || this.#ledger.appliedBy(life) < this.#ledger.highestFor(life);
  }

  /** One of higher priority may have taken over meanwhile, who cannot talk with everyone that the one before could. */
  #isServed(life: QuorumLife): boolean {
    const leader = this.#agreed();
    return leader === null || life === leader || isFollower(this.#world, life, leader);
  }

  /**
   * Q9: at most an answer that is still under way, three messages and their writes, and one round where the votes took
   * longer than the lease that they promise: whatever the lease, and the promises of the others, and however far away those are
   * that the successor does not need.
   */
  #handOver(leader: QuorumLife): { readonly afterMs: number } | null {
    const world = this.#world;
    const ready = electable(world).filter(
      (life) => life !== leader && life.core.durableIndex === leader.core.lastIndex && leader.core.canTransfer(life.id),
    );
    const heir = ready[world.draw(71, ready.length) % Math.max(ready.length, 1)];
    if (heir === undefined || !leader.isLeader()) return null;
    const { timersLateMs } = world.schedule.conditions;
    const farthestMs = Math.max(tripMs(world, leader, heir), neededTripMs(world, heir));
    const boundMs = 3 * farthestMs + 6 * longestWriteMs(groupOf(world)) + timersLateMs + 5;
    const startMs = world.nowMs;
    leader.take({ type: 'transfer', to: heir.id });
    world.runUntil(startMs + boundMs, () => heir.isLeader());
    if (!heir.isLeader())
      throw new Violation(
        'Q9: handing over needs no timeout',
        `${leader.label} handed over to ${heir.label}, which does not lead ${boundMs} ms on; ${this.#views()}`,
      );
    return { afterMs: world.nowMs - startMs };
  }

  /** Q7: groups that were cut off come back, and whoever led the rest leads all. */
  #splitAndMerge(): number[] {
    const world = this.#world;
    const { split } = world.schedule;
    if (split === null) return [];
    const mend = world.faults.part(split);
    if (electable(world).length === 0) {
      this.#pass(2 * this.#leaseMs);
      mend();
      const { leader, afterMs } = this.#awaitLeader();
      this.#serve(leader);
      return [afterMs];
    }
    const { leader, afterMs } = this.#awaitLeader();
    this.#serve(leader);
    mend();
    this.#keeps(leader);
    this.#serve(this.#awaitLeader().leader);
    return [afterMs];
  }

  #keeps(leader: QuorumLife): void {
    const world = this.#world;
    const endMs = world.nowMs + leasesSteady * this.#leaseMs;
    // One that goes before it takes over.
    if (world.seats.some(({ priority }) => priority > leader.seat.priority)) return;
    for (; world.nowMs < endMs; this.#pass(lookEveryMs))
      if (!leader.isLeader())
        throw new Violation(
          'Q7: who returns deposes nobody',
          `${leader.label} led, the others came back, and ${this.#views()}`,
        );
  }

  #pass(forMs: number): void {
    this.#world.runUntil(this.#world.nowMs + forMs);
  }

  #views(): string {
    const views = this.#world.lives
      .filter((life) => life.responsive)
      .map((life) => {
        const leader = life.core.leader();
        const { term } = life.core.hardState;
        return `${life.label}: ${life.core.role} in ${term}, ${life.isLeader() ? 'leads' : leader === null ? 'knows of nobody' : `follows ${leader.id} of ${leader.term}`}`;
      });
    return views.join('; ');
  }
}
