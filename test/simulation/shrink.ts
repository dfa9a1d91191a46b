import type { Fault, Schedule } from './schedule.ts';
import { simulationOf } from './simulation.ts';
import type { Simulation } from './simulation.ts';

export interface Shrunk {
  readonly schedule: Schedule;
  readonly runs: number;
}

export interface ShrinkLimits {
  readonly maxRuns: number;
  readonly maxCpuSeconds: number;
}

/**
 * Makes a failing schedule smaller while the same promise stays broken: delta debugging of the fault list (Zeller and
 * Hildebrandt, "Simplifying and Isolating Failure-Inducing Input"), then a shorter run under simpler conditions.
 */
export function shrink(schedule: Schedule, limits: ShrinkLimits): Shrunk {
  const search = new Search(schedule, limits);
  search.shorten();
  search.withFewerFaults();
  search.simplify();
  search.withFewerFaults();
  return { schedule: search.best, runs: search.runs };
}

class Search {
  best: Schedule;
  runs = 0;
  readonly #run: Simulation['run'];
  readonly #promise: string | undefined;
  readonly #limits: ShrinkLimits;
  readonly #startedCpu = process.cpuUsage();

  constructor(schedule: Schedule, limits: ShrinkLimits) {
    this.best = schedule;
    this.#limits = limits;
    this.#run = simulationOf(schedule.elector).run;
    this.#promise = this.#run(schedule).broken?.promise;
  }

  /** What comes after the failure cannot matter. */
  shorten(): void {
    const failedMs = this.#run(this.best).broken?.atMs ?? Infinity;
    if (failedMs >= this.best.faultsMs) return;
    const faults = this.best.faults.filter((fault) => fault.atMs <= failedMs);
    this.#try({ ...this.best, faults, faultsMs: Math.ceil(failedMs) + 1, split: null, frozen: null });
  }

  /** ddmin: takes out ever smaller parts of the list. */
  withFewerFaults(): void {
    let parts = 2;
    while (this.best.faults.length > 0 && !this.#spent()) {
      const size = Math.ceil(this.best.faults.length / parts);
      if (this.#withoutOnePart(size)) parts = Math.max(parts - 1, 2);
      else if (size === 1) return;
      else parts = Math.min(parts * 2, this.best.faults.length);
    }
  }

  simplify(): void {
    const { best } = this;
    const conditions = { loss: 0, duplicates: 0, drift: 0, jitter: 0, timersLateMs: 0, wire: 'reference' } as const;
    for (const [name, value] of Object.entries(conditions))
      this.#try({ ...this.best, conditions: { ...this.best.conditions, [name]: value } });
    const { far: _, ...near } = this.best.conditions;
    this.#try({ ...this.best, conditions: near });
    this.#try({ ...this.best, split: null });
    this.#try({ ...this.best, frozen: null });
    const { group } = this.best;
    if (group !== undefined) this.#try({ ...this.best, group: { ...group, frailty: 0, frailVotes: 0, toldLateMs: 0 } });
    this.#simplifyWeb();
    this.#try({ ...this.best, minMembers: 1 });
    const lastMs = Math.max(0, ...this.best.faults.map(({ atMs }) => atMs));
    if (!this.#try({ ...this.best, faultsMs: lastMs + 1 })) this.#try({ ...best, faultsMs: lastMs + 10_000 });
    // The witness has its seat whatever happens, and no fault may name it.
    const witnessSeat = group?.voters.findIndex(({ witness }) => witness) ?? 0;
    const seats = 1 + Math.max(0, witnessSeat, ...this.best.faults.map(highestSeat));
    if (seats < this.best.seats && this.best.split === null) this.#try({ ...this.best, seats });
  }

  /** Data channels last: without them much goes another way. */
  #simplifyWeb(): void {
    const simpler = { closeLateMs: 0, browsers: 1, heartbeatMs: 10_000, graceMs: 30_000, openMs: 100 } as const;
    for (const [name, value] of Object.entries({ ...simpler, channels: 0 }))
      if (this.best.web !== undefined) this.#try({ ...this.best, web: { ...this.best.web, [name]: value } });
  }

  #withoutOnePart(size: number): boolean {
    const { faults } = this.best;
    for (let from = 0; from < faults.length && !this.#spent(); from += size) {
      const rest = [...faults.slice(0, from), ...faults.slice(from + size)];
      if (this.#try({ ...this.best, faults: rest })) return true;
    }
    return false;
  }

  /** Keeps the candidate if it breaks the same promise. */
  #try(candidate: Schedule): boolean {
    if (this.#spent()) return false;
    this.runs++;
    if (this.#run(candidate).broken?.promise !== this.#promise) return false;
    this.best = candidate;
    return true;
  }

  #spent(): boolean {
    const { user, system } = process.cpuUsage(this.#startedCpu);
    return this.runs >= this.#limits.maxRuns || (user + system) / 1e6 > this.#limits.maxCpuSeconds;
  }
}

function highestSeat(fault: Fault): number {
  const seats: number[] = [];
  const collect = (value: unknown): void => {
    if (typeof value === 'number') seats.push(value);
    else if (Array.isArray(value)) for (const one of value) collect(one);
  };
  for (const name of ['seat', 'a', 'b', 'about', 'from', 'to', 'by', 'groups'])
    collect((fault as Record<string, unknown>)[name]);
  return Math.max(0, ...seats);
}
