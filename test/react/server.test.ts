import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { folderOfItsOwn } from '../folder.ts';
import { reactVersions } from './versions.ts';

/** Rendered on the server, by that version of React. */
async function bundled(alias: Record<string, string>): Promise<typeof import('./on-server.ts')> {
  const outfile = join(folderOfItsOwn(), 'server.cjs');
  await build({
    entryPoints: [fileURLToPath(new URL('on-server.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    conditions: ['bellwether-source'],
    alias,
    outfile,
    logLevel: 'error',
  });
  return createRequire(import.meta.url)(outfile) as typeof import('./on-server.ts');
}

describe.each(Object.entries(reactVersions))('Under React %s', (major, alias) => {
  test('on the server there is no cluster, no leader and nobody, and nothing is made', async () => {
    const { version, html, made } = (await bundled(alias)).renderOnServer();
    expect(version.split('.')[0]).toBe(major);
    expect(html.replaceAll('&quot;', '"')).toBe('[null,null,0,"nothing"]');
    expect(made).toBe(0);
  });

  test('useCluster says what it has to be given', async () => {
    const { renderWith } = await bundled(alias);
    const create = (): never => expect.fail();
    expect(renderWith(create, [])).toBe('null');
    for (const deps of [undefined, null, 'room'])
      expect(renderWith(create, deps)).toMatchObject({ name: 'TypeError', message: expect.stringContaining('[room]') });
    expect(renderWith(undefined, [])).toMatchObject({
      name: 'TypeError',
      message: expect.stringContaining('function'),
    });
  });
});
