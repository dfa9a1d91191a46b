import { isQuorum, votersOf } from '../../../src/core/quorum/configuration.ts';
import { defaultLimits } from '../../../src/core/quorum/limits.ts';
import { Violation } from '../checker.ts';
import { detourMs, farthestTripMs } from '../distance.ts';
import type { World } from '../world.ts';
import { longestWriteMs } from './leases.ts';
import { groupOf } from './life.ts';
import type { QuorumLife } from './life.ts';
import { neededTripMs, tripMs } from './trips.ts';

// What SPEC.md says, once more: a bug in what the core goes by would else go unnoticed.
const roundTripsPerLease = 6;
const steadyMs = 1_000;
/** While the fastest clock runs through 1, the slowest runs through so much. */
const slowestToFastest = (1 - 0.01) / (1 + 0.01);
/** Who is second in line waits for no less than that. */
const shortestTurnMs = 10;
/** For one that was handed the lead before, and did not take it, three times in a row; or in leases. */
const steadyAgainMs = 8_000;
const leasesUntilAgain = 40;
/** Timers of hidden pages run once in so long. */
const throttledMs = 1_000;
/** A round trip that was once longer is forgotten by then. */
const forgottenMs = 300_000;
/** Whoever was far away is known to be near after so many leases, though no quorum needs it. */
const leasesToForget = 30;
/** Whoever goes before others leads by then. */
const settledMs = 10_000;
/** For so many leases members append all the time. */
const leasesAtWork = 3;

/**
 * What is promised to the round trip, of a group in which everybody is there, can talk with everybody, and nothing gets
 * lost. Each part takes over who leads from the one before.
 */
export class Calm {
  readonly #world: World<QuorumLife>;
  /** Between those that are farthest apart. */
  readonly #tripMs: number;
  readonly #writeMs: number;
  readonly #lateMs: number;

  constructor(world: World<QuorumLife>) {
    this.#world = world;
    const { conditions } = world.schedule;
    this.#tripMs = farthestTripMs(conditions) / 2;
    this.#writeMs = longestWriteMs(groupOf(world));
    this.#lateMs = conditions.timersLateMs;
  }

  run(): void {
    for (const part of [
      this.#work,
      this.#shorten,
      this.#lose,
      this.#sayAgain,
      this.#passOver,
      this.#leave,
      this.#promote,
      this.#throttle,
      this.#spare,
    ]) {
      const leader = this.#leader();
      if (leader === undefined || !this.#isCalm(leader)) return;
      part.call(this, leader);
      this.#world.runUntil(this.#world.nowMs + 2 * (leader.core.leaseMs ?? defaultLimits.maxLeaseMs));
    }
  }

  /** One that nobody goes before, waited for. */
  #leader(): QuorumLife | undefined {
    const world = this.#world;
    const find = (): QuorumLife | undefined => world.lives.find((life) => life.responsive && life.isLeader());
    const isSettled = (): boolean => {
      const leader = find();
      return leader !== undefined && !this.#isOutranked(leader);
    };
    if (!isSettled()) world.runUntil(world.nowMs + settledMs, isSettled);
    return isSettled() ? find() : undefined;
  }

  /** All voters are there, and not only somebody else in the seat of one that will never come back. */
  #isCalm(leader: QuorumLife): boolean {
    const { seats, network } = this.#world;
    const voters = this.#voters(leader);
    if (groupOf(this.#world).storage !== 'disk') return false;
    if (voters.filter(({ isWitness }) => !isWitness).length < 2) return false;
    return (
      voters.length === votersOf(leader.core.configuration).length &&
      voters.every(({ responsive }) => responsive) &&
      seats.every(({ life }) => life?.responsive === true) &&
      seats.every(({ index }) => seats.every((other) => other.index === index || network.open(index, other.index)))
    );
  }

  #isOutranked({ seat }: QuorumLife): boolean {
    return this.#world.seats.some(({ priority }) => priority > seat.priority);
  }

