import type { Entry } from '../../../src/core/quorum/entry.ts';
import type { HardState, Snapshot, StateWrite, StoredState } from '../../../src/core/quorum/state.ts';
import { Violation } from '../checker.ts';
import { mix } from '../random.ts';

interface Pending {
  readonly write: StateWrite;
  readonly atMs: number;
}

/**
 * The disk of one id: writes become durable in order, each whole or not at all, and after a while. A crash loses what
 * was not durable, but for some of the first of it: what nobody was told of may be there all the same.
 */
export class SimulatedDisk {
  /** What is durable. `null`: nothing ever was. */
  hardState: HardState | null = null;
  snapshot: Snapshot | null = null;
  /** Index of the first of `entries`. */
  from = 1;
  entries: Entry[] = [];
  readonly #pending: Pending[] = [];
  /** When what it is writing will be durable, and what came while it was busy: that is written in one go. */
  #busyUntilMs = 0;
  #nextUntilMs = 0;

  /** When a write that is made now will be durable. */
  write(write: StateWrite, nowMs: number, durationMs: number): number {
    if (nowMs >= this.#busyUntilMs) this.#busyUntilMs = this.#nextUntilMs;
    if (nowMs >= this.#busyUntilMs) this.#busyUntilMs = nowMs + durationMs;
    else if (this.#nextUntilMs <= this.#busyUntilMs) this.#nextUntilMs = this.#busyUntilMs + durationMs;
    const atMs = Math.max(this.#busyUntilMs, this.#nextUntilMs);
    this.#pending.push({ write, atMs });
    return atMs;
  }

  /** All that is due by now is durable. */
  settle(nowMs: number): void {
    while (this.#pending.length > 0 && this.#pending[0]!.atMs <= nowMs) this.#apply(this.#pending.shift()!.write);
  }

  /** `chance`: a 32-bit draw. */
  crash(nowMs: number, chance: number): void {
    this.settle(nowMs);
    const kept = mix(chance, this.#pending.length) % (this.#pending.length + 1);
    for (const { write } of this.#pending.splice(0, kept)) this.#apply(write);
    this.#pending.length = 0;
    this.#busyUntilMs = nowMs;
    this.#nextUntilMs = nowMs;
  }

  /** What a new life under the same id finds; `undefined`: this is the first. */
  load(): StoredState | undefined {
    const { hardState, snapshot, from } = this;
    if (hardState === null && snapshot === null && this.entries.length === 0) return undefined;
    const log = { from, entries: [...this.entries] };
    return { hardState: hardState ?? { term: 0, vote: null, promisedMs: 0 }, snapshot, log };
  }

  get lastIndex(): number {
    return Math.max(this.from + this.entries.length - 1, this.snapshot?.index ?? 0);
  }

  /** Of the entry at that index; `undefined`: it is not there. */
  termAt(index: number): number | undefined {
    if (index === this.snapshot?.index) return this.snapshot.term;
    return this.entries[index - this.from]?.term;
  }

  #apply({ hardState, snapshot, log }: StateWrite): void {
    if (hardState !== null) this.hardState = hardState;
    if (snapshot !== null) this.snapshot = snapshot;
    if (log !== null) this.#replace(log.from, log.entries);
    if (snapshot !== null) this.#compact(snapshot.index);
  }

  #replace(from: number, entries: readonly Entry[]): void {
    const end = this.from + this.entries.length;
    if (from > end) {
      if (from !== (this.snapshot?.index ?? 0) + 1)
        throw new Violation('what is written has no gaps', `a log that ends before ${end} goes on at ${from}`);
      this.from = from;
      this.entries = [...entries];
      return;
    }
    if (from < this.from)
      throw new Violation(
        'what is written has no gaps',
        `a log that begins at ${this.from} is replaced from ${from} on`,
      );
    this.entries.length = from - this.from;
    for (const entry of entries) this.entries.push(entry);
  }

  #compact(index: number): void {
    const spare = index + 1 - this.from;
    if (spare <= 0) return;
    this.entries.splice(0, spare);
    this.from = index + 1;
  }
}
