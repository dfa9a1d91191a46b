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
  /** What hardly anybody loads, by the end of its module's path, and who does: counted apart. */
  readonly seldom?: readonly [module: string, when: string];
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
    what: 'createCluster + tabs(); first load',
    source: `import { createCluster } from 'bellwether'; import { tabs } from 'bellwether/tabs';
      createCluster({ room: 'a', network: tabs() });`,
    beside: 'aim ≤ 9.0 kB',
    later: 'while the browser opens its locks and its database',
    seldom: ['electors/without-locks.ts', 'on plain http, where there are no Web Locks'],
    byVite: true,
    inParts: true,
  },
  tabsEntry: {
    what: 'bellwether/tabs',
    source: `export * from 'bellwether/tabs'`,
    later: 'while the browser opens its locks and its database, and on plain http',
  },
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

/** What the bytes of each part are for. */
const buys: Readonly<Record<string, string>> = {
  cluster: 'options that are checked, events in order, state, members, work while leading, handing over, channels',
  'core/lock': 'who leads: claims, terms, the line, an heir that is ready, robbing whoever hangs, the published value',
  links: 'messages of any size, once and in order, with backpressure; what is lost is told',
  electors: 'that core on Web Locks and IndexedDB',
  discovery: 'who is there, who left, who vanished',
  driver: 'the loop; clocks that neither sleep nor drift nor a change of the time deceives',
  platform: 'the page’s life, timers while it is hidden, locks, the stored term, BroadcastChannel',
  protocol: 'errors with codes, ids, options that say what they may be',
  core: 'checks of all that comes from others',
};

export async function run({ say }: BenchOptions): Promise<Figures> {
  const figures: Record<string, Figure> = {};
  for (const [name, subject] of Object.entries(subjects)) {
    say(`bundling ${subject.what}`);
    const { what, beside, later: when = 'when a data channel opens', seldom: rare } = subject;
    const { first, later, seldom, parts } = await measured(subject);
    const note = (key: string, words: string, bytes: number, next?: string): void => {
      figures[`${name}${key}`] = { what: words, unit: 'bytes', samples: [bytes], ...(next && { beside: next }) };
    };
    note('', `${what}, gzip`, first.gzip, beside);
    note('Brotli', `${what}, brotli`, first.brotli);
    if (later.gzip > 0) note('Later', `  … and loaded ${when}, gzip`, later.gzip);
    if (rare) {
      note('Whole', '  … all that it loads, gzip', total([first, later]).gzip);
      note('Seldom', `  … and beside that ${rare[1]}, gzip`, seldom.gzip);
    }
    if (subject.byVite) {
      const byVite = await measureWithVite(subject);
      note('ByVite', '  … bundled by Vite instead: first load, gzip', byVite.first.gzip);
      if (rare) note('WholeByVite', '  … bundled by Vite instead: all that it loads, gzip', byVite.whole.gzip);
    }
    if (!subject.inParts) continue;
    for (const load of ['first', 'later'] as const)
      for (const [part, bytes] of [...parts[load]].toSorted(([, a], [, b]) => b - a))
        note(` ${load} ${part}`, `  … of what loads ${load}, not compressed: ${part}`, bytes, buys[part]);
  }
  return figures;
}

/** Bytes by the folder of `src` that they come from. */
type Parts = ReadonlyMap<string, number>;

interface Size {
  readonly gzip: number;
  readonly brotli: number;
}

interface Measured {
  readonly first: Size;
  readonly later: Size;
  readonly seldom: Size;
  readonly parts: { readonly first: Parts; readonly later: Parts };
}

async function measured(subject: Subject): Promise<Measured> {
  const sizes = await measure(subject);
  if (!subject.whole) return sizes;
  return { ...sizes, first: total([sizes.first, sizes.later]), later: total([]) };
}

/**
 * What loads at once, by esbuild and by Vite, and what only a dynamic import loads. Each file is compressed by itself, as
 * a server does it.
 */
export async function measureFirstLoad(network: 'web' | 'tabs'): Promise<Measured & { readonly byVite: Size }> {
  const subject = subjects[network === 'web' ? 'firstLoad' : network] as Subject;
  return { ...(await measure(subject)), byVite: (await measureWithVite(subject)).first };
}

async function measure({ source, external = [], platform = 'browser', seldom }: Subject): Promise<Measured> {
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
  const usual = seldom ? loadedBy(metafile, ['import-statement', 'dynamic-import'], seldom[0]) : ever;
  const loads = (path: string): 'first' | 'later' | 'seldom' | 'never' => {
    const name = nameOf(path);
    if (early.has(name)) return 'first';
    if (usual.has(name)) return 'later';
    return ever.has(name) ? 'seldom' : 'never';
  };
  const sizes = outputFiles.map(({ path, contents }) => ({ when: loads(path), ...compress(contents) }));
  const sizeOf = (when: string): Size => total(sizes.filter((size) => size.when === when));
  const parts = { first: new Map<string, number>(), later: new Map<string, number>() };
  for (const [path, { inputs }] of Object.entries(metafile.outputs)) {
    const when = loads(path);
    if (when !== 'first' && when !== 'later') continue;
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      const part = partOf(input);
      parts[when].set(part, (parts[when].get(part) ?? 0) + bytesInOutput);
    }
  }
  return { first: sizeOf('first'), later: sizeOf('later'), seldom: sizeOf('seldom'), parts };
}

/** `src/core/lock/line.ts` is of core/lock, `src/links/frame.ts` of links. */
function partOf(input: string): string {
  const [, part] = /\bsrc\/(core\/\w+(?=\/)|\w+(?=\/))/.exec(input) ?? [];
  return part ?? 'entries and dependencies';
}

async function measureWithVite({ source, seldom }: Subject): Promise<{ readonly first: Size; readonly whole: Size }> {
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
  const reach = (ways: readonly ('imports' | 'dynamicImports')[]): Size => {
    const reached = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
    for (const name of reached) {
      const chunk = chunks.find(({ fileName }) => fileName === name);
      for (const next of ways.flatMap((way) => chunk?.[way] ?? []))
        if (!isSeldom(chunks.find(({ fileName }) => fileName === next)?.facadeModuleId, seldom)) reached.add(next);
    }
    return total(chunks.filter(({ fileName }) => reached.has(fileName)).map(({ code }) => compress(Buffer.from(code))));
  };
  return { first: reach(['imports']), whole: reach(['imports', 'dynamicImports']) };
}

function isSeldom(module: string | null | undefined, seldom: Subject['seldom']): boolean {
  return seldom !== undefined && module?.endsWith(seldom[0]) === true;
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The entry, and what it imports in these ways, over any number of steps; but for the module whose path ends so. */
function loadedBy({ outputs }: Metafile, kinds: readonly string[], without?: string): ReadonlySet<string> {
  const paths = new Set(Object.keys(outputs).filter((path) => outputs[path]?.entryPoint?.endsWith('app.js')));
  for (const path of paths)
    for (const { path: next, kind } of outputs[path]?.imports ?? [])
      if (kinds.includes(kind) && !(without && outputs[next]?.entryPoint?.endsWith(without))) paths.add(next);
  return new Set([...paths].map(nameOf));
}

function compress(contents: Uint8Array): Size {
  return { gzip: gzipSync(contents, { level: 9 }).length, brotli: brotliCompressSync(contents).length };
}

function total(sizes: readonly Size[]): Size {
  const sum = (pick: (size: Size) => number): number => sizes.reduce((bytes, size) => bytes + pick(size), 0);
  return { gzip: sum(({ gzip }) => gzip), brotli: sum(({ brotli }) => brotli) };
}
