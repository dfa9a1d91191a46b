import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build, type BuildOptions, type Metafile } from 'esbuild';
import type { BenchOptions, Figure, Figures } from './figures.ts';

export const title =
  'Size in bytes: bundled and minified by esbuild, then gzip or brotli. What loads later is counted apart.';
export const defaultRuns = 1;

interface Subject {
  readonly what: string;
  /** The program that is bundled. */
  readonly source: string;
  readonly beside?: string;
  /** Modules that are not counted. */
  readonly external?: readonly string[];
  readonly platform?: 'browser' | 'node';
}

const subjects: Readonly<Record<string, Subject>> = {
  firstLoad: {
    what: 'createCluster + available() + web(), relay; first load',
    source: `import { createCluster } from 'bellwether'; import { web } from 'bellwether/web';
      createCluster({ room: 'a', network: web({ url: 'wss://example.org' }) });`,
    beside: 'aim ≤ 15.0 kB',
  },
  index: { what: 'bellwether', source: `export * from 'bellwether'` },
  web: { what: 'bellwether/web', source: `export * from 'bellwether/web'` },
  testing: { what: 'bellwether/testing', source: `export * from 'bellwether/testing'` },
  server: {
    what: 'bellwether/server, without ws',
    source: `export * from 'bellwether/server'`,
    external: ['ws'],
    platform: 'node',
  },
  tabElection: { what: 'beside: tab-election (tabs alone)', source: `export * from 'tab-election'` },
  simplePeer: { what: 'beside: simple-peer (WebRTC alone)', source: `export * from 'simple-peer/simplepeer.min.js'` },
};

export async function run({ say }: BenchOptions): Promise<Figures> {
  const figures: Record<string, Figure> = {};
  for (const [name, subject] of Object.entries(subjects)) {
    say(`bundling ${subject.what}`);
    const { what, beside } = subject;
    const { first, later } = await measure(subject);
    figures[name] = { what: `${what}, gzip`, unit: 'bytes', samples: [first.gzip], ...(beside ? { beside } : {}) };
    figures[`${name}Brotli`] = { what: `${what}, brotli`, unit: 'bytes', samples: [first.brotli] };
    if (later.gzip === 0) continue;
    figures[`${name}Later`] = {
      what: '  … and loaded when a data channel opens, gzip',
      unit: 'bytes',
      samples: [later.gzip],
    };
  }
  return figures;
}

interface Size {
  readonly gzip: number;
  readonly brotli: number;
}

/** What loads at once, and what only a dynamic import loads. Each file is compressed by itself, as a server does it. */
export async function measureFirstLoad(): Promise<{ first: Size; later: Size }> {
  return measure(subjects['firstLoad'] as Subject);
}

async function measure({
  source,
  external = [],
  platform = 'browser',
}: Subject): Promise<{ first: Size; later: Size }> {
  const options = {
    stdin: { contents: source, resolveDir: import.meta.dirname, sourcefile: 'app.js' },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform,
    conditions: ['bellwether-source'],
    external: [...external],
    outdir: '/bundle',
    write: false,
    metafile: true,
    logLevel: 'warning',
  } satisfies BuildOptions;
  const { outputFiles, metafile } = await build(options);
  const early = loadedAtOnce(metafile);
  const sizes = outputFiles.map(({ path, contents }) => ({ early: early.has(nameOf(path)), ...compress(contents) }));
  return { first: total(sizes.filter((size) => size.early)), later: total(sizes.filter((size) => !size.early)) };
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The entry, and what it imports statically, over any number of steps. */
function loadedAtOnce({ outputs }: Metafile): ReadonlySet<string> {
  const reached = new Set(Object.keys(outputs).filter((path) => outputs[path]?.entryPoint?.endsWith('app.js')));
  for (const path of reached) {
    for (const { path: next, kind } of outputs[path]?.imports ?? []) if (kind === 'import-statement') reached.add(next);
  }
  return new Set([...reached].map(nameOf));
}

function compress(contents: Uint8Array): Size {
  return { gzip: gzipSync(contents, { level: 9 }).length, brotli: brotliCompressSync(contents).length };
}

function total(sizes: readonly Size[]): Size {
  const sum = (pick: (size: Size) => number): number => sizes.reduce((bytes, size) => bytes + pick(size), 0);
  return { gzip: sum(({ gzip }) => gzip), brotli: sum(({ brotli }) => brotli) };
}
