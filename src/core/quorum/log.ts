import type { Configuration } from './configuration.ts';
import { entryChars } from './entry.ts';
import type { Entry } from './entry.ts';
import type { Snapshot, StateWrite, StoredState } from './state.ts';

interface InForce {
  readonly index: number;
  /** Of the entry that brought it, or of the snapshot that holds it. */
  readonly term: number;
  readonly configuration: Configuration;
}

/** A write that is under way: entries up to `upTo` are durable when it is. */
interface LogWrite {
  readonly number: number;
  upTo: number;
}

/** The entries after some index, before which everything is in a snapshot. Knows what of them is durable. */
export class Log {
  /** The entry before the first, which is known by its term alone. Both are 0 if nothing was compacted. */
  baseIndex: number;
  #baseTerm: number;
  #entries: Entry[] = [];
  /** Characters of all entries before the one at the same place, and of it: differences are what counts. */
  #chars: number[] = [];
  #baseChars = 0;
  /** The configuration at the base, and those that came after it: of earlier epochs as well. */
  #inForce: InForce[];
  readonly #founding: Configuration;
  readonly #foundingTerm: number;
  /** What counts: the last of this epoch. Before there is one, what founds the epoch. */
  #newest!: InForce;
  #unwrittenFrom = Infinity;
  #writes: LogWrite[] = [];
  /** Those before are done. */
  #firstWrite = 0;
  /** Durable up to here. */
  durable: number;

  constructor(founding: Configuration, foundingTerm: number, stored: StoredState | null) {
    const snapshot = stored?.snapshot ?? null;
    this.#founding = founding;
    this.#foundingTerm = foundingTerm;
    this.baseIndex = snapshot?.index ?? 0;
    this.#baseTerm = snapshot?.term ?? 0;
    this.#inForce = [this.#atBase(snapshot?.configuration ?? founding)];
    this.#settle();
    if (stored !== null) {
      const { from, entries } = stored.log;
      for (const entry of entries.slice(Math.max(0, this.baseIndex + 1 - from))) this.append(entry);
    }
    this.#unwrittenFrom = Infinity;
    this.durable = this.lastIndex;
  }

  get lastIndex(): number {
    return this.baseIndex + this.#entries.length;
  }

  get lastTerm(): number {
    return this.#entries.at(-1)?.term ?? this.#baseTerm;
  }

  /** The newest of this epoch, committed or not (Ongaro §4.1). */
  get configuration(): Configuration {
    return this.#newest.configuration;
  }

  /** Of the entry that brought it; that or the base, if it is older, or if this epoch has brought none yet. */
  get configurationIndex(): number {
    return this.#newest.index;
  }

  /** Nothing in it is of this epoch: whoever leads begins with what founds it. */
  get isOfEarlierEpochs(): boolean {
    return this.lastTerm <= this.#foundingTerm;
  }

  #atBase(configuration: Configuration): InForce {
    return { index: this.baseIndex, term: this.#baseTerm, configuration };
  }

