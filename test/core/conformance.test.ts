import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/** A line of CONFORMANCE.md: a published case, and the tests that express it, or why there are none. */
interface Line {
  readonly name: string;
  readonly tests: readonly string[];
}

const text = readFileSync(new URL('CONFORMANCE.md', import.meta.url), 'utf8');
const lines: readonly Line[] = text
  .split('\n')
  .filter((line) => line.startsWith('- '))
  .map((line) => {
    const [name = '', ...tests] = line.slice(2).split(' · ');
    return { name, tests };
  });

/** What is wrong with a reference to a test, or null. */
function fault(reference: string): string | null {
  const [, file = '', title] = /^`([\w./-]+\.(?:ts|txt))`(?: (.+))?$/.exec(reference) ?? [];
  const url = new URL(`../${file}`, import.meta.url);
  if (file === '' || !existsSync(url)) return `no such file: ${reference}`;
  if (file.endsWith('.txt')) return title === undefined ? null : `a transcript is named by its file: ${reference}`;
  return isTestOf(readFileSync(url, 'utf8'), title ?? '') ? null : `no such test: ${reference}`;
}

/** `test('…'`, `it('…'`, `test.each(…)('…'`, or `title: '…'` in a contract. */
function isTestOf(source: string, title: string): boolean {
  for (const quote of ["'", '"', '`']) {
    const at = source.indexOf(`${quote}${title}${quote},`);
    if (at > 0 && /(?:(?:\b(?:test|it)|\))\(\s*|\btitle: )$/.test(source.slice(0, at))) return true;
  }
  return false;
}

describe('CONFORMANCE.md', () => {
  test('names each case once', () => {
    const names = lines.map(({ name }) => name);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
    expect(names.length).toBeGreaterThan(250);
  });

  test('says of each case which test here expresses it, or why there is none', () => {
    const silent = lines.filter(({ tests }) => tests.length === 0 || /^not here: $/.test(tests[0] ?? ''));
    expect(silent).toEqual([]);
    const expressed = lines.filter(({ tests }) => !tests[0]?.startsWith('not here: '));
    expect(expressed.length).toBeGreaterThan(190);
  });

  test('names only tests that there are', () => {
    const references = lines.flatMap(({ tests }) => tests.filter((reference) => !reference.startsWith('not here: ')));
    expect([...new Set(references)].map(fault).filter((one) => one !== null)).toEqual([]);
  });

  test('would notice a test that is gone or renamed', () => {
    expect(fault('`core/quorum/gone.test.ts` x')).toMatch('no such file');
    expect(fault('`core/quorum/election.test.ts` who starts')).toMatch('no such test');
    expect(isTestOf("describe('a title', () => {", 'a title')).toBe(false);
    expect(isTestOf("test('a title', () => {", 'a title')).toBe(true);
    expect(isTestOf("])(\n  'a title',", 'a title')).toBe(true);
  });
});
