import type { Elector } from '../../src/electors/elector.ts';
import type { Checker, Step } from './checker.ts';
import { SimulatedDiscovery } from './discovery.ts';
import { Faults } from './faults.ts';
import { Life } from './life.ts';
import type { Seat } from './life.ts';
import { MachineClock } from './machine-clock.ts';
import { Network } from './network.ts';
import { Queue } from './queue.ts';
import type { Happening } from './queue.ts';
import { mix, seedState, unit } from './random.ts';
import type { Schedule } from './schedule.ts';
import type { Trace } from './trace.ts';

const wallStartMs = 1_750_000_000_000;

/** Everything there is in one run: true time, the seats and who takes them, what is between them, and who watches. */
export class World {
  readonly schedule: Schedule;
  readonly queue: Queue = new Queue();
  readonly seats: readonly Seat[];
  /** Every life that ever was, in order of birth. */
  readonly lives: Life[] = [];
  readonly network: Network;
  readonly discovery: SimulatedDiscovery;
  readonly faults: Faults;
  nowMs = 0;
  /** How many events happened to members. */
  steps = 0;
  readonly #state: number;
  readonly #elector: Elector;
  readonly #checkers: readonly Checker[];
  readonly #trace: Trace | null;
  readonly #byId = new Map<string, Life>();

  constructor(schedule: Schedule, elector: Elector, checkers: readonly Checker[], trace: Trace | null) {
    this.schedule = schedule;
    this.#state = seedState(schedule.seed);
    this.#elector = elector;
    this.#checkers = checkers;
    this.#trace = trace;
    this.seats = Array.from({ length: schedule.seats }, (_, index) => this.#makeSeat(index));
    this.network = new Network(this);
    this.discovery = new SimulatedDiscovery(this);
    this.faults = new Faults(this);
    for (const fault of schedule.faults)
      this.at(fault.atMs, () => {
        trace?.fault(this.nowMs, fault);
        this.faults.begin(fault);
      });
  }

  /** A 32-bit draw for one purpose, named by two numbers. */
  draw(one: number, other: number): number {
    return mix(mix(this.#state, one), other);
  }

  lifeOf(id: string): Life | undefined {
    return this.#byId.get(id);
  }

  at(atMs: number, run: () => void): void {
    this.queue.push(new Action(atMs, run));
  }

  /** Lets everything happen up to that instant, or until `done`, which is asked after each. */
  runUntil(atMs: number, done?: () => boolean): void {
    for (;;) {
      const next = this.queue.peek();
      if (next === undefined || next.atMs > atMs) break;
      this.queue.pop();
      this.nowMs = next.atMs;
      next.happen();
      if (done?.() === true) return;
    }
    this.nowMs = atMs;
  }

  /** A member takes a free seat, under a new id. */
  takeSeat(index: number): void {
    const seat = this.seats[index]!;
    if (seat.life !== null) return;
    const life = new Life(this, seat, this.lives.length, this.#elector);
    seat.lives++;
    seat.life = life;
    this.lives.push(life);
    this.#byId.set(life.id, life);
    this.discovery.enter(life);
  }

  /** Frees a seat, and tells who had it. */
  leaveSeat(index: number): Life | null {
    const seat = this.seats[index]!;
    const { life } = seat;
    seat.life = null;
    seat.clock.wake();
    return life;
  }

  /** Faults are over, but for those without an end. */
  settle(): void {
    this.faults.settle();
    this.network.settle();
    this.discovery.settle();
  }

  observe(step: Step): void {
    this.steps++;
    this.#trace?.step(this.nowMs, step);
    for (const checker of this.#checkers) checker.observe(step, this);
  }

  /** How late a timer is. */
  lateness(life: number, timer: number): number {
    const { timersLateMs } = this.schedule.conditions;
    return timersLateMs === 0 ? 0 : timersLateMs * unit(mix(this.draw(life, timer), 31));
  }

  #makeSeat(index: number): Seat {
    const { drift } = this.schedule.conditions;
    const rate = (source: number): number => 1 + drift * (2 * unit(this.draw(index, source)) - 1);
    const offsetMs = Math.floor(unit(this.draw(index, 43)) * 10_000);
    const rates = { monotonic: rate(41), wall: rate(42) };
    return {
      index,
      clock: new MachineClock(() => this.nowMs, rates, wallStartMs + offsetMs),
      priority: 0,
      visible: true,
      timersEveryMs: 0,
      timersFreeAtMs: 0,
      life: null,
      lives: 0,
    };
  }
}

class Action implements Happening {
  order = 0;
  readonly atMs: number;
  readonly happen: () => void;

  constructor(atMs: number, run: () => void) {
    this.atMs = atMs;
    this.happen = run;
  }
}
