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