  /** Whatever is appended, heartbeats go out in time. */
  #work(leader: QuorumLife): void {
    const world = this.#world;
    const { term } = leader.core.hardState;
    const leaseMs = leader.core.leaseMs ?? 0;
    const everyMs = leaseMs / 20;
    const endMs = world.nowMs + leasesAtWork * leaseMs;
    for (; world.nowMs < endMs; world.runUntil(world.nowMs + everyMs)) {
      if (!leader.isLeader() || leader.core.hardState.term !== term)
        throw new Violation('Q6: a leader at work goes on leading', `${leader.label} does not, or in another term`);
      leader.take({ type: 'append', count: 1 });
    }
  }

  /**
   * Q6: no lease is longer than it has to be, or it would take that long to replace who crashes. One that is far away lengthens
   * it only if a quorum needs it.
   */
  #shorten(leader: QuorumLife): void {
    const world = this.#world;
    const { minLeaseMs = defaultLimits.minLeaseMs } = groupOf(world).limits;
    const byFastClock = 1 + world.schedule.conditions.drift;
    const rttMs = byFastClock * (neededTripMs(world, leader) + this.#writeMs);
    const enoughMs = Math.max(minLeaseMs, roundTripsPerLease * rttMs, 3 * this.#lateMs) + 1;
    const isShort = (): boolean => (leader.core.leaseMs ?? Infinity) <= enoughMs;
    if (!isShort()) world.runUntil(world.nowMs + forgottenMs, isShort);
    if (!isShort())
      throw new Violation(
        'Q6: a lease is a few round trips long',
        `${leader.label} asks for ${leader.core.leaseMs} ms, and ${enoughMs} ms would do`,
      );
  }

  /** It crashes, and comes back when another leads. */
  #lose(leader: QuorumLife): void {
    const world = this.#world;
    const others = this.#others(leader);
    if (!canDoWithout(leader, leader)) return;
    this.#awaitEqual(leader);
    const heirs = this.#lineBehind(leader);
    const { index: seat } = leader.seat;
    world.faults.begin({ type: 'crash', atMs: world.nowMs, seat, backAfterMs: null });
    world.runUntil(world.nowMs + this.#tripMs); // what it said last has arrived
    const restMs = Math.max(0, ...others.map((life) => life.core.promise.until - life.peek().slow)) / slowestToFastest;
    // Two round trips, and one more where votes take longer than the lease that they promise.
    const boundMs = restMs + 3 * neededTripMs(world, heirs[0]!) + 3 * this.#writeMs + 3 * this.#lateMs + 10;
    const heir = this.#next(others, this.#isInTurn(restMs) ? boundMs : 10 * boundMs);
    if (heir === undefined)
      throw new Violation(
        'Q6: a leader that crashes is replaced when its lease is over, and two round trips more',
        `${leader.label} crashed, promises to it ended within ${restMs.toFixed(1)} ms, and nobody leads ${boundMs.toFixed(1)} ms on`,
      );
    if (heir !== heirs[0] && this.#isHeardInTurn(restMs))
      throw new Violation(
        'Q6: a leader that crashes is replaced by the first in line',
        `${leader.label} crashed, and ${heir.label} leads, not ${heirs[0]!.label}`,
      );
    leader.seat.priority = Math.min(...world.seats.map(({ priority }) => priority)) - 1;
    world.takeSeat(seat);
  }

  /** The first in line asks before it is the second's turn, though its own promise ends later, by another clock. */
  #isInTurn(restMs: number): boolean {
    const { drift, delayMs, jitter } = this.#world.schedule.conditions;
    return 2 * delayMs > 2 * drift * restMs + 2 * delayMs * jitter + this.#lateMs;
  }

  /** And the second hears that before its turn, though others are nearer to each other. */
  #isHeardInTurn(restMs: number): boolean {
    const { drift } = this.#world.schedule.conditions;
    return shortestTurnMs > 2 * drift * restMs + 2 * this.#tripMs + this.#lateMs;
  }

  /** Q9: the first word of a handover is as good as lost: it comes when another leads. */
  #sayAgain(leader: QuorumLife): void {
    const world = this.#world;
    this.#awaitEqual(leader);
    world.runUntil(world.nowMs + leasesToForget * (leader.core.leaseMs ?? 0));
    const heir = this.#others(leader).find((life) => leader.core.canTransfer(life.id));
    if (heir === undefined || world.schedule.conditions.delivery !== 'datagram') return;
    const { network } = world;
    const [from, to] = [leader.seat.index, heir.seat.index];
    const rttMs = this.#handoverTripMs(leader, heir);
    const boundMs = Math.max(25, 2 * rttMs) + 3 * rttMs + 5 * this.#writeMs + 2 * this.#lateMs + 10;
    // Else promises end meanwhile, and whoever campaigns first leads.
    if ((leader.core.leaseMs ?? 0) / 2 < boundMs) return;
    const slow = { loss: 0, duplicates: 0, delayMs: 1_000 * boundMs, only: 'timeout-now' };
    network.addWeather(from, to, slow);
    leader.take({ type: 'transfer', to: heir.id });
    network.removeWeather(from, to, slow);
    world.runUntil(world.nowMs + boundMs, () => heir.isLeader());
    if (!heir.isLeader())
      throw new Violation(
        'Q9: a successor that did not hear of it is told again',
        `${leader.label} handed over to ${heir.label}, which does not lead ${boundMs.toFixed(1)} ms on`,
      );
  }

  /** Q6, Q9: who would be the first in line, but for its log, is not. */
  #passOver(leader: QuorumLife): void {
    const world = this.#world;
    const others = this.#others(leader);
    const [first, second] = this.#lineBehind(leader);
    if (first === undefined || second === undefined || !canDoWithout(leader, first)) return;
    if (world.schedule.conditions.delivery !== 'datagram') return;
    this.#awaitEqual(leader);
    const { network } = world;
    const [from, to] = [leader.seat.index, first.seat.index];
    const lost = { loss: 0, duplicates: 0, delayMs: 1e9, only: 'append' };
    network.addWeather(from, to, lost);
    leader.take({ type: 'append', count: 1 });
    world.runUntil(world.nowMs + 3 * (leader.core.leaseMs ?? 0));
    // A snapshot may have brought the first what it lacked.
    const tripsMs = Math.max(this.#handoverTripMs(leader, first), this.#handoverTripMs(leader, second));
    const boundMs = 4 * tripsMs + 6 * this.#writeMs + 3 * this.#lateMs + 10;
    if (leader.isLeader() && (leader.core.leaseMs ?? 0) / 2 > boundMs) {
      leader.take({ type: 'transfer', to: undefined });
      if (this.#next(others, boundMs) === undefined)
        throw new Violation(
          'Q9: the first in line is who has the whole log',
          `${leader.label} hands over, ${first.label} is behind, and nobody leads ${boundMs.toFixed(1)} ms on`,
        );
    }
    network.removeWeather(from, to, lost);
  }

  /** Q9: who leaves hands over: nobody waits for a promise to end. */
  #leave(leader: QuorumLife): void {
    const world = this.#world;
    const others = this.#others(leader);
    const [heir] = this.#lineBehind(leader);
    if (heir === undefined || !canDoWithout(leader, leader)) return;
    this.#awaitEqual(leader);
    const tripsMs = Math.max(tripMs(world, leader, heir), neededTripMs(world, heir, leader));
    const boundMs = 3 * tripsMs + 5 * this.#writeMs + 3 * this.#lateMs + 10;
    if (!leader.isLeader() || !leader.core.canTransfer() || (leader.core.leaseMs ?? 0) / 2 < boundMs) return;
    const { index: seat } = leader.seat;
    world.faults.begin({ type: 'leave', atMs: world.nowMs, seat, backAfterMs: null });
    if (this.#next(others, boundMs) === undefined)
      throw new Violation(
        'Q9: who leaves hands over',
        `${leader.label} left, and nobody leads ${boundMs.toFixed(1)} ms on`,
      );
    world.takeSeat(seat);
  }

  /** Q6: one that no quorum needs, and that is gone, lengthens no lease. */
  #spare(leader: QuorumLife): void {
    const world = this.#world;
    const spare = this.#others(leader).find((life) => canDoWithout(leader, life));
    if (spare === undefined || !leader.isLeader()) return;
    this.#shorten(leader);
    const { index: seat } = spare.seat;
    world.faults.begin({ type: 'crash', atMs: world.nowMs, seat, backAfterMs: null });
    world.runUntil(world.nowMs + 6 * (leader.core.leaseMs ?? 0));
    if (leader.isLeader()) this.#shorten(leader);
    world.takeSeat(seat);
  }

  /** Q9: a steady second, and then one of higher priority leads. */
  #promote(leader: QuorumLife): void {
    const world = this.#world;
    const heir = this.#others(leader).find((life) => !life.isWitness && life.responsive);
    if (heir === undefined) return;
    this.#awaitEqual(leader);
    const priority = Math.max(...world.seats.map((seat) => seat.priority)) + 1;
    const startMs = world.nowMs;
    heir.seat.priority = priority;
    heir.take({ type: 'priority', priority });
    const leaseMs = leader.core.leaseMs ?? 0;
    const boundMs = Math.max(steadyAgainMs, leasesUntilAgain * leaseMs) / slowestToFastest + 4 * leaseMs;
    world.runUntil(startMs + boundMs, () => heir.isLeader());
    if (!heir.isLeader())
      throw new Violation('Q9: priority binds an incumbent', `${leader.label} leads on, and not ${heir.label}`);
    if (world.nowMs - startMs < steadyMs * slowestToFastest)
      throw new Violation(
        'Q9: priority counts after a steady second',
        `${heir.label} leads ${(world.nowMs - startMs).toFixed(1)} ms after it has more of it than ${leader.label}`,
      );
  }

  /** Q6: the leader's timers are throttled, its messages are not, and it is woken by those who promised. */
  #throttle(leader: QuorumLife): void {
    const world = this.#world;
    const { seat, core } = leader;
    const { term } = core.hardState;
    // Two thirds of a promise after a heartbeat arrived another is asked for: its answer has to come while the lease lasts.
    const answerMs = 4 * this.#tripMs + this.#writeMs + this.#lateMs + 15;
    if ((core.leaseMs ?? 0) * slowestToFastest < 3 * answerMs) return;
    const endMs = world.nowMs + 5 * throttledMs;
    seat.timersEveryMs = throttledMs;
    seat.timersFreeAtMs = endMs;
    world.runUntil(endMs, () => !leader.isLeader());
    seat.timersEveryMs = 0;
    if (!leader.isLeader() || core.hardState.term !== term)
      throw new Violation(
        'Q6: a leader whose timers are throttled goes on leading',
        `${leader.label} does not, or in another term`,
      );
  }

  /** Near before far is below what counts more, and above the smaller id: as far as that can be told from here. */
  #lineBehind(leader: QuorumLife): QuorumLife[] {
    const { conditions } = this.#world.schedule;
    const isFar = ({ seat }: QuorumLife): boolean =>
      4 * detourMs(conditions, leader.seat.index, seat.index) >= (leader.core.leaseMs ?? Infinity) / 2;
    const heirs = this.#others(leader).filter((life) => !life.isWitness);
    return heirs.toSorted((a, b) => byRank(a, b) || Number(isFar(a)) - Number(isFar(b)) || (a.id < b.id ? -1 : 1));
  }

  /** However far away those are that neither of them needs. */
  #handoverTripMs(leader: QuorumLife, heir: QuorumLife): number {
    return Math.max(tripMs(this.#world, leader, heir), neededTripMs(this.#world, heir));
  }

  /** Everybody has all that is appended, and knows so. */
  #awaitEqual(leader: QuorumLife): void {
    const { core } = leader;
    const isEqual = (): boolean =>
      this.#voters(leader).every(
        (life) => life.core.durableIndex === core.lastIndex && life.core.commitIndex === core.lastIndex,
      );
    const world = this.#world;
    if (!isEqual()) world.runUntil(world.nowMs + forgottenMs, isEqual);
    if (!isEqual())
      throw new Violation(
        'Q5: what is appended is committed everywhere',
        `${core.lastIndex} entries of ${leader.label} are not`,
      );
    world.runUntil(world.nowMs + (core.leaseMs ?? 0)); // and the leader knows that they do
  }

  /** Which of these leads within that time. */
  #next(others: readonly QuorumLife[], withinMs: number): QuorumLife | undefined {
    const find = (): QuorumLife | undefined => others.find((life) => life.isLeader());
    this.#world.runUntil(this.#world.nowMs + withinMs, () => find() !== undefined);
    return find();
  }

  #others(leader: QuorumLife): QuorumLife[] {
    return this.#voters(leader).filter((life) => life !== leader);
  }

  #voters({ core }: QuorumLife): QuorumLife[] {
    const lives = votersOf(core.configuration).map(({ id }) => this.#world.lifeOf(id));
    return lives.filter((life) => life !== undefined);
  }
}

/** The other voters are a quorum. */
function canDoWithout({ core }: QuorumLife, life: QuorumLife): boolean {
  return isQuorum(core.configuration, (id) => id !== life.id);
}

/** Of those who have the same log: higher priority, then visible before hidden. */
function byRank({ seat: a }: QuorumLife, { seat: b }: QuorumLife): number {
  return b.priority - a.priority || Number(b.visible) - Number(a.visible);
}
