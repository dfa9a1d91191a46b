import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Laboratory, PatchError } from './mutants/laboratory.ts';
import type { Trial, TrialLimits } from './mutants/laboratory.ts';
import { mutantsOf } from './mutants/mutants.ts';

/**
 * `npm run mutants [-- --elector NAME] [NAME…]`: plants each known bug in a copy of the sources and runs the simulator on
 * it, until a seed breaks a promise that it keeps without the bug. A bug that is not found is a hole in the checkers.
 * `npm run mutants -- --patch FILE` does so with a unified diff.
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { elector: { type: 'string' }, patch: { type: 'string' } },
});
const electors = values.elector === undefined ? Object.keys(mutantsOf) : [values.elector];
const unknownElector = electors.find((elector) => !Object.hasOwn(mutantsOf, elector));
if (unknownElector !== undefined)
  fail(`--elector may be ${Object.keys(mutantsOf).join(', ')}, not "${unknownElector}"`);
const known = electors.flatMap((elector) => mutantsOf[elector]!.map((mutant) => ({ elector, mutant })));
const unknown = positionals.filter((name) => known.every(({ mutant }) => mutant.name !== name));
if (unknown.length > 0)
  fail(`no mutant is called ${unknown.join(', ')}; there are ${known.map(({ mutant }) => mutant.name).join(', ')}`);

if (values.patch !== undefined && !existsSync(values.patch))
  fail(`--patch may be a unified diff; there is no file ${values.patch}`);

const laboratory = new Laboratory();
try {
  process.exitCode = values.patch === undefined ? tryKnown() : tryPatch(values.patch);
} catch (error) {
  if (!(error instanceof PatchError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
} finally {
  laboratory.close();
}

function tryKnown(): number {
  const chosen = known.filter(({ mutant }) => positionals.length === 0 || positionals.includes(mutant.name));
  let missed = 0;
  for (const { elector, mutant } of chosen) {
    const trial = laboratory.try(mutant, limitsOf(elector));
    if (trial.seed === null) missed++;
    say(mutant.name, trial);
  }
  console.log(`${chosen.length - missed} of ${chosen.length} mutants found`);
  return missed === 0 ? 0 : 1;
}

/** Looks in the simulation of one elector, or else of each that runs a core which the patch names, or else of all. */
function tryPatch(file: string): number {
  const patch = readFileSync(file, 'utf8');
  const concerned = electors.filter((elector) =>
    patch.includes(`src/core/${elector === 'rooms' ? 'quorum' : elector}/`),
  );
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

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
