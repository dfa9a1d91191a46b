// Golden transcripts. `REWRITE_SCRIPTS=1 npx vitest run --config test/vitest.config.ts --project unit test/core/quorum/scripts.test.ts`
// writes down what comes of each command; read the difference before committing it. The language: transcript.ts.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { transcribe } from './transcript.ts';

const folder = new URL('../scripts/quorum/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));

test('there are scripts', () => {
  expect(names.length).toBeGreaterThan(10);
});

// The first line of a script says what it shows.
for (const name of names) {
  const file = new URL(name, folder);
  const expected = readFileSync(file, 'utf8');
  test(`${expected.split('\n')[0]?.replace('# ', '')} (${name})`, () => {
    const actual = transcribe(expected);
    if (process.env['REWRITE_SCRIPTS']) writeFileSync(file, actual);
    else expect(actual).toBe(expected);
  });
}
