import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { folderOfItsOwn } from '../folder.ts';
import { runStep } from './step.js';

const node = process.execPath;
const stepUrl = new URL('step.js', import.meta.url).href;

describe('one step of npm test', () => {
  let folder: string;
  let printed: string[];

  beforeEach(() => {
    folder = folderOfItsOwn();
    printed = [];
    vi.spyOn(console, 'log').mockImplementation((line: string) => printed.push(line));
  });

  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  const step = (...scripts: string[]) => ({
    name: 'sample',
    limitMs: 10_000,
    commands: () => scripts.map((script) => [node, '-e', script]),
  });

  it('passes, in one line, when all of its commands end well', async () => {
    const result = await runStep(step('console.log("chatter")', ''), folder, true);
    expect(result).toEqual({ passed: 1, failed: 0 });
    expect(printed).toHaveLength(1);
    expect(printed[0]).toMatch(/^✓ sample +\d+\.\d s$/);
    expect(readFileSync(join(folder, 'sample.log'), 'utf8')).toContain('chatter');
  });

  it('fails, and shows everything, when one command fails; the others run all the same', async () => {
    const result = await runStep(step('console.log("first"); process.exit(3)', 'console.log("second")'), folder, true);
    expect(result).toEqual({ passed: 0, failed: 1 });
    expect(printed.join('\n')).toMatch(/✗ sample[^]*first[^]*second[^]*exit code 3/);
  });

  it('stops what takes too long, with all that it started', async () => {
    const started = `const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      console.log('grandchild', child.pid); setInterval(() => {}, 1000)`;
    const result = await runStep({ ...step(started), limitMs: 5_000 }, folder, true);
    expect(result).toEqual({ passed: 0, failed: 1 });
    expect(printed.join('\n')).toContain('took longer than 5 s');
    const pid = Number(/grandchild (\d+)/.exec(readFileSync(join(folder, 'sample.log'), 'utf8'))?.[1]);
    expect(pid).toBeGreaterThan(0);
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), 5000);
  });

  it('ends with all that it started when asked to, as by Ctrl-C', async () => {
    const script = `import { runStep, stopChildrenOnSignal } from ${JSON.stringify(stepUrl)};
      stopChildrenOnSignal();
      const child = 'console.log("child", process.pid); setInterval(() => {}, 1000)';
      const commands = () => [[process.execPath, '-e', child]];
      await runStep({ name: 'sample', limitMs: 60_000, commands }, ${JSON.stringify(folder)}, true);`;
    const runner = spawn(node, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    const ended = once(runner, 'exit');
    const log = join(folder, 'sample.log');
    await vi.waitFor(() => expect(readFileSync(log, 'utf8')).toMatch(/^child \d+$/m), 10_000);
    const pid = Number(/^child (\d+)$/m.exec(readFileSync(log, 'utf8'))?.[1]);
    expect(isRunning(pid)).toBe(true);
    runner.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), 5000);
  });

  it('fails without being run when installing failed', async () => {
    expect(await runStep(step('console.log("ran")'), folder, false)).toEqual({ passed: 0, failed: 1 });
    expect(printed.join('\n')).not.toContain('ran\n');
  });

  it('counts a skipped test as a failure under CI, and names it elsewhere', async () => {
    const cases = () => ({ passed: 2, failed: 0, skipped: ['the skipped one'], broken: [] });
    vi.stubEnv('CI', 'true');
    expect(await runStep({ ...step(''), cases }, folder, true)).toEqual({ passed: 2, failed: 1 });
    vi.stubEnv('CI', '');
    expect(await runStep({ ...step(''), cases }, folder, true)).toEqual({ passed: 2, failed: 0 });
    expect(printed.at(-1)).toContain('skipped: the skipped one');
  });

  it('fails when the tests passed and their runner did not', async () => {
    const cases = () => ({ passed: 2, failed: 0, skipped: [], broken: [] });
    expect(await runStep({ ...step('process.exit(1)'), cases }, folder, true)).toEqual({ passed: 2, failed: 1 });
  });
});

/** A process that has ended and whose parent has not asked yet is no longer running. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
