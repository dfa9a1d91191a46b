import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { folderOfItsOwn } from '../folder.ts';
import { reactVersions } from './versions.ts';

test.each(Object.entries(reactVersions))(
  'Under React %s on the server there is no cluster, no leader and nobody, and nothing is made',
  async (major, alias) => {
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
    const { renderOnServer } = createRequire(import.meta.url)(outfile) as typeof import('./on-server.ts');
    const { version, html, made } = renderOnServer();
    expect(version.split('.')[0]).toBe(major);
    expect(html.replaceAll('&quot;', '"')).toBe('[null,null,0,"nothing"]');
    expect(made).toBe(0);
  },
);
