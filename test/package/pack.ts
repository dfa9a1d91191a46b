import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');
const execute = promisify(execFile);

export interface Output {
  readonly code: number;
  readonly text: string;
}

/** A project of somebody else's, outside of this repository, that has the package installed as npm would publish it. */
export interface Consumer {
  readonly folder: string;
  /** The package as it lies in `node_modules`. */
  readonly installed: string;
  /** The paths in the package. */
  readonly files: readonly string[];
  write(path: string, text: string): void;
  /** Runs a script of Node's; never throws. */
  node(...args: string[]): Promise<Output>;
  /** Runs the compiler; never throws. */
  tsc(...args: string[]): Promise<Output>;
  /** Makes a package of this repository resolvable there as well. */
  link(name: string): void;
  remove(): void;
}

/** Compiles the sources, packs them and unpacks them, all in a temporary folder: the checkout is only read. */
export async function installPacked(): Promise<Consumer> {
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'bellwether-package-')));
  const stage = join(top, 'stage');
  const folder = join(top, 'consumer');
  const installed = join(folder, 'node_modules/bellwether');
  mkdirSync(stage);
  mkdirSync(installed, { recursive: true });

  const packed = ['package.json', 'tsconfig.json', 'src', 'signaling-server', 'README.md', 'CHANGELOG.md', 'LICENSE'];
  for (const name of packed) cpSync(join(root, name), join(stage, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(stage, 'node_modules'));
  const compiled = await runNode(stage, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json']);
  if (compiled.code !== 0) throw new Error(`the package does not compile:\n${compiled.text}`);
  const { tarball, files } = await pack(stage, top);
  await execute('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);

  const link = (name: string): void => {
    const place = join(folder, 'node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), place);
  };
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) link(name);
  writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }');
  return {
    folder,
    installed,
    files,
    write: (path, text) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    },
    node: (...args) => runNode(folder, args),
    tsc: (...args) => runNode(folder, [join(root, 'node_modules/typescript/bin/tsc'), ...args]),
    link,
    remove: () => rmSync(top, { recursive: true, force: true }),
  };
}

async function pack(stage: string, destination: string): Promise<{ tarball: string; files: string[] }> {
  const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', destination];
  const npm = process.env.npm_execpath;
  const { stdout } = await (npm
    ? execute(process.execPath, [npm, ...args], { cwd: stage })
    : execute('npm', args, { cwd: stage, shell: process.platform === 'win32' }));
  const answer = JSON.parse(stdout);
  const [report] = Array.isArray(answer) ? answer : Object.values(answer); // npm 12 answers with an object
  const { filename, files } = report as { filename: string; files: { path: string }[] };
  return { tarball: join(destination, filename), files: files.map(({ path }) => path) };
}

/** Without the settings of this process: no `NODE_OPTIONS`, no condition of ours. */
async function runNode(cwd: string, args: string[]): Promise<Output> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  try {
    const { stdout, stderr } = await execute(process.execPath, args, { cwd, env, timeout: 60_000 });
    return { code: 0, text: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: code ?? 1, text: `${stdout ?? ''}${stderr ?? ''}` || String(error) };
  }
}
