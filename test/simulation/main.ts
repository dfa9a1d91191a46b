import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { endWithReader, FlagsError } from '../flags.ts';
import { campaign } from './campaign.ts';
import type { Failure, Report } from './campaign.ts';
import { writtenHistory } from './history.ts';
import { parseOptions, usage } from './options.ts';
import type { Options } from './options.ts';
import { parseSchedule, ScheduleError } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { shrink } from './shrink.ts';
import { simulationOf } from './simulation.ts';
import { Trace } from './trace.ts';
import { inTask } from './web/jobs.ts';

/** In whose simulations applications append and read. */
const withHistory = ['quorum', 'rooms'];
const progressEveryMs = 2_000;
const shrinkLimits = { maxRuns: 2_000, maxCpuSeconds: 60 };
/** V8 takes as long to compile all that as hundreds of seeds take: less of each function is built into others, at no loss. */
setFlagsFromString('--max-inlined-bytecode-size-cumulative=200');

endWithReader();
process.exitCode = await inTask(() => main(process.argv.slice(2)));

function main(args: readonly string[]): number {
  try {
    const options = parseOptions(args);
    if (options.help) return (say(usage), 0);
    const schedule = scheduleOf(options);
    if (options.history !== null) beginHistory(options.history, schedule?.elector ?? options.elector);
    return schedule === null ? search(options) : replay(schedule, options);
  } catch (error) {
    if (!(error instanceof FlagsError || error instanceof ScheduleError)) throw error;
    console.error(error.message);
    return 2;
  }
}

/** The one schedule to replay, if the flags name one. */
function scheduleOf(options: Options): Schedule | null {
  if (options.schedule !== null) return parseSchedule(contentsOf(options.schedule));
  return options.seed === null ? null : simulationOf(options.elector).draw(options.seed);
}

function contentsOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new FlagsError(`--schedule may be a file that can be read: ${(error as Error).message}`);
  }
}

/** The file, empty. */
function beginHistory(path: string, elector: string): void {
  if (!withHistory.includes(elector))
    throw new FlagsError(`--history needs --elector ${withHistory.join(' or ')}: with ${elector} nobody appends`);
  try {
    writeFileSync(path, '');
  } catch (error) {
    throw new FlagsError(`--history may be a file that can be written: ${(error as Error).message}`);
  }
}

function replay(schedule: Schedule, options: Options): number {
  const { faults, ...rest } = schedule;
  say(`# ${JSON.stringify(rest)}`);
  const lines: string[] = [];
  const trace = new Trace((line) => {
    lines.push(line);
    if (lines.length >= 1_000) say(lines.splice(0).join('\n'));
  });
  const outcome = simulationOf(schedule.elector).run(schedule, trace);
  if (lines.length > 0) say(lines.join('\n'));
  const { history, ...figures } = outcome;
  if (options.history !== null) appendFileSync(options.history, writtenHistory(schedule.seed, history));
  const hash = trace.digest();
  say(`# ${faults.length} faults, ${outcome.steps} events, ${(outcome.simulatedMs / 1_000).toFixed(3)} s simulated`);
  say(`# trace ${hash}`);
  say(
    outcome.broken === null ? '# all promises kept' : `# broken: ${outcome.broken.promise}: ${outcome.broken.message}`,
  );
  if (options.json) say(JSON.stringify({ seed: schedule.seed, elector: schedule.elector, ...figures, trace: hash }));
  return outcome.broken === null ? 0 : 1;
}

function search(options: Options): number {
  let first: Failure | null = null;
  let saidAt = Date.now();
  const report = campaign(options, {
    onFailure: (failure) => {
      first ??= failure;
      say(`seed ${failure.seed} broke a promise at ${(failure.atMs / 1_000).toFixed(3)} s: ${failure.promise}`);
      say(`  ${failure.message}`);
    },
    onSeed: (soFar, seed, { history }) => {
      if (options.history !== null) appendFileSync(options.history, writtenHistory(seed, history));
      if (Date.now() - saidAt < progressEveryMs) return;
      saidAt = Date.now();
      say(progress(soFar(), options.seeds));
    },
  });
  say(progress(report, options.seeds));
  if (first !== null && !options.noShrink) sayShrunk(simulationOf(options.elector).draw((first as Failure).seed));
  if (options.json) say(JSON.stringify(report));
  return report.failures === 0 ? 0 : 1;
}

function progress(report: Report, wanted: number): string {
  const { convergence } = report;
  return [
    `${report.seeds}/${wanted} seeds`,
    `${report.failures} failed`,
    `${report.simulatedHours} h simulated`,
    `${report.simulatedHoursPerCpuMinute} h per CPU minute`,
    `convergence p50 ${convergence.p50} ms, p99 ${convergence.p99} ms, max ${convergence.max} ms`,
  ].join(' · ');
}

function sayShrunk(schedule: Schedule): void {
  const { schedule: small, runs } = shrink(schedule, shrinkLimits);
  const folder = mkdtempSync(join(tmpdir(), 'bellwether-schedule-')); // another run may shrink the same seed meanwhile
  const path = join(folder, `${schedule.elector}-${schedule.seed}.json`);
  writeFileSync(path, written(small));
  say(
    `\nseed ${schedule.seed} shrunk from ${schedule.faults.length} to ${small.faults.length} faults in ${runs} runs:`,
  );
  say(written(small));
  say(`replay it: npm run sim -- --schedule ${path}`);
}

/** One fault a line. */
function written(schedule: Schedule): string {
  const { faults, ...rest } = schedule;
  const lines = faults.map((fault) => `  ${JSON.stringify(fault)}`);
  return `${JSON.stringify(rest).slice(0, -1)},"faults":[\n${lines.join(',\n')}\n]}`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
