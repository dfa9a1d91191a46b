import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = ['--conditions=bellwether-source', '--import', 'tsx', 'test/simulation/main.ts'];

/** A line of a history, as the usage describes it. */
interface Line {
  readonly seed: number;
  readonly client: string;
  readonly op: 'append' | 'read';
  readonly input: string | null;
  readonly output:
    | { readonly index: number | null; readonly length?: number; readonly last?: string | null }
    | 'not-committed'
    | 'unknown'
    | null;
  readonly call: number;
  readonly return: number | null;
}

/** An append that took effect at one moment from `call` to `until`: at the latest when it was answered, if it was. */
interface Append {
  readonly value: string;
  readonly call: number;
  readonly until: number;
}

function isAnswer(output: Line['output']): output is Exclude<Line['output'], string | null> {
  return output !== null && typeof output === 'object';
}

/** A place in the list, and between which moments it was taken. */
interface Place {
  from: number;
  until: number;
  readonly known: Append | null;
}

/**
 * Whether there is one moment for each operation, between its call and its return, so that each read finds what was
 * appended before it. Knows nothing of any log, and needs no search: reads say when each place of the list was taken, and
 * some of the values; the places between go to whoever has to have one first.
 */
function isLinearizable(lines: readonly Line[]): boolean {
  const reads = lines.flatMap(({ op, output, call, return: returned }) =>
    op === 'read' && isAnswer(output) ? [{ length: output.length!, last: output.last!, call, until: returned! }] : [],
  );
  const found = new Map(reads.map(({ length, last }) => [length, last]));
  if (reads.some(({ length, last }) => found.get(length) !== last || (length === 0) !== (last === null))) return false;
  const open = new Map(appendsOf(lines).map((append) => [append.value, append]));
  const places: Place[] = [];
  for (let length = 1; length <= Math.max(0, ...found.keys()); length++) {
    const value = found.get(length);
    const known = value === undefined ? null : open.get(value!);
    if (known === undefined) return false; // nobody appended it, or it is there twice
    if (known !== null) open.delete(known.value);
    const before = reads.filter((read) => read.length < length).map(({ call }) => call);
    const after = reads.filter((read) => read.length >= length).map(({ until }) => until);
    const [from, until] = [Math.max(-Infinity, ...before), Math.min(Infinity, ...after)];
    places.push({ from: Math.max(from, known?.call ?? from), until: Math.min(until, known?.until ?? until), known });
  }
  // One is taken after the other.
  for (const [at, place] of places.entries()) place.from = Math.max(place.from, places[at - 1]?.from ?? -Infinity);
  for (const [at, place] of [...places.entries()].toReversed())
    place.until = Math.min(place.until, places[at + 1]?.until ?? Infinity);
  const end = Math.max(places.at(-1)?.from ?? -Infinity, ...reads.map(({ call }) => call));
  return places.every(({ from, until }) => from <= until) && canTake([...open.values()], places, end);
}

/** Whether these can take the places that are free, and all of them one, or one that no read has found, from `end` on. */
function canTake(appends: readonly Append[], places: readonly Place[], end: number): boolean {
  const waiting = appends
    .map(({ call, until }) => ({
      first: places.findIndex((place) => place.until >= call),
      last: until >= end ? Infinity : places.findLastIndex((place) => place.from <= until),
    }))
    .toSorted((one, other) => one.last - other.last);
  for (const [at, { known }] of places.entries()) {
    if (known !== null) continue;
    const next = waiting.findIndex(({ first }) => first !== -1 && first <= at);
    if (next === -1 || waiting[next]!.last < at) return false;
    waiting.splice(next, 1);
  }
  return waiting.every(({ last }) => last === Infinity);
}

/** Those that may have taken effect. */
function appendsOf(lines: readonly Line[]): Append[] {
  return lines.flatMap(({ op, input, output, call, return: returned }): Append[] => {
    if (op === 'read' || output === 'not-committed') return [];
    return [{ value: input!, call, until: isAnswer(output) ? returned! : Infinity }];
  });
}

