import { createHash } from 'node:crypto';
import type { Step } from './checker.ts';
import type { Fault } from './schedule.ts';
import type { Tenant } from './tenant.ts';

/** Writes down what happens, one line each, and hashes what it wrote: two runs are the same if their hashes are. */
export class Trace {
  readonly #write: (line: string) => void;
  readonly #hash = createHash('sha256');

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  fault(nowMs: number, fault: Fault): void {
    const { atMs: _, type, ...rest } = fault;
    this.#line(nowMs, `* ${type} ${JSON.stringify(rest)}`);
  }

  note(nowMs: number, text: string): void {
    this.#line(nowMs, `# ${text}`);
  }

  step(nowMs: number, step: Step<Tenant>): void {
    const done = step.effects.map((effect) => `\n${' '.repeat(14)}→ ${written(effect)}`).join('');
    this.#line(nowMs, `${step.life.label} ${written(step.event)}${done}`);
  }

  /** Of all lines so far. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  #line(nowMs: number, text: string): void {
    const line = `${(nowMs / 1_000).toFixed(6).padStart(12)} ${text}`;
    this.#hash.update(line).update('\n');
    this.#write(line);
  }
}

function written(what: { readonly type: string }): string {
  if ('run' in what) return 'what' in what ? `${what.type} ${String(what.what)}` : what.type;
  const { type, ...rest } = what;
  const fields = Object.entries(rest);
  return [type, ...fields.map(([name, value]) => `${name}=${JSON.stringify(value, plainly)}`)].join(' ');
}

function plainly(_: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value as Map<string, unknown>);
  return value instanceof Set ? [...value] : value;
}
