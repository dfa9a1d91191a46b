// @ts-check
// Plain JavaScript: test/all.js uses it before anything is installed.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Where programs of these names may lie on this machine.
 *
 * @param {readonly string[]} names
 * @returns {string[]}
 */
export function placesOf(names) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', '/snap/bin'];
  return names.flatMap((name) => folders.filter(Boolean).map((folder) => join(folder, name)));
}

/** There, and its shared libraries too: a downloaded browser may miss them. @param {string} path */
export function starts(path) {
  if (!isExecutable(path)) return false;
  if (process.platform === 'win32') return true; // there `--version` opens a window
  return spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0;
}

/** @param {string} path */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** True for root on a distribution with apt. */
export const mayUseApt = () => process.getuid?.() === 0 && isExecutable('/usr/bin/apt-get');

/** @param {readonly string[]} packages */
export function aptInstall(packages) {
  run('apt-get', ['update', '-q']);
  run('apt-get', ['install', '-qy', '--no-install-recommends', ...packages]);
}

/** @param {string} command @param {readonly string[]} args */
export function run(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env, shell: process.platform === 'win32' });
}
