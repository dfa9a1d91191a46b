import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plant } from './mutant.ts';
import type { Mutant } from './mutant.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface Trial {
  /** The first failing seed; `null`: the bug was not found. */
  readonly seed: number | null;
  readonly promise: string | null;
  readonly cpuSeconds: number;
}

export interface TrialLimits {
  /** In whose simulation the bug is looked for. */
  readonly elector: string;
  readonly seeds: number;
  /** In all, for one bug. */
  readonly cpuSeconds: number;
}

/** A bug that is planted, and how to take it out again. */
type Planting = () => () => void;

/** A copy of the sources and of the simulator, in which one bug at a time is planted. */
export class Laboratory {
  readonly #folder = mkdtempSync(join(tmpdir(), 'bellwether-mutants-'));

  constructor() {
    for (const path of ['src', 'test/simulation', 'package.json', 'tsconfig.json'])
      cpSync(join(root, path), join(this.#folder, path), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.#folder, 'node_modules'));
  }

  /** Plants the bug and looks for a seed that breaks a promise with it, and breaks none without. */
  try(mutant: Mutant, limits: TrialLimits): Trial {
    return this.#try(() => this.#replace(mutant), limits);
  }

  /** As `try`, with a unified diff of the sources, as `git diff` writes it. Throws if it does not apply. */
  tryPatch(file: string, limits: TrialLimits): Trial {
    return this.#try(() => this.#apply(resolve(file)), limits);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #try(planting: Planting, limits: TrialLimits): Trial {
    let cpuSeconds = 0;
    for (let from = 1; from <= limits.seeds && cpuSeconds < limits.cpuSeconds; from++) {
      const remove = planting();
      const rest = { ...limits, cpuSeconds: limits.cpuSeconds - cpuSeconds };
      const trial = this.#simulate(from, limits.seeds + 1 - from, rest);
      remove();
      cpuSeconds += trial.cpuSeconds;
      if (trial.seed === null || this.#simulate(trial.seed, 1, limits).seed === null) return { ...trial, cpuSeconds };
      from = trial.seed;
    }
    return { seed: null, promise: null, cpuSeconds };
  }

  #replace(mutant: Mutant): () => void {
    const path = join(this.#folder, mutant.file);
    const healthy = readFileSync(path, 'utf8');
    writeFileSync(path, plant(mutant, healthy));
    return () => writeFileSync(path, healthy);
  }

  #apply(patch: string): () => void {
    const git = (...flags: string[]): unknown =>
      execFileSync('git', ['apply', ...flags, patch], { cwd: this.#folder, encoding: 'utf8', stdio: 'pipe' });
    git();
    return () => void git('--reverse');
  }

  #simulate(from: number, seeds: number, { elector, cpuSeconds }: TrialLimits): Trial {
    const range = ['--elector', elector, '--from', String(from), '--seeds', String(seeds)];
    const limit = ['--cpu-seconds', String(Math.ceil(cpuSeconds))];
    const flags = ['--bail', '--no-shrink', '--json', ...limit, ...range];
    const node = ['--conditions=bellwether-source', '--import', 'tsx', 'test/simulation/main.ts', ...flags];
    const child = spawnSync(process.execPath, node, {
      cwd: this.#folder,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    const last = child.stdout.trimEnd().split('\n').at(-1) ?? '';
    if (!last.startsWith('{')) throw new Error(`the simulator did not run: ${child.stderr || last}`);
    const report = JSON.parse(last) as Record<string, never>;
    return { seed: report['firstFailingSeed']!, promise: report['promise']!, cpuSeconds: report['cpuSeconds']! };
  }
}
