import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { folderOfItsOwn } from '../folder.ts';
import { Laboratory } from './mutants/laboratory.ts';
import { editsOf, plant } from './mutants/mutant.ts';
import { mutantsOf } from './mutants/mutants.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const laboratory = new Laboratory();
afterAll(() => laboratory.close());

test.each(Object.values(mutantsOf).flat())('the place of the mutant $name is still there, once', (mutant) => {
  for (const edit of editsOf(mutant)) {
    const text = readFileSync(root + edit.file, 'utf8');
    expect(plant(edit, text, mutant.name)).not.toBe(text);
  }
});

test('a mutant whose place is gone says so', () => {
  expect(() => plant({ file: 'a.ts', find: 'x', replace: 'y' }, 'abc', 'lost')).toThrow(/"lost".* 0 times/);
});

const quick = [
  ['available', 'winner-keeps-its-low-term'],
  ['available', 'conflict-told-each-time-it-is-heard'],
  ['available', 'malformed-message-thrown-on'],
  ['lock', 'the-lock-alone-is-enough'],
  ['quorum', 'quorum-off-by-one'],
  ['quorum', 'vote-given-before-it-is-durable'],
  ['quorum', 'entries-said-before-they-are-durable'],
] as const;

test.each(quick)('the simulator of %s finds the planted bug %s', { timeout: 120_000 }, (elector, name) => {
  const trial = laboratory.try(
    mutantsOf[elector]!.find((mutant) => mutant.name === name)!,
    { elector, seeds: 300, cpuSeconds: 30 },
  );
  expect(trial.seed).not.toBeNull();
  expect(trial.promise).not.toBe('');
});

const bySchedule = Object.entries(mutantsOf).flatMap(([elector, mutants]) =>
  mutants.flatMap((mutant) => (mutant.schedule === undefined ? [] : [{ elector, mutant, name: mutant.name }])),
);

test.each(bySchedule)('the schedule kept for the planted bug $name still meets it', { timeout: 120_000 }, (kept) => {
  const { seed } = laboratory.try(kept.mutant, { elector: kept.elector, seeds: 1, cpuSeconds: 30 });
  expect(seed).not.toBeNull();
});

test(
  'a schedule of the web is shrunk to a few faults, and replays the broken promise byte for byte',
  { timeout: 120_000 },
  () => {
    const mutant = mutantsOf['web']!.find(({ name }) => name === 'view-of-a-new-era-read-as-departures')!;
    const found = laboratory.say(mutant, ['--elector', 'web', '--seeds', '60', '--bail', '--json']);
    const [, shrunk] = /from \d+ to (\d+) faults/.exec(found)!;
    expect(Number(shrunk)).toBeLessThan(6);
    const [, file] = /--schedule (\S+)/.exec(found)!;
    const replayed = laboratory.say(mutant, ['--schedule', file!, '--json']);
    expect(laboratory.say(mutant, ['--schedule', file!, '--json'])).toBe(replayed);
    expect(lastOf(replayed)).toMatchObject({ elector: 'web', broken: { promise: lastOf(found)['promise'] } });
  },
);

test('a bug can be tried as a patch from outside', { timeout: 120_000 }, () => {
  const patch = join(folderOfItsOwn(), 'bug.patch');
  const [before, after] = ['  return lengthMs / beatsPerLease;', '  return lengthMs * beatsPerLease;'];
  writeFileSync(patch, unifiedDiff('src/core/quorum/pace.ts', before, after));
  const trial = laboratory.tryPatch(patch, { elector: 'quorum', seeds: 100, cpuSeconds: 30 });
  expect(trial.seed).not.toBeNull();
});

test('a patch that does not apply is refused, with the reason', () => {
  const patch = join(folderOfItsOwn(), 'other.patch');
  const line = '  return lengthMs / beatsPerLease;';
  writeFileSync(patch, unifiedDiff('src/core/quorum/pace.ts', line, '').replace(line, '  return 1;'));
  const limits = { elector: 'quorum', seeds: 1, cpuSeconds: 30 };
  expect(() => laboratory.tryPatch(patch, limits)).toThrow(/does not apply .*patch failed: src\/core\/quorum\/pace.ts/);
  expect(laboratory.try(mutantsOf['quorum']![0]!, { ...limits, seeds: 300 }).seed).not.toBeNull();
});

test('a patch that leaves no program is refused, with the place that makes no sense', () => {
  const patch = join(folderOfItsOwn(), 'broken.patch');
  writeFileSync(patch, unifiedDiff('src/core/quorum/pace.ts', '  return lengthMs / beatsPerLease;', '  return ;;)'));
  const limits = { elector: 'quorum', seeds: 1, cpuSeconds: 30 };
  expect(() => laboratory.tryPatch(patch, limits)).toThrow(/does not run with it: .*pace\.ts:\d+:\d+: ERROR/);
});

/** As `git diff` writes it, with the lines around. */
function unifiedDiff(file: string, before: string, after: string): string {
  const lines = readFileSync(root + file, 'utf8').split('\n');
  const at = lines.indexOf(before);
  const [above, below] = [lines.slice(at - 3, at), lines.slice(at + 1, at + 4)].map((some) =>
    some.map((line) => ` ${line}`),
  );
  const hunk = `@@ -${at - 2},7 +${at - 2},7 @@`;
  return [`--- a/${file}`, `+++ b/${file}`, hunk, ...above!, `-${before}`, `+${after}`, ...below!, ''].join('\n');
}

function lastOf(said: string): Record<string, unknown> {
  return JSON.parse(said.trimEnd().split('\n').at(-1)!) as Record<string, unknown>;
}
