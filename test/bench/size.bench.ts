import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build, type BuildOptions, type Metafile } from 'esbuild';
import { build as buildWithVite, type Rollup } from 'vite';
import type { BenchOptions, Figure, Figures } from './figures.ts';

export const title =
  'Size in bytes: bundled and minified by esbuild, then gzip or brotli. What loads later is counted apart.';
export const defaultRuns = 1;

interface Subject {
  readonly what: string;
  /** The program that is bundled. */
  readonly source: string;
  readonly beside?: string;
  /** When the rest loads. Default: when a data channel opens. */
  readonly later?: string;
  /** Bundled by Vite as well, which makes one file of what esbuild cuts into several. */
  readonly byVite?: boolean;
  /** Told of how much of it each part of the library is. */
  readonly inParts?: boolean;
  /** What loads later counts as well. */
  readonly whole?: boolean;
  /** Modules that are not counted. */
  readonly external?: readonly string[];
  readonly platform?: 'browser' | 'node';
}

const subjects: Readonly<Record<string, Subject>> = {
  firstLoad: {
    what: 'createCluster + web(), relay; first load',
    source: `import { createCluster } from 'bellwether'; import { web } from 'bellwether/web';
      createCluster({ room: 'a', network: web({ url: 'wss://example.org' }) });`,
    beside: 'aim ≤ 15.0 kB',
    later: 'while it connects (what members say, and quorum()), and when a data channel opens',
    byVite: true,
  },
  rooms: {
    what: 'the facade with quorum() and relay; all that it loads',
    source: `import { createCluster } from 'bellwether'; import { web } from 'bellwether/web';
      createCluster({ room: 'a', network: web({ url: 'wss://example.org', rtc: false }) });`,
    beside: 'aim ≤ 30.0 kB',
    whole: true,
    external: ['*/webrtc/pairs.ts', 'simple-peer/simplepeer.min.js'],
  },
  available: {
    what: 'createCluster + available() + web(), relay; first load',
    source: `import { available, createCluster } from 'bellwether'; import { web } from 'bellwether/web';
      createCluster({ room: 'a', elector: available(), network: web({ url: 'wss://example.org' }) });`,
    beside: 'aim ≤ 15.0 kB',
    later:
      'while it connects (what members say, its core), when a data channel opens, and quorum(), which it does not load',
    byVite: true,
  },
  tabs: {
    what: 'createCluster + tabs(): lock(), channels of any size, the page’s life; first load',
    source: `import { createCluster } from 'bellwether'; import { tabs } from 'bellwether/tabs';
      createCluster({ room: 'a', network: tabs() });`,
    beside: 'aim ≤ 9.0 kB',
    later: 'on plain http, where there are no Web Locks',
    byVite: true,
    inParts: true,
  },
  tabsEntry: { what: 'bellwether/tabs', source: `export * from 'bellwether/tabs'` },
  log: { what: 'bellwether/log', source: `export * from 'bellwether/log'` },
  react: { what: 'bellwether/react, without react', source: `export * from 'bellwether/react'`, external: ['react'] },
  nodes: {
    what: 'bellwether/nodes, without ws',
    source: `export * from 'bellwether/nodes'`,
    external: ['ws', 'classic-level'],
    platform: 'node',
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
  tabElection: {
    what: 'beside: tab-election (a lock, a shared state, calls to the leader)',
    source: `export * from 'tab-election'`,
  },
  broadcastChannel: {
    what: 'beside: broadcast-channel (messages, and a lock for its leader)',
    source: `import { BroadcastChannel, createLeaderElection } from 'broadcast-channel';
      createLeaderElection(new BroadcastChannel('a')).awaitLeadership();`,
  },
  simplePeer: { what: 'beside: simple-peer (WebRTC alone)', source: `export * from 'simple-peer/simplepeer.min.js'` },
};

export async function run({ say }: BenchOptions): Promise<Figures> {
  const figures: Record<string, Figure> = {};
  for (const [name, subject] of Object.entries(subjects)) {
    say(`bundling ${subject.what}`);
    const { what, beside, later: when = 'when a data channel opens' } = subject;
    const { first, later, parts } = await measured(subject);
    figures[name] = { what: `${what}, gzip`, unit: 'bytes', samples: [first.gzip], ...(beside ? { beside } : {}) };
    figures[`${name}Brotli`] = { what: `${what}, brotli`, unit: 'bytes', samples: [first.brotli] };
    if (later.gzip > 0)
      figures[`${name}Later`] = { what: `  … and loaded ${when}, gzip`, unit: 'bytes', samples: [later.gzip] };
    if (subject.byVite) {
      const { gzip } = await measureWithVite(subject);
      figures[`${name}ByVite`] = { what: '  … bundled by Vite instead, gzip', unit: 'bytes', samples: [gzip] };
    }
    if (subject.inParts)
      for (const [part, bytes] of [...parts].toSorted(([, a], [, b]) => b - a))
        figures[`${name}Of ${part}`] = { what: `  … of that ${part}, not compressed`, unit: 'bytes', samples: [bytes] };
  }
  return figures;
}

/** Bytes by the folder of `src` that they come from. */
type Parts = ReadonlyMap<string, number>;

interface Size {
  readonly gzip: number;
  readonly brotli: number;
}

async function measured(subject: Subject): Promise<Awaited<ReturnType<typeof measure>>> {
  const { first, later, parts } = await measure(subject);
  if (!subject.whole) return { first, later, parts };
  return { first: total([first, later]), later: total([]), parts };
}

/**
 * What loads at once, by esbuild and by Vite, and what only a dynamic import loads. Each file is compressed by itself, as
 * a server does it.
 */
export async function measureFirstLoad(): Promise<{ first: Size; byVite: Size; later: Size }> {
  const subject = subjects['firstLoad'] as Subject;
  return { ...(await measure(subject)), byVite: await measureWithVite(subject) };
}

async function measure({
  source,
  external = [],
  platform = 'browser',
}: Subject): Promise<{ first: Size; later: Size; parts: Parts }> {
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
  const early = loadedBy(metafile, ['import-statement']);
  // esbuild also writes what only code that was left out would load.
  const ever = loadedBy(metafile, ['import-statement', 'dynamic-import']);
  const sizes = outputFiles
    .filter(({ path }) => ever.has(nameOf(path)))
    .map(({ path, contents }) => ({ early: early.has(nameOf(path)), ...compress(contents) }));
  const parts = new Map<string, number>();
  for (const [path, { inputs }] of Object.entries(metafile.outputs))
    if (early.has(nameOf(path)))
      for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
        const part = partOf(input);
        parts.set(part, (parts.get(part) ?? 0) + bytesInOutput);
      }
  return {
    first: total(sizes.filter((size) => size.early)),
    later: total(sizes.filter((size) => !size.early)),
    parts,
  };
}

