import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { nodeOf, NoSuchNode } from './node.ts';

const root = join(import.meta.dirname, '../..');
const fromSources = ['--conditions=bellwether-source', '--import', 'tsx'];

async function run(node: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(node, [...fromSources, ...args], { cwd: root, maxBuffer: 2 ** 28 });
  return stdout;
}

/** What is run everywhere. */
const runs = ['available', 'quorum'].flatMap((elector) => [
  { name: `a seed of ${elector}()`, args: ['test/simulation/main.ts', '--elector', elector, '--seed', '1'] },
  { name: `any of 19 seeds of ${elector}()`, args: ['test/replay/digests.ts', elector, '2', '20'] },
]);
const here: string[] = [];

beforeAll(async () => {
  for (const { args } of runs) here.push(await run(process.execPath, ...args));
});

describe.each(['20', '22', '24'])('on Node %s', (major) => {
  let node: string | null = null;
  let missing = '';

  beforeAll(async () => {
    try {
      node = await nodeOf(major);
    } catch (error) {
      if (!(error instanceof NoSuchNode)) throw error;
      missing = error.message;
    }
  });

  test.for(runs.map((one, at) => ({ ...one, at })))(
    '$name leaves the same trace, byte for byte, as on the Node that tests',
    async ({ args, at }, { skip }) => {
      if (node === null) return skip(missing);
      const { stdout: version } = await promisify(execFile)(node, ['--version']);
      expect(version).toMatch(new RegExp(`^v${major}\\.`));
      expect(here[at]!.split('\n').length).toBeGreaterThan(19);
      expect(await run(node, ...args)).toBe(here[at]);
    },
  );
});
