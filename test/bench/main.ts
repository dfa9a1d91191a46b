import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { toJson, toTable, type Bench } from './figures.ts';

const usage = (): string => `usage: npm run bench -- NAME [--runs N] [--json]
benchmarks: ${names().join(', ')}
--json: the last line is one JSON object with each figure's median, minimum and maximum`;

function names(): string[] {
  const suffix = '.bench.ts';
  return readdirSync(new URL('.', import.meta.url))
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length));
}

async function main(args: string[]): Promise<void> {
  const { name, runs, json } = read(args);
  const { title, defaultRuns, run } = (await import(`./${name}.bench.ts`)) as Bench;
  console.log(
    `${title}\nNode ${process.version}, ${process.platform}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n`,
  );
  const figures = await run({ runs: runs ?? defaultRuns ?? 20, say: (line) => console.error(line) });
  console.log(toTable(figures));
  if (json) console.log(toJson(name, figures));
}

function read(args: string[]): { name: string; runs: number | undefined; json: boolean } {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { runs: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  const [name] = positionals;
  if (name === undefined || positionals.length > 1 || !names().includes(name)) throw new RangeError(usage());
  const runs = values.runs === undefined ? undefined : Number(values.runs);
  if (runs !== undefined && !(Number.isSafeInteger(runs) && runs > 0))
    throw new RangeError('--runs is a number above 0');
  return { name, runs, json: values.json };
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof RangeError || error instanceof TypeError ? error.message : error);
  process.exitCode = 1;
}
