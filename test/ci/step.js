// @ts-check
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.js';

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {number} limitMs What takes longer is stopped, and has failed.
 * @property {(folder: string) => [string, ...string[]][] | string[][]} commands Run one after the other; all of them,
 *   also when one fails.
 * @property {(folder: string) => import('./cases.js').Cases} [cases] Counts the cases; without it a step is one case.
 */

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();

/**
 * Runs one step, prints its line, and all of its output if it failed.
 *
 * @param {Step} step
 * @param {string} folder Where its output goes.
 * @param {boolean} usable False when what it needs could not be installed: then it fails without being run.
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runStep(step, folder, usable) {
  const startedMs = performance.now();
  if (!usable) return report(step, startedMs, { passed: 0, failed: 1, notes: ['not run: installing failed'] });
  if (process.stdout.isTTY) process.stdout.write(`… ${step.name}`);
  const log = join(folder, `${step.name}.log`);
  const failures = await runCommands(step, folder, log);
  const result = judge(step, folder, failures);
  if (result.failed > 0) result.notes.unshift(readFileSync(log, 'utf8').trimEnd());
  return report(step, startedMs, result);
}

/**
 * @param {Step} step @param {string} folder @param {string} log
 * @returns {Promise<string[]>} What went wrong, a line for each command that failed.
 */
async function runCommands(step, folder, log) {
  const output = openSync(log, 'w');
  /** @type {string[]} */
  const failures = [];
  try {
    for (const command of step.commands(folder)) {
      writeSync(output, `$ ${command.map((word) => word.replace(root, '')).join(' ')}\n`);
      const failure = await run(command, output, step.limitMs);
      if (failure) failures.push(failure);
    }
  } finally {
    closeSync(output);
  }
  return failures;
}

/**
 * @param {Step} step @param {string} folder @param {string[]} failures
 * @returns {{ passed: number, failed: number, notes: string[] }}
 */
function judge(step, folder, failures) {
  if (!step.cases) return { passed: failures.length > 0 ? 0 : 1, failed: failures.length > 0 ? 1 : 0, notes: failures };
  const { passed, failed, skipped, broken } = step.cases(folder);
  const notes = [...broken, ...skipped.map((name) => `skipped: ${name}`)];
  let all = failed + broken.length + (process.env.CI ? skipped.length : 0);
  if (all === 0 && failures.length > 0) all = 1; // an error outside of any test
  return { passed, failed: all, notes: all > 0 ? [...notes, ...failures] : notes };
}

/**
 * @param {Step} step @param {number} startedMs
 * @param {{ passed: number, failed: number, notes: string[] }} result
 */
function report({ name, cases }, startedMs, { passed, failed, notes }) {
  const seconds = `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
  const count = cases ? `  ${passed} passed${failed > 0 ? `, ${failed} failed` : ''}` : '';
  const start = process.stdout.isTTY ? '\r\x1b[K' : '';
  console.log(`${start}${failed > 0 ? '✗' : '✓'} ${name.padEnd(12)}${seconds.padStart(8)}${count}`);
  for (const note of notes) console.log(note.replace(/^/gm, '    '));
  return { passed, failed };
}

/**
 * @param {string[]} command @param {number} output @param {number} limitMs
 * @returns {Promise<string | null>} What went wrong.
 */
function run(command, output, limitMs) {
  const [program = '', ...args] = command;
  const shown = args[0]?.startsWith(root) ? args[0].slice(root.length) : [program, ...args].join(' ');
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      env: environment(),
      stdio: ['ignore', output, output],
      detached: process.platform !== 'win32', // a group of its own, so that nothing of it outlives a stop
      shell: process.platform === 'win32' && program === 'npm',
    });
    children.add(child);
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      stop(child, 'SIGKILL');
    }, limitMs);
    /** @param {string | null} failure */
    const end = (failure) => {
      clearTimeout(limit);
      children.delete(child);
      stop(child, 'SIGKILL'); // whatever it left behind
      resolve(failure);
    };
    child.on('error', (error) => end(`${shown} did not start: ${error.message}`));
    child.on('exit', (code, signal) => {
      if (late) end(`${shown} was stopped: it took longer than ${limitMs / 1000} s`);
      else end(code === 0 ? null : `${shown} ended with ${signal ?? `exit code ${code}`}`);
    });
  });
}

/** No colours: the output goes to a file. */
function environment() {
  const { FORCE_COLOR: _, ...rest } = process.env;
  return { ...rest, NO_COLOR: '1' };
}

/** @param {import('node:child_process').ChildProcess} child @param {NodeJS.Signals} signal */
function stop(child, signal) {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // it has ended by itself
  }
}

/** Ctrl-C: the children are asked to end, made to after three seconds, and only then does this end. */
export function stopChildrenOnSignal() {
  for (const [signal, code] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])) {
    process.on(signal, () => {
      console.log('\nstopping');
      const running = [...children];
      for (const child of running) stop(child, 'SIGINT');
      const kill = setTimeout(() => {
        for (const child of running) stop(child, 'SIGKILL');
        process.exit(code);
      }, 3000);
      const ended = running.map((child) => new Promise((resolve) => child.once('exit', resolve)));
      void Promise.all(ended).then(() => {
        clearTimeout(kill);
        process.exit(code);
      });
    });
  }
}
