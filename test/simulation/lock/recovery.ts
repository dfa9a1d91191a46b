import { Violation } from '../checker.ts';
import type { World } from '../world.ts';
import { browserOf } from './life.ts';
import type { LockLife } from './life.ts';

const lookEveryMs = 20;
/** What a leader is given by those who can talk with nobody, and whose timers have run in time again for so long. */
const agreeMs = 60_000;
/** And as much again, twice, as the longest time for which a claim may have been good. */
const longestFreshMs = 150_000;
const steadyMs = 15_000;

/** L1: what is promised when faults have stopped, but for those without an end. */
export class Recovery {
  readonly #world: World<LockLife>;

  constructor(world: World<LockLife>) {
    this.#world = world;
  }

  /** Returns how long each part of it took. */
  run(): number[] {
    const first = this.#awaitLeader();
    if (first === null) return [];
    const took = [first.afterMs];
    const heir = this.#handOver(first.leader);
    if (heir !== null) took.push(heir.afterMs);
    const next = this.#awaitLeader();
    if (next === null) return took;
    const last = this.#behead(next.leader);
    return last === null ? took : [...took, last];
  }

  #awaitLeader(): { readonly leader: LockLife; readonly afterMs: number } | null {
    const world = this.#world;
    if (this.#alive().length === 0 || this.#mayWait()) return (this.#pass(steadyMs), null);
    const startMs = world.nowMs;
    const isThrottled = world.schedule.faults.some(({ type }) => type === 'throttle');
    const boundMs = agreeMs + (isThrottled ? 2 * longestFreshMs : 0);
    let before = '';
    let sinceMs = startMs;
    for (;;) {
      const leader = this.#agreed();
      const now = leader === null ? '' : `${leader.id} ${leader.election!.leader()!.term}`;
      if (leader === null || now !== before) sinceMs = world.nowMs;
      before = now;
      if (leader !== null && world.nowMs - sinceMs >= steadyMs) return { leader, afterMs: sinceMs - startMs };
      if (sinceMs - startMs > boundMs)
        throw new Violation('L1: somebody leads once faults have stopped', `${boundMs} ms on: ${this.#views()}`);
      this.#pass(lookEveryMs);
    }
  }

  /** Who leads, if all that are awake know so; and know the line and what was published, if they can be told. */
  #agreed(): LockLife | null {
    const alive = this.#alive();
    const leader = this.#leading();
    if (leader === undefined) return null;
    const isWhole = !this.#world.schedule.faults.some((fault) => 'forMs' in fault && fault.forMs === null);
    const value = JSON.stringify(leader.election!.published());
    const knows = ({ election, reachable }: LockLife): boolean =>
      election!.leader()?.id === leader.id &&
      (!isWhole || (JSON.stringify(election!.published()) === value && alive.every(({ id }) => reachable.has(id))));
    return alive.every(knows) ? leader : null;
  }

  #leading(): LockLife | undefined {
    return this.#alive().find((life) => life.isLeader());
  }

  #alive(): LockLife[] {
    return this.#world.lives.filter((life) => life.responsive);
  }

  /** Too few have met for the first leader, or may never meet. */
  #mayWait(): boolean {
    const { minMembers, faults } = this.#world.schedule;
    if (minMembers === 1) return false;
    return this.#alive().length < minMembers || faults.some((fault) => 'forMs' in fault && fault.forMs === null);
  }

  /** Handing over takes some messages and no timeout. */
  #handOver(leader: LockLife): { readonly afterMs: number } | null {
    const world = this.#world;
    const ready = this.#alive().filter(
      (life) => life !== leader && leader.election!.canTransfer(life.id) && this.#linked(life, leader),
    );
    const heir = ready[world.draw(71, ready.length) % Math.max(ready.length, 1)];
    if (heir === undefined) return null;
    const startMs = world.nowMs;
    const boundMs = 2 * this.#farthestMs() + this.#takeMs();
    // A session may still have to catch up with what a cut held up.
    if (boundMs > 900) return null;
    leader.take({ type: 'transfer', to: heir.id });
    world.runUntil(startMs + boundMs, () => heir.isLeader());
    if (!heir.isLeader())
      throw new Violation(
        'L1: handing over needs no timeout',
        `${leader.label} handed over to ${heir.label}, which does not lead ${boundMs} ms on: ${this.#views()}`,
      );
    return { afterMs: world.nowMs - startMs };
  }

  /** The next one leads as soon as the browser has noticed, if nobody hangs. */
  #behead(leader: LockLife): number | null {
    const world = this.#world;
    const { lives } = world;
    if (lives.some((life) => life.state === 'running' && life.paused) || this.#alive().length < 2) return null;
    const startMs = world.nowMs;
    world.faults.begin({ type: 'crash', atMs: startMs, seat: leader.seat.index, backAfterMs: null });
    if (this.#mayWait()) return null;
    const boundMs = this.#takeMs();
    world.runUntil(startMs + boundMs, () => this.#leading() !== undefined);
    const next = this.#leading();
    if (next === undefined)
      throw new Violation(
        'L1: the next in line takes over when a leader crashes',
        `${leader.label} crashed, and nobody leads ${boundMs} ms on: ${this.#views()}`,
      );
    const afterMs = world.nowMs - startMs;
    this.#lineUp(next);
    return afterMs;
  }

  /** Whoever hears a new leader can be handed the lead: three words later, if it has seen by its claim who leads. */
  #lineUp(leader: LockLife): void {
    const world = this.#world;
    const boundMs = 3 * this.#farthestMs() + this.#takeMs();
    if (world.schedule.conditions.loss > 0 || boundMs > 900) return;
    const outside = (): LockLife[] =>
      this.#alive().filter(
        (life) => life !== leader && this.#linked(life, leader) && !leader.election!.canTransfer(life.id),
      );
    world.runUntil(world.nowMs + boundMs, () => outside().length === 0);
    const [left] = outside();
    if (left !== undefined)
      throw new Violation(
        'L1: whoever hears who leads can be handed the lead',
        `${leader.label} leads, and cannot hand over to ${left.label} ${boundMs} ms on: ${this.#views()}`,
      );
  }

  /** From the lock to the leadership: a handful of words with the keeper of the locks, and one with the storage. */
  #takeMs(): number {
    const { keeperMs, storeMs } = browserOf(this.#world);
    return 12 * 1.7 * keeperMs + 2 * (1.7 * storeMs + keeperMs * 1.7) + 20;
  }

  #farthestMs(): number {
    const { delayMs, jitter, timersLateMs } = this.#world.schedule.conditions;
    return 2 * delayMs * (1 + jitter) + timersLateMs;
  }

  #linked(one: LockLife, other: LockLife): boolean {
    const { network } = this.#world;
    const [a, b] = [one.seat.index, other.seat.index];
    return network.open(a, b) && network.open(b, a);
  }

  #pass(forMs: number): void {
    this.#world.runUntil(this.#world.nowMs + forMs);
  }

  #views(): string {
    return this.#alive()
      .map((life) => {
        const leader = life.election!.leader();
        return `${life.label} ${life.isLeader() ? 'leads' : leader === null ? 'knows of nobody' : `follows ${leader.id} of ${leader.term}`}`;
      })
      .join('; ');
  }
}
