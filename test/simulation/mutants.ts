import { parseArgs } from 'node:util';
import { mutants } from './mutants/available.ts';
import { Laboratory } from './mutants/laboratory.ts';

/**
 * `npm run mutants [-- NAME…]`: plants each known bug in a copy of the sources and runs the simulator on it, until a seed
 * breaks a promise that it keeps without the bug. A bug that is not found is a hole in the checkers.
 */
const { positionals } = parseArgs({ allowPositionals: true });
const unknown = positionals.filter((name) => mutants.every((mutant) => mutant.name !== name));
if (unknown.length > 0) {
  console.error(`no mutant is called ${unknown.join(', ')}; there are ${mutants.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

const chosen = mutants.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const laboratory = new Laboratory();
let missed = 0;
try {
  for (const mutant of chosen) {
    const trial = laboratory.try(mutant, { seeds: 2_000, timeoutMs: 180_000 });
    if (trial.seed === null) missed++;
    const found = trial.seed === null ? 'NOT FOUND' : `seed ${trial.seed}: ${trial.promise}`;
    console.log(`${mutant.name.padEnd(36)} ${`${trial.cpuSeconds.toFixed(1)} s`.padStart(8)}  ${found}`);
  }
} finally {
  laboratory.close();
}
console.log(`${chosen.length - missed} of ${chosen.length} mutants found`);
process.exitCode = missed === 0 ? 0 : 1;
