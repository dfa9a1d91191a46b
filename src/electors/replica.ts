import type { CommittedEntry } from '../core/quorum/entry.ts';
import { ClusterError } from '../protocol/errors.ts';
import { parseJson } from '../protocol/foreign-json.ts';
import type { Json } from '../protocol/json.ts';
import type { LoggedItem, LoggedSnapshot } from './replicated-log.ts';

/** What a value in the log is: its first letter says so, JSON follows. */
const kinds = { entry: 'e', published: 'p' } as const;

export function entryValue(value: Json): string {
  return kinds.entry + JSON.stringify(value);
}

export function publishedValue(value: Json): string {
  return kinds.published + JSON.stringify(value);
}

/** What stands around an entry in a snapshot, its index and its term among it. */
const aroundEntryChars = 48;

/** The whole of it as of `index`, as text. */
export interface ReplicaSnapshot {
  readonly index: number;
  readonly data: string;
}

/** What the text of a snapshot says. */
interface Content {
  readonly published?: Json;
  readonly base: LoggedSnapshot | null;
  readonly entries: readonly CommittedEntry[];
}

/** What the core's log amounts to at this member: the value that was last published, and the application's own log. */
export class Replica {
  published: Json | undefined;
  #base: LoggedSnapshot | null = null;
  /** Of the application, behind the base. */
  #entries: CommittedEntry[] = [];
  /** All up to here is applied. */
  #applied = 0;
  /** What the core asked for last and did not get yet, with what was published at that moment. */
  #wanted: { readonly index: number; readonly chars: number; readonly published: Json | undefined } | null = null;
  /** Of the snapshot that the core got last, and how long the rest of it was. */
  #givenBase: LoggedSnapshot | null = null;
  #givenChars = 0;

  /** Of the last item that can be read; 0: there is none. */
  get lastIndex(): number {
    return this.#entries.findLast((entry) => parsed(entry) !== undefined)?.index ?? this.#base?.index ?? 0;
  }

  /** Returns whether something was published. Values that make no sense change nothing, at any member. */
  apply(committed: readonly CommittedEntry[], upTo: number): boolean {
    let hasPublished = false;
    for (const entry of committed) {
      if (entry.value.startsWith(kinds.entry)) this.#entries.push(entry);
      if (!entry.value.startsWith(kinds.published)) continue;
      const value = parsed(entry);
      if (value === undefined) continue;
      this.published = value;
      hasPublished = true;
    }
    this.#applied = upTo;
    return hasPublished;
  }

  /** The first item behind that index. */
  after(index: number): LoggedItem | undefined {
    if (this.#base && index < this.#base.index) return this.#base;
    for (let at = this.#placeAfter(index); at < this.#entries.length; at++) {
      const entry = this.#entries[at] as CommittedEntry;
      const value = parsed(entry);
      if (value !== undefined) return { type: 'entry', index: entry.index, term: entry.term, value };
    }
    return undefined;
  }

  /** The application's state as of `index`. Returns the snapshot that the core has been waiting for, if that is it. */
  compact(index: number, state: Json): ReplicaSnapshot | null {
    if (!Number.isSafeInteger(index) || index < 0 || index > this.#applied)
      throw new RangeError(`compact: nothing is known of entry ${index}; the last is ${this.#applied}`);
    if (index < (this.#base?.index ?? 1)) return null;
    // A state of later than the core wants it serves it no more: it gets the one before, with the entries behind that.
    const given = this.#wanted && this.#wanted.index < index ? this.#give() : null;
    this.#base = { type: 'snapshot', index, state };
    this.#entries.splice(0, this.#placeAfter(index));
    return given ?? this.#giveIfShorter();
  }

  /**
   * The core wants a snapshot of this moment, in the place of so many characters of its log. Returns it, or `null` for as long
   * as it would be about as long as those, and not shorter than the last one.
   */
  want(index: number, chars: number): ReplicaSnapshot | null {
    this.#wanted = { index, chars, published: this.published };
    return this.#giveIfShorter();
  }

  /** The core that wanted one is gone. */
  forgetWanted(): void {
    this.#wanted = null;
  }

  /** Throws `protocol` for what is no snapshot. */
  install({ index, data }: ReplicaSnapshot): void {
    const { published, base, entries } = contentOf(data);
    this.published = published;
    this.#base = base;
    this.#givenBase = base;
    this.#entries = [...entries];
    this.#givenChars = this.#charsBesideBase(index, published);
    this.#applied = index;
    this.#wanted = null;
  }

  #giveIfShorter(): ReplicaSnapshot | null {
    if (!this.#wanted) return null;
    const { index, chars, published } = this.#wanted;
    const isShorter =
      this.#base !== this.#givenBase ||
      2 * this.#entryCharsUpTo(index) < chars ||
      this.#charsBesideBase(index, published) < this.#givenChars;
    return isShorter ? this.#give() : null;
  }

  #charsBesideBase(index: number, published: Json | undefined): number {
    return this.#entryCharsUpTo(index) + (published === undefined ? 0 : JSON.stringify(published).length);
  }

  #entryCharsUpTo(index: number): number {
    let chars = 0;
    for (const { value } of this.#entries.slice(0, this.#placeAfter(index))) chars += value.length + aroundEntryChars;
    return chars;
  }

  #give(): ReplicaSnapshot | null {
    if (!this.#wanted) return null;
    const { index, published } = this.#wanted;
    const entries = this.#entries.slice(0, this.#placeAfter(index));
    const content: Content = { ...(published !== undefined && { published }), base: this.#base, entries };
    this.#wanted = null;
    this.#givenBase = this.#base;
    this.#givenChars = this.#charsBesideBase(index, published);
    return { index, data: JSON.stringify(content) };
  }

  /** The place of the first entry behind that index, by halving. */
  #placeAfter(index: number): number {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle] as CommittedEntry).index > index) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function parsed({ value }: CommittedEntry): Json | undefined {
  try {
    return parseJson(value.slice(1));
  } catch {
    return undefined; // whoever appended it did not do so through this file
  }
}

function contentOf(data: string): Content {
  try {
    const content = JSON.parse(data) as Content;
    if (Array.isArray(content.entries)) return content;
  } catch {
    // said below
  }
  throw new ClusterError('protocol', 'the snapshot of another member makes no sense: do all run the same version?');
}
