import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { mutants } from './mutants/available.ts';
import { Laboratory } from './mutants/laboratory.ts';
import { plant } from './mutants/mutant.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const laboratory = new Laboratory();
afterAll(() => laboratory.close());

test.each(mutants)('the place of the mutant $name is still there, once', (mutant) => {
  const text = readFileSync(root + mutant.file, 'utf8');
  expect(plant(mutant, text)).not.toBe(text);
});

test('a mutant whose place is gone says so', () => {
  expect(() => plant({ name: 'lost', file: 'a.ts', find: 'x', replace: 'y' }, 'abc')).toThrow(/"lost".* 0 times/);
});

const quick = ['winner-keeps-its-low-term', 'conflict-told-each-time-it-is-heard', 'malformed-message-thrown-on'];

test.each(quick)('the simulator finds the planted bug %s', { timeout: 120_000 }, (name) => {
  const trial = laboratory.try(
    mutants.find((mutant) => mutant.name === name)!,
    { seeds: 300, timeoutMs: 100_000 },
  );
  expect(trial.seed).not.toBeNull();
  expect(trial.promise).not.toBe('');
});
