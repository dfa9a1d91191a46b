import { existsSync, readFileSync } from 'node:fs';
import { endWithReader, FlagsError, readFlags } from '../flags.ts';
import { Laboratory, PatchError } from './mutants/laboratory.ts';
import type { Trial, TrialLimits } from './mutants/laboratory.ts';
import type { Mutant } from './mutants/mutant.ts';
import { mutantsOf } from './mutants/mutants.ts';

const electorNames = Object.keys(mutantsOf);
const usage = `npm run mutants -- [flags] [NAME…]

Plants each known bug in a copy of the sources and runs the simulator on it, until a seed breaks a promise that it keeps
without the bug. A bug that is not found is a hole in the checkers. A NAME tries that one only.

  --elector NAME   only those of one simulation: ${electorNames.join(', ')}
  --patch FILE     tries a bug from outside instead: a unified diff, as git diff writes it
  --list           the names of the known bugs
  --help           this text

Each has 60 CPU seconds, and a patch as much in each simulation that it may concern. The exit code is 0 where all were
found, 1 where one was not, and 2 for flags that make no sense and for patches that cannot be tried.
`;

interface Known {
  readonly elector: string;
  readonly mutant: Mutant;
}

const flags = {
  elector: { type: 'string' },
  patch: { type: 'string' },
  list: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

let laboratory: Laboratory | undefined;
endWithReader();
try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof PatchError || error instanceof FlagsError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
} finally {
  laboratory?.close();
}

function main(args: readonly string[]): number {
  const { values, positionals } = readFlags(args, flags, usage);
  const { help = false, list = false, elector, patch } = values;
  const electors = elector === undefined ? electorNames : [elector];
  if (elector !== undefined && !electorNames.includes(elector))
    throw new FlagsError(`--elector may be ${electorNames.join(', ')}, not "${elector}"`);
  const known = electors.flatMap((one) => mutantsOf[one]!.map((mutant) => ({ elector: one, mutant })));
  if (help) return (console.log(usage), 0);
  if (list) return (console.log(known.map(({ mutant }) => mutant.name).join('\n')), 0);
  if (patch !== undefined) return tryPatch(patch, electors, positionals);
  return tryKnown(chosen(known, positionals));
}

function chosen(known: readonly Known[], names: readonly string[]): readonly Known[] {
  const unknown = names.filter((name) => known.every(({ mutant }) => mutant.name !== name));
  if (unknown.length > 0)
    throw new FlagsError(`no mutant is called ${unknown.join(', ')}; there are those of npm run mutants -- --list`);
  return names.length === 0 ? known : known.filter(({ mutant }) => names.includes(mutant.name));
}

function tryKnown(some: readonly Known[]): number {
  laboratory = new Laboratory();
  let missed = 0;
  for (const { elector, mutant } of some) {
    const trial = laboratory.try(mutant, limitsOf(elector));
    if (trial.seed === null) missed++;
    say(mutant.name, trial);
  }
  console.log(`${some.length - missed} of ${some.length} mutants found`);
  return missed === 0 ? 0 : 1;
}

/** Looks in the simulation of one elector, or else of each that runs a core which the patch names, or else of all. */
function tryPatch(file: string, electors: readonly string[], names: readonly string[]): number {
  if (names.length > 0) throw new FlagsError(`--patch stands for itself: leave out ${names.join(' ')}`);
  if (!existsSync(file)) throw new FlagsError(`--patch may be a unified diff; there is no file ${file}`);
  const patch = readFileSync(file, 'utf8');
  const concerned = electors.filter((elector) =>
    patch.includes(`src/core/${elector === 'rooms' ? 'quorum' : elector}/`),
  );
  laboratory = new Laboratory();
  let isFound = false;
  for (const elector of concerned.length > 0 ? concerned : electors) {
    if (isFound) break;
    const trial = laboratory.tryPatch(file, limitsOf(elector));
    say(`${file} (${elector})`, trial);
    isFound = trial.seed !== null;
  }
  return isFound ? 0 : 1;
}

function limitsOf(elector: string): TrialLimits {
  return { elector, seeds: 10_000, cpuSeconds: 60 };
}

function say(name: string, { seed, promise, cpuSeconds }: Trial): void {
  const found = seed === null ? 'NOT FOUND' : `seed ${seed}: ${promise}`;
  console.log(`${name.padEnd(44)} ${`${cpuSeconds.toFixed(1)} s`.padStart(8)}  ${found}`);
}