/** `src/core/lock/line.ts` is of core/lock, `src/links/frame.ts` of links. */
function partOf(input: string): string {
  const [, part] = /\bsrc\/(core\/\w+(?=\/)|\w+(?=\/))/.exec(input) ?? [];
  return part ?? 'entries and dependencies';
}

async function measureWithVite({ source }: Subject): Promise<Size> {
  const app = join(import.meta.dirname, 'app.js');
  const output = (await buildWithVite({
    root: import.meta.dirname,
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'app',
        resolveId: (id) => (id === app ? app : undefined),
        load: (id) => (id === app ? source : undefined),
      },
    ],
    resolve: { conditions: ['bellwether-source', 'browser', 'module'] },
    build: { write: false, target: 'es2022', modulePreload: false, rollupOptions: { input: app } },
  })) as Rollup.RollupOutput;
  const chunks = output.output.filter((one) => one.type === 'chunk');
  const reached = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
  for (const name of reached)
    for (const next of chunks.find((one) => one.fileName === name)?.imports ?? []) reached.add(next);
  return total(chunks.filter(({ fileName }) => reached.has(fileName)).map(({ code }) => compress(Buffer.from(code))));
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The entry, and what it imports in these ways, over any number of steps. */
function loadedBy({ outputs }: Metafile, kinds: readonly string[]): ReadonlySet<string> {
  const paths = new Set(Object.keys(outputs).filter((path) => outputs[path]?.entryPoint?.endsWith('app.js')));
  for (const path of paths)
    for (const { path: next, kind } of outputs[path]?.imports ?? []) if (kinds.includes(kind)) paths.add(next);
  return new Set([...paths].map(nameOf));
}

function compress(contents: Uint8Array): Size {
  return { gzip: gzipSync(contents, { level: 9 }).length, brotli: brotliCompressSync(contents).length };
}

function total(sizes: readonly Size[]): Size {
  const sum = (pick: (size: Size) => number): number => sizes.reduce((bytes, size) => bytes + pick(size), 0);
  return { gzip: sum(({ gzip }) => gzip), brotli: sum(({ brotli }) => brotli) };
}
