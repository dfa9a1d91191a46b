import { Violation } from '../../checker.ts';
import type { Checker, Step } from '../../checker.ts';
import type { Fault } from '../../schedule.ts';
import type { World } from '../../world.ts';
import type { WebLife } from '../life.ts';

/** Who could hear each other for so long knows it: campaigns of those who have no leader may be so far apart. */
const calmMs = 20_000;
/** Who vanished stays in the views for so long, and whoever leads goes on talking to it. */
const missedMs = 40_000;
const lookEveryMs = 500;
/** Contact counts from when it was asked for, and clocks differ. */
const charterShare = 0.9;
/** Who has just got its place is in the leader's next round: that is half a lease away, and a lease six round trips long. */
const newsMs = 2_000;
const farTripsForNews = 5;
/** Of those who come and go more often than that, whoever leads has so much to send that its own line may be full. */
const maxMissed = 4;
const goings: ReadonlySet<Fault['type']> = new Set(['leave', 'crash', 'behead'] as const);
/** Faults that leave the ways between others as they are, or of which the network tells. */
const harmless: ReadonlySet<Fault['type']> = new Set([
  ...(['join', 'pause', 'publish', 'transfer', 'visible', 'priority', 'talk'] as const),
  ...(['work', 'jump', 'partition', 'cut', 'isolate'] as const),
]);

/** Members that can talk to each other, with or without a leader, say so of each other: as long as they may lead, that is. */
export class Reachable implements Checker<WebLife> {
  readonly promise = 'who is heard is reachable, on every side of a cut';
  #lookMs = 0;
  /** Since when all is well between two members, under these ids. */
  readonly #since = new Map<string, number>();
  /** Since when one calls the other unreachable. */
  readonly #denied = new Map<string, number>();
  /** The epoch that a member has given up: until there is a later one it is silent. */
  readonly #pledged = new Map<WebLife, number>();
  /** When it was last told of contact with whoever founds epochs. */
  readonly #contactMs = new Map<WebLife, number>();
  readonly #charterMs: number;

  constructor(charterMs: number) {
    this.#charterMs = charterMs;
  }

  observe({ life, effects }: Step<WebLife>, world: World<WebLife>): void {
    for (const effect of effects) {
      if (effect.type === 'named') this.#pledged.delete(life);
      if (effect.type === 'pledge') this.#pledged.set(life, effect.epoch);
      if (effect.type === 'fed' && effect.event.type === 'contact') this.#contactMs.set(life, world.nowMs);
      if (effect.type !== 'fed' || effect.event.type !== 'group') continue;
      if (effect.event.group.epoch > (this.#pledged.get(life) ?? Infinity)) this.#pledged.delete(life);
    }
    if (world.nowMs < this.#lookMs) return;
    this.#lookMs = world.nowMs + lookEveryMs;
    this.#look(world);
  }

  #look(world: World<WebLife>): void {
    const { faults } = world.schedule;
    const missed = faults.filter(({ type, atMs }) => goings.has(type) && isWithin(missedMs, atMs, world.nowMs));
    const isCalm = missed.length <= maxMissed && !faults.some((fault) => isFelt(fault, world.nowMs));
    const lives = world.seats.flatMap(({ life }) => (life !== null && this.#isWell(life, world.nowMs) ? [life] : []));
    const well = new Set<string>();
    for (const one of isCalm ? lives : [])
      for (const other of lives) {
        if (one.index >= other.index || !canTalk(one, other, world) || !isLedNear(one, other, lives, world)) continue;
        const pair = `${one.id} ${other.id}`;
        well.add(pair);
        const sinceMs = this.#since.get(pair) ?? world.nowMs;
        this.#since.set(pair, sinceMs);
        if (world.nowMs - sinceMs < calmMs) continue;
        this.#check(one, other, world);
        this.#check(other, one, world);
      }
    for (const pair of this.#since.keys()) if (!well.has(pair)) this.#since.delete(pair);
    if (well.size === 0) this.#denied.clear();
  }

  /** Who may not lead any more asks nobody for votes, and who knows of no voters has nobody to ask. */
  #isWell(life: WebLife, nowMs: number): boolean {
    const isLapsed = nowMs - (this.#contactMs.get(life) ?? nowMs) > charterShare * this.#charterMs;
    const hasPart = life.roles.size > 0 && !this.#pledged.has(life) && !isLapsed;
    return hasPart && life.state === 'running' && !life.paused;
  }

  #check(one: WebLife, other: WebLife, { nowMs, schedule }: World<WebLife>): void {
    const farTripMs = 2 * (schedule.conditions.far?.delayMs ?? 0);
    const pair = `${one.id} ${other.id}`;
    if (one.cluster?.members.get(other.id)?.reachable !== false) return void this.#denied.delete(pair);
    const sinceMs = this.#denied.get(pair) ?? nowMs;
    this.#denied.set(pair, sinceMs);
    if (nowMs - sinceMs >= Math.max(newsMs, farTripsForNews * farTripMs))
      throw new Violation(this.promise, `${one.label} calls ${other.label} unreachable, and they can talk`);
  }
}

/** What members know of learners, and those of others, whoever leads has told them. */
function isLedNear(one: WebLife, other: WebLife, lives: readonly WebLife[], world: World<WebLife>): boolean {
  const leader = lives.find(({ cluster }) => cluster?.isLeader);
  const isLearner = (life: WebLife): boolean => life.roles.get(life.id) === 'learner';
  if (leader === undefined || !(isLearner(one) || isLearner(other))) return true;
  return [one, other].every((life) => life === leader || canTalk(leader, life, world));
}

/** By the server, or by a channel of their own. */
function canTalk(one: WebLife, other: WebLife, { network, seats }: World<WebLife>): boolean {
  const [a, b, server] = [one.seat.index, other.seat.index, seats.length];
  const passes = (from: number, to: number): boolean => network.passes(from, to) && network.passes(to, from);
  if (one.isOnline && other.isOnline && passes(a, server) && passes(b, server)) return true;
  return passes(a, b) && isDirect(one, other) && isDirect(other, one);
}

function isDirect(one: WebLife, other: WebLife): boolean {
  return one.cluster?.members.get(other.id)?.path === 'webrtc';
}

function isFelt(fault: Fault, nowMs: number): boolean {
  if (harmless.has(fault.type) || goings.has(fault.type)) return false;
  return isWithin(('forMs' in fault ? (fault.forMs ?? Infinity) : 0) + lookEveryMs, fault.atMs, nowMs);
}

function isWithin(forMs: number, atMs: number, nowMs: number): boolean {
  return nowMs >= atMs && nowMs - atMs <= forMs;
}
