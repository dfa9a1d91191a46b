import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { endWithReader, FlagsError, readFlags, wholeNumber } from '../flags.ts';
import { toJson, toTable, type Bench } from './figures.ts';

const usage = (): string => `npm run bench -- NAME [flags]

NAME: ${names().join(', ')}

  --runs N   how often to measure; the default depends on what
  --json     the last line is one JSON object with each figure's median, minimum and maximum
  --help     this text
`;

const flags = {
  runs: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

function names(): string[] {
  const suffix = '.bench.ts';
  return readdirSync(new URL('.', import.meta.url))
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length));
}

async function main(args: readonly string[]): Promise<void> {
  const { name, runs, json, help } = read(args);
  if (help) return console.log(usage());
  const { title, defaultRuns, run } = (await import(`./${name}.bench.ts`)) as Bench;
  console.log(
    `${title}\nNode ${process.version}, ${process.platform}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n`,
  );
  const figures = await run({ runs: runs ?? defaultRuns ?? 20, say: (line) => console.error(line) });
  console.log(toTable(figures));
  if (json) console.log(toJson(name, figures));
}

interface Wanted {
  readonly name: string;
  readonly runs: number | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

function read(args: readonly string[]): Wanted {
  const { values, positionals } = readFlags(args, flags, usage());
  const { json = false, help = false } = values;
  const name = positionals.join(' ');
  if (!help && !names().includes(name))
    throw new FlagsError(
      `${name === '' ? 'name a benchmark' : `no benchmark is called "${name}"`}: ${names().join(', ')}`,
    );
  return { name, runs: values.runs === undefined ? undefined : wholeNumber('--runs', values.runs, 1), json, help };
}

endWithReader();
try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof FlagsError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
