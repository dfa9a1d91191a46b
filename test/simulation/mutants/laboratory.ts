import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, realpathSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { editsOf, plant } from './mutant.ts';
import type { Mutant } from './mutant.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface Trial {
  /** The first failing seed, or that of the mutant's own schedule; `null`: the bug was not found. */
  readonly seed: number | null;
  readonly promise: string | null;
  readonly cpuSeconds: number;
}

const nothingFound = { seed: null, promise: null } as const;

export interface TrialLimits {
  /** In whose simulation the bug is looked for. */
  readonly elector: string;
  readonly seeds: number;
  /** In all, for one bug. */
  readonly cpuSeconds: number;
}

/** Thrown for a patch that cannot be tried; says why. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
}

/** A bug that is planted, and how to take it out again. */
type Planting = () => () => void;

/** A copy of the sources and of the simulator, in which one bug at a time is planted. */
export class Laboratory {
  readonly #folder = realpathSync(mkdtempSync(join(tmpdir(), 'bellwether-mutants-')));

  constructor() {
    for (const path of [
      'src',
      'signaling-server',
      'test/simulation',
      'test/flags.ts',
      'test/signaling-server',
      'package.json',
      'tsconfig.json',
    ])
      cpSync(join(root, path), join(this.#folder, path), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.#folder, 'node_modules'));
  }

  /** Plants the bug and looks for a seed that breaks a promise with it, and breaks none without. */
  try(mutant: Mutant, limits: TrialLimits): Trial {
    const planting = (): (() => void) => this.#replace(mutant);
    return mutant.schedule === undefined ? this.#try(planting, limits) : this.#tryOn(mutant.schedule, planting);
  }

  /** As `try`, with a unified diff of the sources, as `git diff` writes it. Throws `PatchError` if it does not apply. */
  tryPatch(file: string, limits: TrialLimits): Trial {
    return this.#try(() => this.#apply(resolve(file)), limits);
  }

  /** What the simulator says with these flags while the bug is planted. */
  say(mutant: Mutant, flags: readonly string[]): string {
    const remove = this.#replace(mutant);
    try {
      return this.#run(flags).stdout;
    } finally {
      remove();
    }
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
    return { ...nothingFound, cpuSeconds };
  }

  #tryOn(schedule: string, planting: Planting): Trial {
    if (this.#replay(schedule).seed !== null) return { ...nothingFound, cpuSeconds: 0 };
    const remove = planting();
    const trial = this.#replay(schedule);
    remove();
    return trial;
  }

  #replace(mutant: Mutant): () => void {
    const healthy = new Map<string, string>();
    for (const edit of editsOf(mutant)) {
      const path = join(this.#folder, edit.file);
      const text = readFileSync(path, 'utf8');
      if (!healthy.has(path)) healthy.set(path, text);
      writeFileSync(path, plant(edit, text, mutant.name));
    }
    return () => healthy.forEach((text, path) => writeFileSync(path, text));
  }

  #apply(patch: string): () => void {
    const refusal = this.#git('--check', patch);
    const strip = refusal === null || this.#git('--check', '-p0', patch) !== null ? '-p1' : '-p0';
    if (this.#git(strip, patch) !== null)
      throw new PatchError(`${patch} does not apply to the sources as they are here: ${refusal}`);
    return () => void this.#git('--reverse', strip, patch);
  }

  /** `null`, or why not. */
  #git(...flags: readonly string[]): string | null {
    // The copy is in no repository, whatever is above it: `git apply` would leave out what is not in that one.
    const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(this.#folder), LC_ALL: 'C' };
    const { status, stderr, error } = spawnSync('git', ['apply', ...flags], {
      cwd: this.#folder,
      env,
      encoding: 'utf8',
    });
    if (error !== undefined) throw new PatchError(`git is needed to apply a patch: ${error.message}`);
    return status === 0 ? null : stderr.trim();
  }

  #simulate(from: number, seeds: number, { elector, cpuSeconds }: TrialLimits): Trial {
    const range = ['--elector', elector, '--from', String(from), '--seeds', String(seeds)];
    const limit = ['--cpu-seconds', String(Math.ceil(cpuSeconds))];
    const flags = ['--bail', '--no-shrink', '--json', ...limit, ...range];
    const report = this.#report(flags);
    return { seed: report['firstFailingSeed']!, promise: report['promise']!, cpuSeconds: report['cpuSeconds']! };
  }

  /** It takes no more of the processor than of time. */
  #replay(schedule: string): Trial {
    const beganMs = performance.now();
    const { seed, broken } = this.#report(['--schedule', `test/simulation/found/${schedule}.json`, '--json']);
    const cpuSeconds = (performance.now() - beganMs) / 1_000;
    return broken === null ? { ...nothingFound, cpuSeconds } : { seed: seed!, promise: broken!['promise'], cpuSeconds };
  }

  #report(flags: readonly string[]): Record<string, never> {
    const child = this.#run(flags);
    const last = child.stdout.trimEnd().split('\n').at(-1) ?? '';
    if (!last.startsWith('{'))
      throw new PatchError(`the simulator does not run with it: ${reasonOf(child.stderr) || last}`);
    return JSON.parse(last) as Record<string, never>;
  }

  #run(flags: readonly string[]): { readonly stdout: string; readonly stderr: string } {
    const node = ['--conditions=bellwether-source', '--import', 'tsx', 'test/simulation/main.ts', ...flags];
    return spawnSync(process.execPath, node, { cwd: this.#folder, encoding: 'utf8', maxBuffer: 2 ** 28 });
  }
}

/** The line that names the error, of all that Node says about it; with what follows on its colon. */
function reasonOf(stderr: string): string {
  const lines = stderr.trim().split('\n');
  const at = lines.findIndex((line) => /^\w*Error\b/.test(line));
  const [reason = lines.at(-1) ?? '', more = ''] = at < 0 ? [] : lines.slice(at);
  return reason.endsWith(':') ? `${reason} ${more.trim()}` : reason;
}
