// @ts-check
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.js';

/**
 * `npm ci`, or nothing where what is installed is what the lock file says.
 *
 * @returns {[string, ...string[]][]}
 */
export function installCommand() {
  if (isInstalled(packagesOf('package-lock.json'), packagesOf('node_modules/.package-lock.json'))) return [];
  const npm = process.env.npm_execpath; // where `npm` itself started this
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=warn'];
  return [npm ? [process.execPath, npm, ...args] : ['npm', ...args]];
}

/** @typedef {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }>} Packages */

/**
 * Compares by content: a checkout gives every file a new time, and an interrupted install an early one.
 *
 * @param {Packages | null} locked
 * @param {Packages | null} found What npm wrote into `node_modules`, which it does last.
 */
export function isInstalled(locked, found) {
  if (!locked || !found) return false;
  return Object.entries(locked).every(([path, { version, optional, devOptional }]) => {
    if (path === '') return true;
    const there = found[path];
    return there ? there.version === version : Boolean(optional || devOptional); // those of other platforms are left out
  });
}

/**
 * @param {string} path
 * @returns {Packages | null}
 */
function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8')).packages;
  } catch {
    return null;
  }
}
