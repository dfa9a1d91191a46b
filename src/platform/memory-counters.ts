import type { Counters } from './counters.ts';

/** Counters that live as long as the program: for tests. */
export class MemoryCounters implements Counters {
  readonly #values = new Map<string, number>();

  raise(name: string, above: number, tell: (value: number) => void): void {
    const value = Math.max(above, this.#values.get(name) ?? 0) + 1;
    this.#values.set(name, value);
    tell(value);
  }

  close(): void {}
}