/** What a run with these flags writes. */
function written(...flags: readonly string[]): Line[] {
  const folder = mkdtempSync(join(tmpdir(), 'bellwether-history-'));
  const file = join(folder, 'history.jsonl');
  const all = [...main, '--elector', 'quorum', ...flags, '--history', file];
  execFileSync(process.execPath, all, { cwd: root, maxBuffer: 2 ** 28 });
  const texts = readFileSync(file, 'utf8').trimEnd().split('\n');
  rmSync(folder, { recursive: true });
  return texts.map((text) => JSON.parse(text) as Line);
}

function bySeed(lines: readonly Line[]): Map<number, Line[]> {
  const seeds = new Map<number, Line[]>();
  for (const line of lines) seeds.set(line.seed, [...(seeds.get(line.seed) ?? []), line]);
  return seeds;
}

describe('--history of many seeds in one file', () => {
  const [from, seeds] = [30, 24];
  let lines: Line[] = [];

  beforeAll(() => {
    lines = written('--from', String(from), '--seeds', String(seeds));
  }, 120_000);

  test('has the fields that the usage names, seed by seed, in the order of calls', () => {
    expect(lines.length).toBeGreaterThan(1_000);
    const found = [...bySeed(lines).keys()];
    expect(found.length).toBeGreaterThan(seeds / 2); // in some nobody asks for anything
    expect(found).toEqual([...new Set(lines.map(({ seed }) => seed))].toSorted((a, b) => a - b));
    for (const seed of found) expect(seed).toSatisfy(() => seed >= from && seed < from + seeds);
    for (const line of lines)
      expect(Object.keys(line)).toEqual(['seed', 'client', 'op', 'input', 'output', 'call', 'return']);
    for (const [, history] of bySeed(lines))
      expect(history.map(({ call }) => call)).toEqual(history.map(({ call }) => call).toSorted((a, b) => a - b));
  });

  test('has clients that do one thing at a time, and nothing after what they were never told of', () => {
    const free = new Map<string, number>();
    for (const { seed, client, call, return: returned, output } of lines) {
      expect(call).toBeGreaterThanOrEqual(free.get(`${seed} ${client}`) ?? 0);
      free.set(`${seed} ${client}`, isAnswer(output) ? returned! : Infinity);
    }
  });

  test('has what a seed writes that is replayed alone', { timeout: 60_000 }, () => {
    const [seed, history] = [...bySeed(lines)][0]!;
    expect(written('--seed', String(seed))).toEqual(history);
  });

  test('Q5: is linearizable, by values and times alone', () => {
    for (const [seed, history] of bySeed(lines)) expect(isLinearizable(history), `seed ${seed}`).toBe(true);
  });

  test('would not be with an answered append left out, a read of what was there before, or two values swapped', () => {
    const [history, reads] = [...bySeed(lines).values()]
      .map((all) => [all, all.filter(({ op, output }) => op === 'read' && isAnswer(output))] as const)
      .toSorted(([, one], [, other]) => other.length - one.length)[0]!;
    const last = reads.at(-1)!;
    const found = last.output as { index: number; length: number; last: string };
    expect(found.length).toBeGreaterThan(5);
    const withLast = (output: Exclude<Line['output'], string | null>): Line[] =>
      history.map((line) => (line === last ? { ...last, output } : line));
    const [one, other] = history.filter(({ op, output }) => op === 'append' && isAnswer(output));

    expect(isLinearizable(history)).toBe(true);
    expect(isLinearizable(history.filter((line) => line.input !== found.last))).toBe(false);
    expect(isLinearizable(withLast({ ...found, length: found.length - 1 }))).toBe(false);
    expect(isLinearizable(withLast({ ...found, length: 1, last: one!.input! }))).toBe(false);
    expect(isLinearizable(withLast({ ...found, last: other!.input! }))).toBe(false);
  });
});

test('--history is refused where nobody appends', { timeout: 60_000 }, () => {
  const { status, stderr } = spawnSync(process.execPath, [...main, '--seeds', '1', '--history', '/tmp/none'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stderr).toBe('--history needs --elector quorum or rooms: with available nobody appends\n');
});
