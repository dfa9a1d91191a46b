import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  readonly seeds: number;
  readonly timeoutMs: number;
}

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
    let cpuSeconds = 0;
    for (let from = 1; from <= limits.seeds; from++) {
      const trial = this.#planted(mutant, () => this.#simulate(from, limits.seeds + 1 - from, limits.timeoutMs));
      cpuSeconds += trial.cpuSeconds;
      if (trial.seed === null || this.#simulate(trial.seed, 1, limits.timeoutMs).seed === null)
        return { ...trial, cpuSeconds };
      from = trial.seed;
    }
    return { seed: null, promise: null, cpuSeconds };
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #planted<Result>(mutant: Mutant, use: () => Result): Result {
    const path = join(this.#folder, mutant.file);
    const healthy = readFileSync(path, 'utf8');
    writeFileSync(path, plant(mutant, healthy));
    try {
      return use();
    } finally {
      writeFileSync(path, healthy);
    }
  }

  #simulate(from: number, seeds: number, timeoutMs: number): Trial {
    const flags = ['--bail', '--no-shrink', '--json', '--from', String(from), '--seeds', String(seeds)];
    const node = ['--conditions=bellwether-source', '--import', 'tsx', 'test/simulation/main.ts', ...flags];
    const child = spawnSync(process.execPath, node, {
      cwd: this.#folder,
      encoding: 'utf8',
      timeout: timeoutMs,
      maxBuffer: 2 ** 28,
    });
    if (child.error !== undefined && child.status === null)
      return { seed: null, promise: null, cpuSeconds: timeoutMs / 1_000 };
    const last = child.stdout.trimEnd().split('\n').at(-1) ?? '';
    if (!last.startsWith('{')) throw new Error(`the simulator did not run: ${child.stderr || last}`);
    const report = JSON.parse(last) as Record<string, never>;
    return { seed: report['firstFailingSeed']!, promise: report['promise']!, cpuSeconds: report['cpuSeconds']! };
  }
}
