import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('what is loaded with WebRTC shares no module of ours with the first load, which stays in one piece', async () => {
  const { metafile } = await build({
    entryPoints: ['src/web.ts'],
    bundle: true,
    splitting: true,
    format: 'esm',
    outdir: 'nowhere',
    platform: 'browser',
    conditions: ['bellwether-source'],
    write: false,
    metafile: true,
  });
  const holding = Object.values(metafile.outputs)
    .map(({ inputs }) => Object.keys(inputs).filter((path) => path.startsWith('src/')))
    .filter(({ length }) => length > 0);
  expect(holding).toHaveLength(2);
  const [first, later] = holding.toSorted((one, other) => other.length - one.length);
  expect(first).toContain('src/transports/webrtc.ts');
  expect(later).toContain('src/transports/webrtc/pairs.ts');
});

test('who elects by available() loads nothing of lock(), and its core in one piece with the rest', async () => {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: `import { createCluster } from 'bellwether'; import { web } from 'bellwether/web'; createCluster(web({}));`,
      resolveDir: import.meta.dirname,
      sourcefile: 'app.js',
    },
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
  expect(outputFiles.length).toBeGreaterThan(1);
  const held = Object.values(metafile.outputs).map(({ inputs }) => Object.keys(inputs));
  expect(held.flat().filter((path) => /\/lock\b|web-locks|counters/.test(path))).toEqual([]);
  const first = held.find((paths) => paths.includes('src/transports/webrtc.ts'));
  expect(first).toContain('src/core/available/available.ts');
});
