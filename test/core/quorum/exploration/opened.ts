import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { Raft } from '../../../../src/core/quorum/raft.ts';
import { editsOf, plant } from '../../../simulation/mutants/mutant.ts';
import type { Mutant } from '../../../simulation/mutants/mutant.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/**
 * The core as it stands in the sources, but that its private fields can be seen: so that its whole state can be compared,
 * and put back. With the bug in it, if one is given.
 */
export async function openedCore(bug: Mutant | null = null): Promise<typeof Raft> {
  const { outputFiles } = await build({
    ...{ entryPoints: [`${root}src/core/quorum/raft.ts`], bundle: true, write: false, format: 'esm', target: 'node20' },
    plugins: [
      {
        name: 'opened',
        setup({ onLoad }): void {
          onLoad({ filter: /\.ts$/ }, ({ path }) => {
            const text = readFileSync(path, 'utf8');
            const file = relative(root, path).replaceAll('\\', '/');
            const edits = bug === null ? [] : editsOf(bug).filter((edit) => edit.file === file);
            const edited = edits.reduce((before, edit) => plant(edit, before, bug!.name), text);
            return { contents: opened(edited), loader: 'ts' };
          });
        },
      },
    ],
  });
  const folder = mkdtempSync(join(tmpdir(), 'bellwether-core-'));
  const file = join(folder, 'raft.mjs');
  writeFileSync(file, outputFiles[0]!.contents);
  const module = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as { Raft: typeof Raft };
  rmSync(folder, { recursive: true });
  return module.Raft;
}

function opened(text: string): string {
  return text.replace(/#(?=[a-zA-Z]\w*)/g, '$');
}
