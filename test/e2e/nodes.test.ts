import { afterEach, beforeEach, expect, test } from 'vitest';
import { cuttableLines } from './stage/lines.ts';
import { until } from './stage/member.ts';
import { Voters } from './stage/voters.ts';
import type { VoterReport } from './app/voter.ts';

let voters: Voters;

beforeEach(async (context) => {
  voters = await Voters.make(context.task.name.includes('cut') ? cuttableLines : undefined);
});

afterEach(async () => {
  const signs = voters.file.doubleLeaders();
  await voters.end();
  if (signs.length > 0) throw new Error(`Q2 does not hold: ${signs.join('; ')}`);
});

/** Appends through that member, and notes each value once it is known to be committed. */
function appendAll(id: string, values: readonly string[], committed: Set<string>): Promise<unknown> {
  const appends = values.map(async (value) => {
    await voters.ask(id, 'append', value);
    committed.add(value);
  });
  return Promise.allSettled(appends);
}

const numbered = (name: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${name}${at}`);

/** All logs are the same, hold all of these once, and nothing twice (Q4, Q5). */
async function expectOneLog(committed: ReadonlySet<string>): Promise<void> {
  await until(
    'all logs are the same',
    () => voters.logs(committed.size),
    (logs) => logs.every((log) => log.join() === logs[0]?.join()),
  );
  const [log = []] = await voters.logs(committed.size);
  expect([...committed].filter((value) => !log.includes(value))).toEqual([]);
  expect(new Set(log).size).toBe(log.length);
}

/** Waits until a leader that those agree on has written, whoever it is by then. */
function writing(among?: readonly string[]): Promise<{ id: string; term: number }> {
  return until(
    'a leader has written',
    () => voters.agreement(among),
    (leader) => voters.file.writes().some(({ term }) => term === leader.term),
  );
}

test('three processes elect, append, are killed and started again, and lose nothing (Q3, Q5)', async () => {
  await voters.startAll();
  const first = await voters.agreement();
  const committed = new Set<string>();
  await Promise.all(['a', 'b', 'c'].map((id) => appendAll(id, numbered(`${id}-`, 50), committed)));
  expect(committed.size).toBe(150);

  await voters.kill(first.id);
  const second = await voters.agreement();
  expect(second.term).toBeGreaterThan(first.term);
  await appendAll(second.id, numbered('second-', 50), committed);
  await voters.start(first.id);
  await voters.agreement();
  await expectOneLog(committed);

  const underWay = ['a', 'b', 'c'].map((id) => appendAll(id, numbered(`late-${id}-`, 200), committed));
  await until(
    'some are committed',
    () => Promise.resolve(committed.size),
    (size) => size > 250,
  );
  await Promise.all(['a', 'b', 'c'].map((id) => voters.kill(id)));
  await Promise.all(underWay);
  await voters.startAll();
  const third = await voters.agreement();
  expect(third.term).toBeGreaterThan(second.term);
  await voters.ask(third.id, 'append', 'the last');
  committed.add('the last');
  await expectOneLog(committed);
});

test('a leader that was stopped for longer than its lease does not lead when it goes on (Q2, F1)', async () => {
  await voters.startAll();
  const committed = new Set<string>();
  for (let round = 0; round < 3; round++) {
    const before = await writing();
    const underWay = appendAll(before.id, numbered(`stopped-${round}-`, 20), committed);
    voters.stop(before.id);
    const others = ['a', 'b', 'c'].filter((id) => id !== before.id);
    const next = await voters.agreement(others);
    expect(next.term).toBeGreaterThan(before.term);
    await appendAll(next.id, numbered(`next-${round}-`, 20), committed);
    await writing(others);
    voters.go(before.id);
    await voters.agreement();
    await underWay;
  }
  expect(committed.size).toBe(120);
  await expectOneLog(committed);
});

test('a member whose disk is full leaves, the others go on, and with room again it has lost nothing', async () => {
  const disk = voters.fillable('c');
  const limits = disk ? {} : { fileBlocks: 200 }; // without the right to mount, files are full instead of the disk
  await Promise.all([voters.start('a'), voters.start('b'), voters.start('c', limits)]);
  await voters.agreement();
  const committed = new Set<string>();
  const report = async (): Promise<VoterReport> => {
    await appendAll('a', [`${committed.size} ${'x'.repeat(10_000)}`], committed);
    return voters.ask('c', 'report');
  };
  const full = await until('c has no room', report, ({ state }) => state === 'left');
  expect(full.errors.join()).toMatch(/storage-full/);
  await voters.kill('c');
  disk?.grow();
  await voters.agreement();
  await appendAll('b', numbered('without c ', 20), committed);
  await voters.start('c');
  await voters.agreement();
  await expectOneLog(committed);
});

test('a second process with the same folder is refused, told who holds it, and harms nobody', async () => {
  await voters.startAll();
  const leader = await voters.agreement();
  const original = voters.running.get('a');
  const double = await voters.start('a');
  const { errors } = await until(
    'the second one has left',
    () => double.ask('report') as Promise<VoterReport>,
    ({ state }) => state === 'left',
  );
  expect(errors).toEqual([expect.stringMatching(new RegExp(`^storage-locked: .*process ${original?.process.pid} `))]);
  await voters.kill('a');
  if (original) voters.running.set('a', original);
  const committed = new Set<string>();
  await appendAll('a', numbered('afterwards-', 10), committed);
  expect((await voters.agreement()).term).toBeGreaterThanOrEqual(leader.term);
  await expectOneLog(committed);
});

test('a leader whose network is cut steps down before another one leads, and follows it when it is back (Q2, Q7)', async () => {
  await voters.startAll();
  const committed = new Set<string>();
  for (let round = 0; round < 2; round++) {
    const before = await voters.agreement();
    const others = ['a', 'b', 'c'].filter((id) => id !== before.id);
    voters.lines.cut(before.id);
    const underWay = appendAll(before.id, numbered(`cut-${round}-`, 10), committed);
    const next = await voters.agreement(others);
    expect(next.term).toBeGreaterThan(before.term);
    expect(await voters.ask(before.id, 'report')).toMatchObject({ isLeader: false });
    await appendAll(others[0] ?? '', numbered(`others-${round}-`, 10), committed);
    voters.lines.heal(before.id);
    // A busy machine may hold any of them up for longer than a lease; the one that comes back deposes nobody by itself.
    const after = await voters.agreement();
    if (after.term === next.term) expect(after).toEqual(next);
    else expect(after.term).toBeGreaterThan(next.term);
    await underWay;
  }
  expect(committed.size).toBe(40);
  await expectOneLog(committed);
});
