import { expect, test, vi } from 'vitest';
import { findWebKit, webkitCommand } from '../browsers/webkit.js';
import { until } from './stage/member.ts';
import { startProcess } from './stage/process.ts';
import { openWebKit } from './stage/webkit.ts';

vi.setConfig({ testTimeout: 120_000 });

const webkit = findWebKit();

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('what a process has started in a group of its own ends with it, also if it dies before', async () => {
  const parent = startProcess('sh', ['-c', 'tail -f /dev/null & echo $!; wait'], { group: true });
  const [, child] = await parent.prints(/^(\d+)\n/m);
  expect(isRunning(Number(child))).toBe(true);
  process.kill(parent.pid, 'SIGKILL');
  await parent.exited; // not before its output is closed, which the other one holds
  await until(
    'the child is gone',
    async () => isRunning(Number(child)),
    (running) => !running,
  );
});

test.skipIf(!webkit)(
  `WebKitGTK starts beside one that was left behind${webkit ? '' : ` (${webkitCommand})`}`,
  async () => {
    const left = await openWebKit(webkit!);
    try {
      const engine = await openWebKit(webkit!);
      const page = await engine.open('about:blank');
      expect(await page.evaluate('1 + 1')).toBe(2);
      await engine.close();
    } finally {
      await left.close();
    }
  },
);
