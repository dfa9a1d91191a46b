import { Audience } from './audience.ts';
import type { Checker, Step } from './checker.ts';
import { SimulatedDiscovery } from './discovery.ts';
import { Faults } from './faults.ts';
import type { Life } from './life.ts';
import { MachineClock } from './machine-clock.ts';
import { Network } from './network.ts';
import { Queue } from './queue.ts';
import type { Happening } from './queue.ts';
import { mix, seedState, unit } from './random.ts';
import type { Fault, FaultType, Schedule } from './schedule.ts';
import type { Seat, Tenant } from './tenant.ts';
import type { Trace } from './trace.ts';

const wallStartMs = 1_750_000_000_000;

/** Who lives in a world, and who watches them. */
export interface Cast<L extends Tenant = Life> {
  /** Begins a life in a seat; `index`: its place among all lives of the run. */
  bear(world: World<L>, seat: Seat<L>, index: number): L;
  /** Asked in this order. */
  readonly checkers: readonly Checker<L>[];
  /** How members meet. Default: `SimulatedDiscovery`. */
  meet?(world: World<L>): Meeting;
}

/** How members find each other, and what goes wrong with that. */
export interface Meeting {
  /** Somebody took a seat. */
  enter(life: Tenant): void;
  /** Somebody left its seat, with a goodbye. */
  goodbye(life: Tenant): void;
  /** Somebody crashed. */
  lost(life: Tenant): void;
  /** Discovery is out of that seat's reach, until `see`. */
  blind(seat: number): void;
  see(seat: number): void;
  /** Something is said to that member again. */
  repeat(life: Tenant): void;
  /** What only some meetings know. Returns how it ends, if it does. */
  disturb?(fault: Fault): (() => void) | undefined;
  /** Faults are over. */
  settle(): void;
}

/** Everything there is in one run: true time, the seats and who takes them, what is between them, and who watches. */
export class World<L extends Tenant = Life> {
  readonly schedule: Schedule;
  readonly queue: Queue = new Queue();
  readonly seats: readonly Seat<L>[];
  /** Every life that ever was, in order of birth. */
  readonly lives: L[] = [];
  readonly network: Network;
  readonly discovery: Meeting;
  readonly faults: Faults;
  nowMs = 0;
  /** How many events happened to members. */
  steps = 0;
  readonly #state: number;
  readonly #cast: Cast<L>;
  readonly #audience: Audience<L>;
  readonly #trace: Trace | null;
  readonly #byId = new Map<string, L>();
  /** By seat and life: ids are compared all the time, and quicker if they are the same string. */
  readonly #names: string[][] = [];

  constructor(schedule: Schedule, cast: Cast<L>, trace: Trace | null) {
    this.schedule = schedule;
    this.#state = seedState(schedule.seed);
    this.#cast = cast;
    this.#audience = new Audience(cast.checkers);
    this.#trace = trace;
    this.seats = Array.from({ length: schedule.seats }, (_, index) => this.#makeSeat(index));
    this.network = new Network(this);
    this.discovery = cast.meet?.(this) ?? new SimulatedDiscovery(this);
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

  lifeOf(id: string): L | undefined {
    return this.#byId.get(id);
  }

  /** That life goes by another id from now on. It had the one before, and nobody else ever does. */
  rename(life: L, id: string): void {
    life.id = id;
    this.#byId.set(id, life);
  }

  at(atMs: number, run: () => void): void {
    this.queue.push(new Action(atMs, run));
  }

  /** Lets everything happen up to that instant, or until `done`, which is asked after each. */
  runUntil(atMs: number, done?: () => boolean): void {
    const { queue } = this;
    while (queue.nextAtMs <= atMs) {
      this.nowMs = queue.nextAtMs;
      queue.pop()!.happen();
      if (done !== undefined && done()) return;
    }
    this.nowMs = atMs;
  }

  /** The id of the one who is the `life`-th to take that seat. */
  idOf(seat: number, life: number): string {
    const names = (this.#names[seat] ??= []);
    return (names[life] ??= `${mix(this.draw(seat, life), 7).toString(36)}-s${seat}.${life}`);
  }

  /** A member takes a free seat. */
  takeSeat(index: number): void {
    const seat = this.seats[index]!;
    if (seat.life !== null) return;
    const life = this.#cast.bear(this, seat, this.lives.length);
    seat.lives++;
    seat.life = life;
    this.lives.push(life);
    if (this.#byId.has(life.id)) this.#reset(life);
    this.#byId.set(life.id, life);
    this.discovery.enter(life);
  }

  /** Who comes back under its old id has no session with anyone. */
  #reset({ id }: L): void {
    this.at(this.nowMs, () => {
      for (const other of this.lives)
        if (other.id !== id && other.state === 'running') other.take({ type: 'reset', peer: id });
    });
  }

  /** Frees a seat, and tells who had it. */
  leaveSeat(index: number): L | null {
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

  observe(step: Step<L>): void {
    this.steps++;
    this.#trace?.step(this.nowMs, step);
    this.#audience.observe(step, this);
  }

  /** Writes something into the trace that happened to no member. */
  note(text: () => string): void {
    if (this.#trace !== null) this.#trace.note(this.nowMs, text());
  }

  /** A fault of one of these types is meant for that member's seat, whenever. */
  isMeantFor({ seat }: Tenant, ...types: readonly FaultType[]): boolean {
    return this.schedule.faults.some(
      (fault) => types.includes(fault.type) && 'seat' in fault && fault.seat === seat.index,
    );
  }

  /** How late a timer is. */
  lateness({ index, seat }: Tenant, timer: number): number {
    const lateMs = this.schedule.conditions.timersLateMs + seat.timersLateMs;
    return lateMs === 0 ? 0 : lateMs * unit(mix(this.draw(index, timer), 31));
  }

  #makeSeat(index: number): Seat<L> {
    const { drift, clocksAtBounds = false } = this.schedule.conditions;
    const rate = (source: number): number => {
      const off = 2 * unit(this.draw(index, source)) - 1;
      return 1 + drift * (clocksAtBounds ? Math.sign(off) : off);
    };
    const offsetMs = Math.floor(unit(this.draw(index, 43)) * 10_000);
    const rates = { monotonic: rate(41), wall: rate(42) };
    return {
      index,
      clock: new MachineClock(() => this.nowMs, rates, wallStartMs + offsetMs),
      priority: 0,
      visible: true,
      flatterers: 0,
      diskLateMs: 0,
      toKeeperLateMs: 0,
      fromKeeperLateMs: 0,
      timersLateMs: 0,
      timersEveryMs: 0,
      timersFreeAtMs: 0,
      life: null,
      lives: 0,
    };
  }
}

class Action implements Happening {
  readonly atMs: number;
  readonly happen: () => void;

  constructor(atMs: number, run: () => void) {
    this.atMs = atMs;
    this.happen = run;
  }
}
