// @ts-check
// `npm test`: everything, from a bare checkout on. Plain JavaScript, because nothing may be installed yet.
//
//   npm test                       everything
//   npm test -- --only unit,lint   some of it
//   npm test -- --list             the names of the steps
//   npm test -- --help             these
//
// Under CI (the variable `CI` is set) a skipped test is a failure. The last line reads `N passed, N failed`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { casesOfVitest } from './ci/cases.js';
import { installCommand } from './ci/install.js';
import { root } from './ci/root.js';
import { runStep, stopChildrenOnSignal } from './ci/step.js';

const minutes = 60_000;
const node = process.execPath;
const fromSources = ['--conditions=bellwether-source', '--import', 'tsx'];

/** @type {(path: string) => string} */
const installed = (path) => join(root, 'node_modules', path);
const tsc = [node, installed('typescript/bin/tsc')];

/** @typedef {import('./ci/step.js').Step} Step */

/** @type {(name: string, limitMs: number) => Step} */
const vitest = (name, limitMs) => ({
  name,
  limitMs,
  commands: (folder) => [
    [
      ...[node, installed('vitest/vitest.mjs'), 'run', '--config', 'test/vitest.config.ts', '--project', name],
      ...['--allowOnly=false', '--reporter=default', '--reporter=json', `--outputFile.json=${join(folder, name)}.json`],
    ],
  ],
  cases: (folder) => casesOfVitest(join(folder, `${name}.json`)),
});

/** @type {Step[]} */
const steps = [
  { name: 'install', limitMs: 10 * minutes, commands: () => installCommand() },
  {
    name: 'types',
    limitMs: 3 * minutes,
    commands: () => [
      [...tsc, '-p', 'tsconfig.json', '--noEmit'],
      [...tsc, '-p', 'src/core/tsconfig.json'],
      [...tsc, '-p', 'test/tsconfig.json'],
    ],
  },
  {
    name: 'lint',
    limitMs: 2 * minutes,
    commands: () => [
      [node, installed('oxlint/bin/oxlint'), '--config', 'test/oxlint.json', '--deny-warnings', '.'],
      [node, installed('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'],
    ],
  },
  vitest('unit', 12 * minutes),
  vitest('replay', 6 * minutes),
  vitest('package', 4 * minutes),
  {
    name: 'simulation',
    limitMs: 12 * minutes,
    commands: () => [
      [node, ...fromSources, 'test/simulation/main.ts', '--elector', 'available', '--seeds', '600', '--bail'],
      [node, ...fromSources, 'test/simulation/main.ts', '--elector', 'lock', '--seeds', '600', '--bail'],
      [node, ...fromSources, 'test/simulation/main.ts', '--elector', 'lockless', '--seeds', '300', '--bail'],
      [node, ...fromSources, 'test/simulation/main.ts', '--elector', 'quorum', '--seeds', '600', '--bail'],
      [node, ...fromSources, 'test/simulation/main.ts', '--elector', 'web', '--cpu-seconds', '50', '--bail'],
      [node, ...fromSources, 'test/simulation/main.ts', '--elector', 'rooms', '--cpu-seconds', '50', '--bail'],
    ],
  },
  { name: 'browsers', limitMs: 10 * minutes, commands: () => [[node, 'test/browsers/install.js']] },
  vitest('e2e', 35 * minutes),
];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.log(`Node ${process.versions.node} is too old: install Node 20.19 or later\n0 passed, 1 failed`);
  process.exit(1);
}
const chosen = choose(process.argv.slice(2));
const folder = mkdtempSync(join(tmpdir(), 'bellwether-test-'));
stopChildrenOnSignal();

let passed = 0;
let failed = 0;
let usable = true;
for (const step of chosen) {
  const result = await runStep(step, folder, usable);
  passed += result.passed;
  failed += result.failed;
  if (step.name === 'install' && result.failed > 0) usable = false;
}
if (failed === 0) rmSync(folder, { recursive: true, force: true });
else console.log(`\nthe full output of every step is in ${folder}`);
process.exitCode = failed === 0 ? 0 : 1;
console.log(`${passed} passed, ${failed} failed`);

/**
 * @param {string[]} args
 * @returns {Step[]}
 */
function choose(args) {
  const names = steps.map((step) => step.name);
  if (args.length === 0) return steps;
  if (args.length === 1 && args[0] === '--list') {
    console.log(names.join('\n'));
    process.exit(0);
  }
  const usage = `npm test [-- --only STEP[,STEP…]] [-- --list]\nsteps: ${names.join(', ')}`;
  if (args.length === 1 && (args[0] === '--help' || args[0] === '-h')) {
    console.log(usage);
    process.exit(0);
  }
  const wanted = args[0] === '--only' && args.length === 2 ? (args[1] ?? '').split(',') : [];
  if (wanted.length === 0 || wanted.some((name) => !names.includes(name))) {
    console.error(usage);
    process.exit(2);
  }
  return steps.filter((step) => step.name === 'install' || wanted.includes(step.name));
}
