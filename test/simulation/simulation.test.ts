import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { campaign } from './campaign.ts';
import { parseSchedule } from './schedule.ts';
import { simulationOf } from './simulation.ts';
import { inTask } from './web/jobs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = ['--conditions=bellwether-source', '--import', 'tsx', 'test/simulation/main.ts'];

test.each([
  ['A1 A2', 'available'],
  ['L1 L2 F1', 'lock'],
  ['A1 A2', 'lockless'],
  ['Q1 to Q7, Q9 to Q11, F1', 'quorum'],
  ['Q1 to Q11, F1, E1 to E7', 'rooms'],
])('%s: a hundred seeds of %s keep every promise', { timeout: 120_000 }, (_, elector) => {
  const failed: string[] = [];
  const report = campaign(
    { elector, from: 1, seeds: 100, cpuSeconds: Infinity, bail: true },
    { onSeed: () => {}, onFailure: (one) => failed.push(`seed ${one.seed}: ${one.promise}: ${one.message}`) },
  );
  expect(failed).toEqual([]);
  expect(report.seeds).toBe(100);
  expect(report.convergence.count).toBeGreaterThan(140);
});

test(
  'A1 A2 Q1 Q2 Q4 to Q6 Q8 to Q10 D1 D2 T1 T2 F1: forty seeds of the whole stack at the whole server keep every promise',
  { timeout: 120_000 },
  async () => {
    const failed: string[] = [];
    const report = await inTask(() =>
      campaign(
        { elector: 'web', from: 1, seeds: 40, cpuSeconds: Infinity, bail: true },
        { onSeed: () => {}, onFailure: (one) => failed.push(`seed ${one.seed}: ${one.promise}: ${one.message}`) },
      ),
    );
    expect(failed).toEqual([]);
    expect(report.seeds).toBe(40);
    expect(report.convergence.count).toBeGreaterThan(40);
  },
);

const found = readdirSync(new URL('found/', import.meta.url));

test.each(found)('%s, which once broke a promise, keeps every one', { timeout: 30_000 }, async (file) => {
  const schedule = parseSchedule(readFileSync(new URL(`found/${file}`, import.meta.url), 'utf8'));
  expect((await inTask(() => simulationOf(schedule.elector).run(schedule))).broken).toBeNull();
});

test.each(['available', 'web'])(
  'the same seed of %s gives the same trace in another process',
  { timeout: 60_000 },
  (elector) => {
    const traceOf = (seed: number): string =>
      execFileSync(process.execPath, [...main, '--elector', elector, '--seed', String(seed)], {
        cwd: root,
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
      });
    const first = traceOf(2);
    expect(traceOf(2)).toBe(first);
    expect(first).toMatch(/^# trace [0-9a-f]{64}$/m);
    expect(first).toMatch(/^ +\d+\.\d{6} s\d+\.\d+ (message from=|heard open$)/m);
    expect(/^# trace (.*)$/m.exec(traceOf(4))?.[1]).not.toBe(/^# trace (.*)$/m.exec(first)?.[1]);
  },
);

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
  expect(stderr).toBe('--seeds may be a whole number from 1 to 9007199254740991, not "lots"\n');
});
