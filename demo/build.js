// @ts-check
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs a command to its end; rejects where it fails.
 *
 * @typedef {(command: string[]) => Promise<void>} Run
 */

/** Installs what the lock file says, where it is not there. @param {Run} run */
export async function install(run) {
  if (!installed()) await run([...npm(), 'ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** Compiles the library, where a source is newer. @param {Run} run */
export async function buildLibrary(run) {
  const sources = ['src', 'signaling-server', 'tsconfig.json', 'package.json'];
  if (newest(sources) > newest(['dist/src/index.js'])) await run([...npm(), 'run', '--silent', 'build']);
}

/** Builds the page, where a source of it or of the library is newer. @param {Run} run */
export async function buildPage(run) {
  if (newest(['demo', 'src', 'package.json']) <= newest(['demo/dist/index.html'])) return;
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  await run([process.execPath, vite, 'build', '--config', join(root, 'demo/vite.config.ts'), '--logLevel', 'warn']);
}

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** Shows what the command says only where it fails. @type {Run} */
export function quietly([file = '', ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], shell: file === 'npm.cmd' });
    running.add(child);
    let said = '';
    child.stdout.on('data', (text) => (said += text));
    child.stderr.on('data', (text) => (said += text));
    child.on('error', reject);
    child.on('close', (code) => {
      running.delete(child);
      if (code === 0) resolve();
      else reject(new Error(`${[file, ...args].join(' ')} failed:\n${said.trim()}`));
    });
  });
}

export function stopCommands() {
  for (const child of running) child.kill('SIGTERM');
}

/** npm as it was started, or else from the path. @returns {string[]} */
function npm() {
  const path = process.env['npm_execpath'];
  if (path?.endsWith('.js')) return [process.execPath, path];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

/** Compares by content: a checkout gives every file a new time. */
function installed() {
  try {
    /** @param {string} path @returns {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }>} */
    const packages = (path) => JSON.parse(readFileSync(join(root, path), 'utf8')).packages;
    const there = packages('node_modules/.package-lock.json');
    return Object.entries(packages('package-lock.json')).every(([path, wanted]) => {
      const found = there[path];
      if (path === '') return true;
      return found ? found.version === wanted.version : wanted.optional || wanted.devOptional;
    });
  } catch {
    return false;
  }
}

/** When the newest of these files, or of the files in these folders, was written; 0 where there is none. @param {string[]} paths @returns {number} */
function newest(paths) {
  return Math.max(0, ...paths.map((path) => writtenMs(join(root, path))));
}

/** @param {string} path @returns {number} */
function writtenMs(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isDirectory()) return found?.mtimeMs ?? 0;
  const inside = readdirSync(path).filter((name) => name !== 'dist' && name !== 'pictures' && name !== 'node_modules');
  return Math.max(0, ...inside.map((name) => writtenMs(join(path, name))));
}
