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

  try(mutant: Mutant, limits: TrialLimits): Trial {
    const path = join(this.#folder, mutant.file);
    const healthy = readFileSync(path, 'utf8');
    writeFileSync(path, plant(mutant, healthy));
    try {
      return this.#simulate(limits);
    } finally {
      writeFileSync(path, healthy);
    }
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #simulate({ seeds, timeoutMs }: TrialLimits): Trial {
    const flags = ['--bail', '--no-shrink', '--json', '--seeds', String(seeds)];
    const node = ['--conditions=bellwether-source', '--import', 'tsx', 'test/simulation/main.ts', ...flags];
    const child = spawnSync(process.execPath, node, {
      cwd: this.#folder,
      encoding: 'utf8',
      timeout: timeoutMs,
      maxBuffer: 2 ** 28,
    });
    if (child.error !== undefined && child.status === null)
      return { seed: null, promise: null, cpuSeconds: timeoutMs / 1_000 };
    const report = JSON.parse(child.stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, never>;
    return { seed: report['firstFailingSeed']!, promise: report['promise']!, cpuSeconds: report['cpuSeconds']! };
  }
}
