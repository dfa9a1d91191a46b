import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { build as esbuild } from 'esbuild';
import { build as vite } from 'vite';
import type { Consumer } from '../package/pack.ts';

/** A built application: its files by name, and those that load before anything runs. */
export interface Bundle {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly firstLoad: readonly string[];
}

export type Bundler = (consumer: Consumer) => Promise<Bundle>;

/** Both as a newcomer would call them: no plugin, no polyfill, no `define`. */
export const bundlers: Readonly<Record<string, Bundler>> = { vite: withVite, esbuild: withEsbuild };

async function withVite(consumer: Consumer): Promise<Bundle> {
  const root = copyApp(consumer, 'with-vite');
  await vite({ root, configFile: false, logLevel: 'warn' });
  return readBundle(join(root, 'dist'));
}

async function withEsbuild(consumer: Consumer): Promise<Bundle> {
  const root = copyApp(consumer, 'with-esbuild');
  const outdir = join(root, 'dist');
  const entryPoints = [join(root, 'main.ts')];
  await esbuild({
    entryPoints,
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    minify: true,
    logLevel: 'warning',
  });
  mkdirSync(outdir, { recursive: true });
  const page = readFileSync(join(root, 'index.html'), 'utf8');
  writeFileSync(join(outdir, 'index.html'), page.replace('./main.ts', './main.js'));
  return readBundle(outdir);
}

function copyApp(consumer: Consumer, name: string): string {
  const root = join(consumer.folder, name);
  cpSync(join(import.meta.dirname, 'app'), root, { recursive: true });
  return root;
}

function readBundle(folder: string): Bundle {
  const files = new Map<string, Uint8Array>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(folder.length + 1).replaceAll('\\', '/'), readFileSync(path));
  }
  return { files, firstLoad: loadedAtOnce(files) };
}

/** Follows the page's scripts and preloads, and their static imports. */
function loadedAtOnce(files: ReadonlyMap<string, Uint8Array>): string[] {
  const reached = new Set(['index.html']);
  for (const name of reached) {
    const text = new TextDecoder().decode(files.get(name));
    const pattern = name.endsWith('.html') ? /(?:src|href)="\.?\/([^"]+\.js)"/g : /(?:from|import)\s*"(\.[^"]+)"/g;
    for (const [, path = ''] of text.matchAll(pattern)) {
      const target = name.endsWith('.html') ? path : posix.join(posix.dirname(name), path);
      if (files.has(target)) reached.add(target);
    }
  }
  return [...reached].filter((name) => name.endsWith('.js'));
}
