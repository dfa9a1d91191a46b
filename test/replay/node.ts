import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const cache = fileURLToPath(new URL('../../node_modules/.cache/nodes', import.meta.url));
const [thisMajor = ''] = process.versions.node.split('.');

/** npm has no Node of that version for this machine. */
export class NoSuchNode extends Error {}

/**
 * The program of that major version of Node: the one that runs this, or one that npm brings, as a package for each
 * platform (40 MB), and that is kept in `node_modules/.cache`. Throws `NoSuchNode`, or whatever kept npm from it.
 */
export async function nodeOf(major: string): Promise<string> {
  if (major === thisMajor) return process.execPath;
  const name = packageOf(process.platform, process.arch);
  const folder = join(cache, `${name}-${major}`);
  const program = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(program)) await install(`${name}@${major}`, folder);
  return program;
}

function packageOf(platform: NodeJS.Platform, arch: string): string {
  const machine = `${platform === 'win32' ? 'win' : platform}-${arch}`;
  return machine === 'darwin-arm64' ? `node-bin-${machine}` : `node-${machine}`; // the other name ended with Node 18
}

/** Into its place in one move: somebody else may be installing the same. */
async function install(wanted: string, folder: string): Promise<void> {
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(join(cache, 'draft-'));
  try {
    await npm('install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', draft, wanted);
    if (!existsSync(folder)) renameSync(draft, folder);
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    if (!/code (?:E404|ETARGET|EBADPLATFORM)\b/.test(stderr)) throw error;
    throw new NoSuchNode(`npm has no ${wanted}: Node ${process.platform} ${process.arch} is not published there`);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

async function npm(...args: string[]): Promise<void> {
  const path = process.env['npm_execpath']; // where `npm` itself started this
  const shell = process.platform === 'win32' && path === undefined;
  const [program, first] = path === undefined ? ['npm', []] : [process.execPath, [path]];
  await promisify(execFile)(program, [...first, ...args], { shell });
}
