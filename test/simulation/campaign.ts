import type { Broken, Outcome } from './run.ts';
import { simulationOf } from './simulation.ts';

export interface CampaignOptions {
  readonly elector: string;
  readonly from: number;
  readonly seeds: number;
  readonly cpuSeconds: number;
  readonly bail: boolean;
}

export interface Failure extends Broken {
  readonly seed: number;
}

export interface Report {
  readonly elector: string;
  readonly seeds: number;
  readonly failures: number;
  readonly simulatedHours: number;
  readonly cpuSeconds: number;
  readonly simulatedHoursPerCpuMinute: number;
  /** Events that happened to members, per second of CPU. */
  readonly eventsPerCpuSecond: number;
  readonly firstFailingSeed: number | null;
  readonly promise: string | null;
  /** How long it took, after faults had stopped or groups had met, until all was well: milliseconds of simulated time. */
  readonly convergence: { readonly p50: number; readonly p99: number; readonly max: number; readonly count: number };
}

export interface Watcher {
  /** After each seed. */
  onSeed(report: () => Report, seed: number, outcome: Outcome): void;
  onFailure(failure: Failure): void;
}

/** Runs a range of seeds. */
export function campaign(options: CampaignOptions, watcher: Watcher): Report {
  const startedCpu = process.cpuUsage();
  const simulation = simulationOf(options.elector);
  const convergenceMs: number[] = [];
  let simulatedMs = 0;
  let steps = 0;
  let seeds = 0;
  let failures = 0;
  let first: Failure | null = null;

  const report = (): Report => {
    const cpuSeconds = spentSeconds(startedCpu);
    const hours = simulatedMs / 3_600_000;
    return {
      elector: options.elector,
      seeds,
      failures,
      simulatedHours: rounded(hours),
      cpuSeconds: rounded(cpuSeconds),
      simulatedHoursPerCpuMinute: rounded((hours * 60) / cpuSeconds),
      eventsPerCpuSecond: Math.round(steps / cpuSeconds),
      firstFailingSeed: first?.seed ?? null,
      promise: first?.promise ?? null,
      convergence: distribution(convergenceMs),
    };
  };

  for (let seed = options.from; seed < options.from + options.seeds; seed++) {
    const outcome = simulation.run(simulation.draw(seed));
    seeds++;
    simulatedMs += outcome.simulatedMs;
    steps += outcome.steps;
    for (const afterMs of outcome.convergenceMs) convergenceMs.push(afterMs);
    if (outcome.broken !== null) {
      const failure = { seed, ...outcome.broken };
      failures++;
      first ??= failure;
      watcher.onFailure(failure);
      if (options.bail) break;
    }
    watcher.onSeed(report, seed, outcome);
    if (options.cpuSeconds !== Infinity && spentSeconds(startedCpu) >= options.cpuSeconds) break;
  }
  return report();
}

function spentSeconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

function distribution(values: readonly number[]): Report['convergence'] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
  return { p50: at(0.5), p99: at(0.99), max: at(1), count: sorted.length };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
