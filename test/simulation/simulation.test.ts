import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { campaign } from './campaign.ts';
import { run } from './run.ts';
import { drawSchedule } from './swarm.ts';
import { seeds } from './seeds.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = ['--conditions=bellwether-source', '--import', 'tsx', 'test/simulation/main.ts'];

test('A1 A2: a few hundred seeds keep every promise', { timeout: 120_000 }, () => {
  const failed: string[] = [];
  const report = campaign(
    { elector: 'available', from: 1, seeds: 200, bail: true },
    { onSeed: () => {}, onFailure: (one) => failed.push(`seed ${one.seed}: ${one.promise}: ${one.message}`) },
  );
  expect(failed).toEqual([]);
  expect(report.seeds).toBe(200);
  expect(report.convergence.count).toBeGreaterThan(300);
});

test.runIf(seeds.length > 0).each(seeds)('seed $seed, which found $what, keeps every promise', ({ elector, seed }) => {
  expect(run(drawSchedule(elector, seed)).broken).toBeNull();
});

test('the same seed gives the same trace in another process, byte for byte', { timeout: 60_000 }, () => {
  const traceOf = (seed: number): string =>
    execFileSync(process.execPath, [...main, '--seed', String(seed)], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
  const first = traceOf(3);
  expect(traceOf(3)).toBe(first);
  expect(first).toMatch(/^# trace [0-9a-f]{64}$/m);
  expect(first).toMatch(/^ +\d+\.\d{6} s\d+\.\d+ message from=/m);
  expect(/^# trace (.*)$/m.exec(traceOf(4))?.[1]).not.toBe(/^# trace (.*)$/m.exec(first)?.[1]);
});

test('--json ends with one JSON object', { timeout: 60_000 }, () => {
  const { status, stdout } = spawnSync(process.execPath, [...main, '--seeds', '5', '--json'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  expect(JSON.parse(stdout.trimEnd().split('\n').at(-1)!)).toMatchObject({
    seeds: 5,
    failures: 0,
    firstFailingSeed: null,
    simulatedHours: expect.any(Number),
    cpuSeconds: expect.any(Number),
    simulatedHoursPerCpuMinute: expect.any(Number),
    convergence: { p50: expect.any(Number), p99: expect.any(Number), max: expect.any(Number) },
  });
});

test('bad flags end with code 2 and one line that says what they may be', { timeout: 60_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...main, '--seeds', 'lots'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toBe('--seeds may be a whole number from 0 to 9007199254740991, not "lots"\n');
});
