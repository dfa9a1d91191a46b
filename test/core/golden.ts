// Golden transcripts. `REWRITE_SCRIPTS=1 npx vitest run --config test/vitest.config.ts --project unit scripts.test`
// writes down what comes of each command; read the difference before committing it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** A test for each script in `folder`, named by its first line: it says what `transcribe` makes of its commands. */
export function goldenTranscripts(folder: URL, transcribe: (script: string) => string): void {
  const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));

  test('there are scripts', () => {
    expect(names.length).toBeGreaterThan(10);
  });

  for (const name of names) {
    const file = new URL(name, folder);
    const expected = readFileSync(file, 'utf8');
    test(`${expected.split('\n')[0]?.replace('# ', '')} (${name})`, () => {
      const actual = transcribe(expected);
      if (process.env['REWRITE_SCRIPTS']) writeFileSync(file, actual);
      else expect(actual).toBe(expected);
    });
  }
}

/** Runs the commands of a script, those lines that begin with `>`, and writes what comes of each under it. */
export function transcript(script: string, command: (text: string) => readonly string[]): string {
  const lines: string[] = [];
  for (const line of script.split('\n')) {
    if (line.startsWith('>')) lines.push(line, ...command(line.slice(1).trim()));
    else if (line === '' || line.startsWith('#')) lines.push(line);
  }
  return lines.join('\n');
}

/** What a script may say, by its first word. */
export type Commands = Readonly<Record<string, (words: readonly string[]) => void>>;

export function perform(commands: Commands, text: string): void {
  const [name = '', ...words] = text.split(/\s+/);
  const run = commands[name];
  if (run === undefined) throw new Error(`no such command: ${text}`);
  run(words);
}

/** What came of a command, a line for each member, in the order of their ids. */
export function deedsInLines(deeds: ReadonlyMap<string, readonly string[]>): readonly string[] {
  return [...deeds].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([id, done]) => `  ${id}: ${done.join('; ')}`);
}

/** Both directions of a link, or one: `['a', 'b']`, or `['a->b']`. */
export function directions(words: readonly string[]): readonly (readonly [string, string])[] {
  const [first = '', second] = words;
  const [from = '', to] = first.split('->');
  if (to !== undefined) return [[from, to]];
  if (second === undefined) throw new Error(`not a link: ${words.join(' ')}`);
  return [
    [first, second],
    [second, first],
  ];
}
