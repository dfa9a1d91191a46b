import { Violation } from './checker.ts';
import type { Operation } from './history.ts';
import type { Schedule } from './schedule.ts';
import type { Subject } from './subject.ts';
import type { Tenant } from './tenant.ts';
import type { Trace } from './trace.ts';
import { World } from './world.ts';

export interface Outcome {
  readonly simulatedMs: number;
  /** Events that happened to members. */
  readonly steps: number;
  /** How long it took each time until all was well again. */
  readonly convergenceMs: readonly number[];
  readonly broken: Broken | null;
  readonly history: readonly Operation[];
}

export interface Broken {
  readonly promise: string;
  readonly message: string;
  readonly atMs: number;
}

/** Runs a schedule to its end, or until a promise is broken. */
export function run<L extends Tenant>(subject: Subject<L>, schedule: Schedule, trace: Trace | null): Outcome {
  const world = new World(schedule, subject, trace);
  let convergenceMs: readonly number[] = [];
  let broken: Broken | null = null;
  try {
    world.runUntil(schedule.faultsMs);
    trace?.note(world.nowMs, 'faults are over');
    world.settle();
    convergenceMs = subject.recover(world);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    broken = { promise: error.promise, message: error.message, atMs: world.nowMs };
    trace?.note(world.nowMs, `broken: ${error.promise}: ${error.message}`);
  }
  return { simulatedMs: world.nowMs, steps: world.steps, convergenceMs, broken, history: subject.history?.() ?? [] };
}
