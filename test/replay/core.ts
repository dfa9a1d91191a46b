import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { nodeOf } from './node.ts';

/** `node --import tsx test/replay/core.ts [MAJOR…]`: all tests of the cores, on those versions of Node (22 and 24). */
const root = join(import.meta.dirname, '../..');
const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--config', 'test/vitest.config.ts'];
const chosen = process.argv.slice(2);

async function main(majors: readonly string[]): Promise<void> {
  for (const major of majors) {
    const node = await nodeOf(major);
    console.log(`Node ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()}`);
    const flags = ['--project', 'unit', '--allowOnly=false', 'test/core'];
    const { status } = spawnSync(node, [...vitest, ...flags], { cwd: root, stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
}

await main(chosen.length > 0 ? chosen : ['22', '24']);
