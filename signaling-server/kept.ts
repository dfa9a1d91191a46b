import type { StateWrite, StoredState } from '../src/core/quorum/state.ts';

/**
 * How much a witness stores, in characters of JSON: its snapshot, and each entry of its log. What else it stores is small,
 * and never grows.
 */
export class Kept {
  #snapshotChars = 0;
  /** Index of the first entry of the log, and what each one takes up. */
  #from = 1;
  #entryChars: number[] = [];
  #logChars = 0;

  constructor(stored: StoredState | undefined) {
    if (stored) this.take(stored);
  }

  get chars(): number {
    return this.#snapshotChars + this.#logChars;
  }

  /** With a snapshot of so many characters in the place of everything up to that index. */
  charsWith(index: number, snapshotChars: number): number {
    return this.#entryChars.slice(Math.max(0, index + 1 - this.#from)).reduce(sum, snapshotChars);
  }

  take({ snapshot, log }: Pick<StateWrite, 'snapshot' | 'log'>): void {
    if (snapshot !== null) {
      this.#snapshotChars = charsOf(snapshot);
      this.#compact(snapshot.index + 1);
    }
    if (log === null) return;
    const from = Math.max(log.from, this.#from);
    this.#drop(from - this.#from, Infinity);
    if (this.#entryChars.length === 0) this.#from = from;
    for (const entry of log.entries.slice(from - log.from)) {
      const chars = charsOf(entry);
      this.#entryChars.push(chars);
      this.#logChars += chars;
    }
  }

  #compact(from: number): void {
    this.#drop(0, from - this.#from);
    this.#from = Math.max(this.#from, from);
  }

  #drop(start: number, count: number): void {
    if (count > 0) this.#logChars -= this.#entryChars.splice(start, count).reduce(sum, 0);
  }
}

export function charsOf(value: unknown): number {
  return JSON.stringify(value)?.length ?? 0;
}

const sum = (a: number, b: number): number => a + b;
