import { flagsOf, FlagsError, readFlags, wholeNumber } from '../flags.ts';
import { simulations } from './simulation.ts';

export interface Options {
  readonly elector: string;
  readonly from: number;
  readonly seeds: number;
  /** No further seed is begun after so much time on the processor. */
  readonly cpuSeconds: number;
  /** Replays this one only, with a trace. */
  readonly seed: number | null;
  /** Replays the schedule in this file, with a trace. */
  readonly schedule: string | null;
  /** Where to write what clients asked and were told. */
  readonly history: string | null;
  readonly json: boolean;
  /** Stops at the first failing seed. */
  readonly bail: boolean;
  /** Leaves the first failing seed as it is. */
  readonly noShrink: boolean;
  readonly help: boolean;
}

export const usage = `npm run sim -- [flags]

  --seeds N         how many seeds to run (default 500)
  --from N          the first of them (default 1)
  --cpu-seconds N   begin no further seed after so much time on the processor
  --elector NAME    ${Object.keys(simulations).join(', ')} (default available)
  --seed N          replay one seed, with a trace of all that happens
  --schedule FILE   replay a schedule, as the shrinker prints it, with a trace
  --history FILE    write each append and read of all seeds as one JSON object a line (quorum, rooms)
  --bail            stop at the first failing seed
  --no-shrink       do not make the first failing seed smaller
  --json            end with one JSON object on the last line
  --help            this text

The exit code is 0 where all promises were kept, 1 where one was broken, and 2 for flags that make no sense.

A line of --history is { seed, client, op, input, output, call, return }. Each seed is a history of its own, in the order
of calls; what all its clients share is a list of values, empty at first.
  client, call, return   has one operation under way at a time, from one to the other: true time, in milliseconds
  op "append"            puts "input" at the end of the list, which no other does. "output": { index }, its place in the
                         log; null covers "in a snapshot"
  op "read"              "output": { index, length, last } of the list as of that place in the log: how many values, and
                         the last, or null
  output "not-committed" it never took effect; "unknown", or null (with return null): it may have, or may yet, once at most
`;

export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = readFlags(args, flags, usage);
  if (positionals.length > 0)
    throw new FlagsError(`"${positionals.join(' ')}" is no flag; flags may be ${flagsOf(usage)}`);
  const elector = values.elector ?? 'available';
  if (!Object.hasOwn(simulations, elector))
    throw new FlagsError(`--elector may be ${Object.keys(simulations).join(', ')}, not "${elector}"`);
  const given = (name: 'seed' | 'from' | 'seeds' | 'cpu-seconds', least: number): number | null =>
    values[name] === undefined ? null : wholeNumber(`--${name}`, values[name], least);
  return {
    elector,
    from: given('from', 0) ?? 1,
    seeds: given('seeds', 1) ?? 500,
    cpuSeconds: given('cpu-seconds', 1) ?? Infinity,
    seed: given('seed', 0),
    schedule: values.schedule ?? null,
    history: values.history ?? null,
    json: values.json ?? false,
    bail: values.bail ?? false,
    noShrink: values['no-shrink'] ?? false,
    help: values.help ?? false,
  };
}

const flags = {
  seeds: { type: 'string' },
  from: { type: 'string' },
  'cpu-seconds': { type: 'string' },
  seed: { type: 'string' },
  elector: { type: 'string' },
  schedule: { type: 'string' },
  history: { type: 'string' },
  json: { type: 'boolean' },
  bail: { type: 'boolean' },
  'no-shrink': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;
