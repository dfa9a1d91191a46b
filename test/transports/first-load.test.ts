import { build } from 'esbuild';
import { expect, test } from 'vitest';

interface Chunk {
  readonly paths: readonly string[];
  /** It is there before anything that is loaded later. */
  readonly isFirst: boolean;
}

/** What a page loads that runs this. */
async function chunksOf(contents: string): Promise<readonly Chunk[]> {
  const { metafile } = await build({
    stdin: { contents, resolveDir: import.meta.dirname, sourcefile: 'app.js' },
    bundle: true,
    splitting: true,
    minifySyntax: true,
    format: 'esm',
    outdir: 'nowhere',
    platform: 'browser',
    conditions: ['bellwether-source'],
    write: false,
    metafile: true,
  });
  const { outputs } = metafile;
  const loadedBy = (kinds: readonly string[]): ReadonlySet<string> => {
    const paths = new Set(Object.keys(outputs).filter((path) => outputs[path]?.entryPoint?.endsWith('app.js')));
    for (const path of paths)
      for (const next of outputs[path]?.imports ?? []) if (kinds.includes(next.kind)) paths.add(next.path);
    return paths;
  };
  const first = loadedBy(['import-statement']);
  // esbuild also writes what only code that was left out would load.
  return [...loadedBy(['import-statement', 'dynamic-import'])].map((path) => ({
    paths: Object.entries(outputs[path]?.inputs ?? {}).flatMap(([input, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [input] : [],
    ),
    isFirst: first.has(path),
  }));
}

const onWeb = (options: string): string =>
  `import * as bellwether from 'bellwether'; import { web } from 'bellwether/web';
  bellwether.createCluster({ room: 'a', network: web({ url: 'wss://example.org' }), ${options} });`;

const loaded = (chunks: readonly Chunk[], isFirst: boolean): readonly string[] =>
  chunks.flatMap((chunk) => (chunk.isFirst === isFirst ? chunk.paths : []));

test('what is loaded with WebRTC is one piece beside simple-peer, and shares nothing with what elects', async () => {
  const chunks = await chunksOf(onWeb(''));
  const pairs = chunks.filter(({ paths }) => paths.some((path) => path.includes('/transports/webrtc/')));
  expect(pairs).toHaveLength(1);
  expect(pairs[0]?.isFirst).toBe(false);
  expect(pairs[0]?.paths.filter((path) => path.includes('core/') || path.includes('electors/'))).toEqual([]);
});

test('web() loads what members say to each other after the first load, in one piece', async () => {
  const chunks = await chunksOf(onWeb(''));
  const isTalk = (path: string): boolean => /\/(links\/|transports\/\w+\.ts|signaling\/witness)/.test(path);
  expect(loaded(chunks, true).filter(isTalk)).toEqual([]);
  const later = chunks.filter(({ paths }) => paths.some(isTalk));
  expect(later).toHaveLength(1);
  expect(later[0]?.paths).toContainEqual(expect.stringContaining('links/session.ts'));
});

test('web() loads what elects after the first load, in one piece', async () => {
  const chunks = await chunksOf(onWeb(''));
  const isCore = (path: string): boolean => /\/(core\/quorum|electors\/quorum-election)/.test(path);
  expect(loaded(chunks, true).filter(isCore)).toEqual([]);
  const later = chunks.filter(({ paths, isFirst }) => !isFirst && paths.some(isCore));
  expect(later).toHaveLength(1);
  expect(later[0]?.paths).toContainEqual(expect.stringContaining('core/quorum/raft.ts'));
  expect(chunks.flatMap(({ paths }) => paths).filter((path) => path.includes('core/available/'))).toEqual([]);
});

test('who elects by available() loads nothing of lock() at all, and its core after the first load, in one piece', async () => {
  const chunks = await chunksOf(onWeb('elector: bellwether.available()'));
  const all = chunks.flatMap(({ paths }) => paths);
  expect(all.filter((path) => /\/lock\b|web-locks|counters/.test(path))).toEqual([]);
  const isCore = (path: string): boolean => path.includes('core/available/');
  expect(loaded(chunks, true).filter(isCore)).toEqual([]);
  const later = chunks.filter(({ paths }) => paths.some(isCore));
  expect(later).toHaveLength(1);
  expect(later[0]?.paths).toContainEqual(expect.stringContaining('core/available/available.ts'));
});
