import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { logarithm, power } from './exact.ts';

const root = join(import.meta.dirname, '../..');

test('logarithms are right to the fifteenth digit', () => {
  for (const x of [1e-300, 1e-9, 0.3, 0.7499, 0.75, 0.999, 1.001, 1.5, 1.5001, 2, 10, 12_345.678, 1e300])
    expect(Math.abs(logarithm(x) / Math.log(x) - 1)).toBeLessThan(4e-15);
  expect(logarithm(1)).toBe(0);
});

test('powers are right to the fourteenth digit', () => {
  for (const base of [0.5, 1, 1.0001, 4, 1_000, 8_640_000])
    for (const exponent of [-1, 0, 0.001, 0.5, 0.999, 1, 3])
      expect(Math.abs(power(base, exponent) / Math.pow(base, exponent) - 1)).toBeLessThan(2e-14);
});

/** What the language leaves to the engine, or to the machine's language and time zone. */
const leftToTheEngine =
  /Math\.(?:a?(?:cos|sin|tan)h?|atan2|cbrt|expm?1?|hypot|log(?:10|1p|2)?|pow|random)\b|\*\*(?! \d+\b)|\.(?:localeCompare|normalize|toLocale\w+)\(|\bIntl\b/;

test('what a trace depends on uses nothing that engines may compute each in its way', () => {
  const files = ['src/core', 'src/driver', 'src/electors', 'test/simulation'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/\.test\.ts$|mutants/.test(name))
      .map((name) => join(folder, name)),
  );
  const found = files.flatMap((file) =>
    withoutComments(readFileSync(join(root, file), 'utf8'))
      .split('\n')
      .filter((line) => leftToTheEngine.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(files.length).toBeGreaterThan(100);
  expect(found).toEqual([]);
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\/|\/\/.*/g, '');
}
