/** What one benchmark is given. */
export interface BenchOptions {
  /** How often to measure. Default 20, or the benchmark's own. */
  readonly runs: number;
  /** Tells what is going on; not part of the result. */
  say(line: string): void;
}

/** One thing measured, with all its samples, in the order of the runs. */
export interface Figure {
  /** In words, as it stands in the table: "leader's page closed → all agree on the next". */
  readonly what: string;
  readonly unit: 'ms' | 'bytes' | 'per second' | 'count';
  readonly samples: readonly number[];
  /** What it is held against, in words: "≤ 20 ms", or a configured time. */
  readonly beside?: string;
}

/** By the name that each has in the JSON. */
export type Figures = Readonly<Record<string, Figure>>;

/** Adds a sample to the figure of that name. */
export type Note = (name: string, what: string, unit: Figure['unit'], value: number, beside?: string) => void;

/** Figures that grow sample by sample, in the order in which they are first noted. */
export function noted(): { readonly figures: Figures; readonly note: Note } {
  const figures: Record<string, Figure & { readonly samples: number[] }> = {};
  const note: Note = (name, what, unit, value, beside) => {
    (figures[name] ??= { what, unit, samples: [], ...(beside && { beside }) }).samples.push(value);
  };
  return { figures, note };
}

/** A file `NAME.bench.ts` in this folder exports this; `npm run bench -- NAME` runs it. */
export interface Bench {
  /** One line: what is measured, and where. */
  readonly title: string;
  /** Default 20. */
  readonly defaultRuns?: number;
  run(options: BenchOptions): Promise<Figures>;
}

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Of an even number of samples the median is the mean of the two in the middle. */
export function summarise(samples: readonly number[]): Summary {
  if (samples.length === 0) throw new RangeError('a figure needs at least one sample');
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] as number;
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
}

/** The last line under `--json`: every figure's median, minimum and maximum. */
export function toJson(bench: string, figures: Figures): string {
  const entries = Object.entries(figures).map(([name, { unit, samples }]) => {
    return [name, { unit, ...summarise(samples), runs: samples.length }];
  });
  return JSON.stringify({ bench, figures: Object.fromEntries(entries) });
}

/** One line for each figure; a figure that never varies shows one number. */
export function toTable(figures: Figures): string {
  const rows = [['', 'median', 'min', 'worst', ''], ...Object.values(figures).map(toRow)];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))),
    )
    .map((cells) => cells.join('   ').trimEnd())
    .join('\n');
}

function toRow({ what, unit, samples, beside }: Figure): string[] {
  const { median, min, max } = summarise(samples);
  const shown = (value: number): string => toWords(value, unit);
  const spread = samples.length > 1 ? [shown(min), shown(max)] : ['', ''];
  return [what, shown(median), ...spread, beside ?? ''];
}

function toWords(value: number, unit: Figure['unit']): string {
  switch (unit) {
    case 'ms':
      return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
    case 'bytes':
      return value < 1000 ? `${value} B` : `${(value / 1000).toFixed(1)} kB`;
    case 'per second':
      return `${Math.round(value).toLocaleString('en')}/s`;
    case 'count':
      return Number.isInteger(value) ? String(value) : value.toFixed(1);
  }
}