  #settle(): void {
    const last = this.#inForce.at(-1) as InForce;
    this.#newest = last.term > this.#foundingTerm ? last : this.#atBase(this.#founding);
  }

  configurationAt(index: number): Configuration {
    return this.#inForceAt(index).configuration;
  }

  #inForceAt(index: number): InForce {
    const before = this.#inForce.filter((one) => one.index <= index);
    return before.at(-1) ?? (this.#inForce[0] as InForce);
  }

  entry(index: number): Entry | undefined {
    return this.#entries[index - this.baseIndex - 1];
  }

  /** `undefined`: not there, or compacted away. */
  term(index: number): number | undefined {
    return index === this.baseIndex ? this.#baseTerm : this.entry(index)?.term;
  }

  /** Those from `from` on, as many as fit, but one at least. */
  batch(from: number, maxEntries: number, maxChars: number): readonly Entry[] {
    const start = from - this.baseIndex - 1;
    const startChars = this.charsUpTo(from - 1);
    let end = start + 1;
    const limit = Math.min(this.#entries.length, start + maxEntries);
    while (end < limit && (this.#chars[end] as number) - startChars <= maxChars) end++;
    return this.#entries.slice(start, end);
  }

  /** Of all entries up to `index` together, since some beginning: only differences mean anything. */
  charsUpTo(index: number): number {
    return index <= this.baseIndex ? this.#baseChars : (this.#chars[index - this.baseIndex - 1] as number);
  }

  /** All that was not compacted away. */
  kept(): StoredState['log'] {
    return { from: this.baseIndex + 1, entries: [...this.#entries] };
  }

  append(entry: Entry): void {
    this.#chars.push(this.charsUpTo(this.lastIndex) + entryChars(entry));
    this.#entries.push(entry);
    const index = this.lastIndex;
    if (entry.type === 'configuration') {
      this.#inForce.push({ index, term: entry.term, configuration: entry.configuration });
      this.#settle();
    }
    if (index < this.#unwrittenFrom) this.#unwrittenFrom = index;
  }

  /** Takes back all from `index` on; the configuration falls back to the one before. */
  truncate(index: number): void {
    this.#entries.length = index - this.baseIndex - 1;
    this.#chars.length = this.#entries.length;
    while (this.#inForce.length > 1 && (this.#inForce.at(-1) as InForce).index >= index) this.#inForce.pop();
    this.#settle();
    this.#unwrittenFrom = Math.min(this.#unwrittenFrom, index);
    this.durable = Math.min(this.durable, index - 1);
    for (const write of this.#writes) write.upTo = Math.min(write.upTo, index - 1);
  }

  /** Forgets the entries up to `index`, which a snapshot covers. */
  compact(index: number): void {
    if (index <= this.baseIndex) return;
    const inForce = this.#inForceAt(index);
    const baseTerm = this.term(index) as number;
    const baseChars = this.charsUpTo(index);
    this.#entries.splice(0, index - this.baseIndex);
    this.#chars.splice(0, index - this.baseIndex);
    this.#inForce = [{ ...inForce, index }, ...this.#inForce.filter((one) => one.index > index)];
    [this.baseIndex, this.#baseTerm, this.#baseChars] = [index, baseTerm, baseChars];
    this.#settle();
  }

  /** Starts anew behind a snapshot that came from the leader. */
  restore({ index, term, configuration }: Snapshot): void {
    this.truncate(this.baseIndex + 1);
    [this.baseIndex, this.#baseTerm] = [index, term];
    this.#inForce = [this.#atBase(configuration)];
    this.#settle();
    this.#unwrittenFrom = index + 1;
    for (const write of this.#writes) write.upTo = 0;
    this.durable = 0;
  }

  /** Nothing is waiting to be written. */
  get isWritten(): boolean {
    return this.#unwrittenFrom === Infinity;
  }

  /** What changed since the last write: goes into the write of this number. */
  takeUnwritten(number: number): StateWrite['log'] {
    if (this.isWritten) return null;
    const from = Math.max(this.#unwrittenFrom, this.baseIndex + 1);
    this.#unwrittenFrom = Infinity;
    this.#writes.push({ number, upTo: this.lastIndex });
    return { from, entries: this.#entries.slice(from - this.baseIndex - 1) };
  }

  /** Writes are durable up to and with this number. */
  persisted(number: number): void {
    let write = this.#writes[this.#firstWrite];
    while (write !== undefined && write.number <= number) {
      this.durable = Math.max(this.durable, write.upTo);
      write = this.#writes[++this.#firstWrite];
    }
    if (write !== undefined && this.#firstWrite < 1024) return;
    this.#writes.splice(0, this.#firstWrite);
    this.#firstWrite = 0;
  }

  /** True if a log that ends so is as up to date as this one (Raft §5.4.1). */
  isOutrunBy(lastTerm: number, lastIndex: number): boolean {
    return lastTerm !== this.lastTerm ? lastTerm > this.lastTerm : lastIndex >= this.lastIndex;
  }

  /** True if a log that ends so has something that this one lacks. */
  isBehind(lastTerm: number, lastIndex: number): boolean {
    return this.isOutrunBy(lastTerm, lastIndex) && (lastTerm !== this.lastTerm || lastIndex !== this.lastIndex);
  }

  /** The last index up to `index` whose term is not above `term`: where two logs may agree again. */
  lastUpTo(index: number, term: number): number {
    let at = Math.min(index, this.lastIndex);
    while (at > this.baseIndex && (this.term(at) as number) > term) at--;
    return at;
  }
}
